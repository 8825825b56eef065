"""Dated broker tokens: who had which number from when to when. Numbers are reused."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from market.models import BrokerAlias

_TOKENS_A_QUERY = 5_000


@dataclass(slots=True)
class AliasChanges:
    """Rows to be written, and what they mean for each row of the list."""

    new: list[BrokerAlias] = field(default_factory=list)
    changed: dict[int, BrokerAlias] = field(default_factory=dict)
    reused: int = 0


class AliasBook:
    """The aliases of one broker that a list may touch, kept up to date while it is worked through."""

    def __init__(self, broker: str, tokens: Iterable[int], instrument_ids: Iterable[int]) -> None:
        self._broker = broker
        self._by_token: dict[int, list[BrokerAlias]] = {}
        self._by_instrument: dict[int, list[BrokerAlias]] = {}
        seen: set[int] = set()
        for name, values in (("token__in", tokens), ("instrument_id__in", instrument_ids)):
            wanted = sorted(set(values))
            for at in range(0, len(wanted), _TOKENS_A_QUERY):
                some = {name: wanted[at : at + _TOKENS_A_QUERY]}
                for alias in BrokerAlias.objects.filter(broker=broker, **some):
                    if alias.pk not in seen:
                        seen.add(alias.pk)
                        self._add(alias)

    def _add(self, alias: BrokerAlias) -> None:
        self._by_token.setdefault(alias.token or 0, []).append(alias)
        self._by_instrument.setdefault(alias.instrument_id, []).append(alias)

    def record(self, instrument_id: int, code: str, token: int, as_of: date, changes: AliasChanges) -> bool:
        """Note that ``instrument_id`` has ``token`` and ``code`` on ``as_of``. Return whether anything changes.

        A former owner of the number and a former number of the instrument end the day before. A list older than what
        is known fills in the time before it.
        """
        day_before = as_of - timedelta(days=1)
        holders = self._by_token.get(token, [])
        current = [alias for alias in holders if _holds(alias, as_of)]
        if any(alias.instrument_id == instrument_id and alias.code == code for alias in current):
            return False
        for alias in current:
            if alias.valid_from == as_of:
                self._take_over(alias, instrument_id, code, changes)
                return True
            changes.reused += alias.instrument_id != instrument_id
            self._end(alias, day_before, changes)
        for alias in self._by_instrument.get(instrument_id, []):
            if alias.token != token and _holds(alias, as_of) and alias.valid_from < as_of:
                self._end(alias, day_before, changes)
        later = min((alias for alias in holders if alias.valid_from > as_of), key=_begin, default=None)
        if later is not None and later.instrument_id == instrument_id and later.code == code:
            later.valid_from = as_of
            self._note(later, changes)
            return True
        until = later.valid_from - timedelta(days=1) if later is not None else None
        alias = BrokerAlias(
            instrument_id=instrument_id, broker=self._broker, code=code, token=token, valid_from=as_of, valid_to=until
        )
        self._add(alias)
        changes.new.append(alias)
        return True

    def _take_over(self, alias: BrokerAlias, instrument_id: int, code: str, changes: AliasChanges) -> None:
        """Correct an alias of the same day: the later list of a day is right."""
        self._by_instrument[alias.instrument_id].remove(alias)
        alias.instrument_id, alias.code = instrument_id, code
        self._by_instrument.setdefault(instrument_id, []).append(alias)
        self._note(alias, changes)

    def _end(self, alias: BrokerAlias, last: date, changes: AliasChanges) -> None:
        alias.valid_to = last
        self._note(alias, changes)

    def _note(self, alias: BrokerAlias, changes: AliasChanges) -> None:
        if alias.pk is not None:
            changes.changed[alias.pk] = alias


def _holds(alias: BrokerAlias, day: date) -> bool:
    return alias.valid_from <= day and (alias.valid_to is None or day <= alias.valid_to)


def _begin(alias: BrokerAlias) -> date:
    return alias.valid_from
