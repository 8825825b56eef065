"""Answers about I-Scores: one stock, a table of a universe, a history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Max, QuerySet

from core.clock import IST
from core.errors import DataUnavailable, InvalidRequest, NotFound, PlatformError
from engines.iscore.combine import raw_tier
from engines.iscore.tables import ENGINE_VERSION, INSUFFICIENT_DATA, LEAST_CONFIDENCE, WEIGHTS, params_hash
from engines.iscore.words import component_title
from market.constants import InstrumentType
from market.models import Instrument, UniverseMember
from market.selectors.instruments import find_instrument, names_of
from market.selectors.universes import snapshots_between
from signals.models import IScoreSnapshot
from signals.services.history import known_symbol, last_session
from signals.services.iscore.nightly import work_ahead
from signals.services.iscore.scoring import Scored, inputs_key, last_bar, of_symbols, reference_universe, scored
from signals.services.iscore.snapshots import snapshots_for
from signals.services.market_data import complete_panel, whole_panel

SORTS: Final = ("iscore", "confidence", "symbol", "sector", "change", *WEIGHTS)


def iscore_of(symbol: str, *, now: datetime) -> dict[str, Any]:
    """Return the whole answer about ``EXCHANGE:SYMBOL``; nulls where nothing is known.

    Raises NotFound if nobody has it, NotReady where its score cannot be worked out now. The score of a session lives
    until midnight in India at the longest; newer inputs replace it earlier.
    """
    found = iscores_of([symbol], now=now)[symbol]
    if isinstance(found, PlatformError):
        raise found
    return found


def iscores_of(symbols: Sequence[str], *, now: datetime) -> dict[str, dict[str, Any] | PlatformError]:
    """Return by symbol what `iscore_of` answers or raises. Those that are not kept are worked out together, once.

    A former symbol has the answer of the present one.
    """
    found: dict[str, dict[str, Any] | PlatformError] = {}
    asked: dict[str, Instrument | None] = {}
    present: dict[str, str] = {}
    for symbol in dict.fromkeys(symbols):
        if not known_symbol(symbol, now=now):
            found[symbol] = NotFound(f"There is no symbol {symbol}.")
            continue
        instrument = find_instrument(symbol, now=now)
        if instrument is not None and instrument.instrument_type != InstrumentType.EQUITY:
            found[symbol] = _nothing(symbol, now, f"{symbol} is not the share of a company.", missing=())
        else:
            present[symbol] = symbol if instrument is None else instrument.key
            asked[present[symbol]] = instrument
    answers = _of_shares(asked, now) if asked else {}
    return found | {symbol: answers[key] for symbol, key in present.items()}


def _of_shares(asked: Mapping[str, Instrument | None], now: datetime) -> dict[str, dict[str, Any] | PlatformError]:
    """Return the answers about shares by symbol: kept rows, and one scoring for all the others."""
    own = {symbol: one for symbol, one in asked.items() if one is not None}
    try:
        kept = _kept_rows(own, now)
    except (NotFound, DataUnavailable) as error:  # no universe, or no prices at all: that is known
        return {symbol: _nothing(symbol, now, error.detail, missing=("prices",)) for symbol in asked}
    found: dict[str, dict[str, Any] | PlatformError] = {symbol: _of_row(row, now) for symbol, row in kept.items()}
    rest = [symbol for symbol in asked if symbol not in kept]
    if not rest:
        return found
    try:
        scores = of_symbols(rest, now=now)
    except DataUnavailable as error:  # nobody knows yet what there is of these
        found.update(dict.fromkeys(rest, error))
        return found
    companies = [own[symbol] for symbol in rest if symbol in own and symbol in scores.place]
    written = snapshots_for(scores, companies, now=now)
    for symbol in rest:
        if symbol not in scores.place:
            found[symbol] = _unpriced(symbol, scores.session, now)
        elif symbol in own:
            found[symbol] = _of_row(written[own[symbol].pk], now)
        else:
            found[symbol] = _answer(scores.result(symbol), [], now, computed_at=now)
    return found


def _kept_rows(instruments: Mapping[str, Instrument], now: datetime) -> dict[str, IScoreSnapshot]:
    """Return by symbol the rows that were written for the present state of the inputs, whatever their own source is."""
    work_ahead(now=now)
    panel = whole_panel(reference_universe(), now)
    session = last_session(panel, now)
    rows = IScoreSnapshot.objects.filter(
        instrument__in=list(instruments.values()),
        session=session,
        data_key=inputs_key(panel, session),
    )
    by_id = {row.instrument_id: row for row in rows.order_by()}
    return {symbol: by_id[one.pk] for symbol, one in instruments.items() if one.pk in by_id}


def _of_row(row: IScoreSnapshot, now: datetime) -> dict[str, Any]:
    return _answer(row.result, row.changes, now, computed_at=row.computed_at, before=_previous(row))


def next_midnight(now: datetime) -> datetime:
    """Return the next midnight in India."""
    tomorrow = now.astimezone(IST).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), IST).astimezone(UTC)


def _answer(
    result: dict[str, Any],
    changes: list[dict[str, Any]],
    now: datetime,
    *,
    computed_at: datetime,
    before: IScoreSnapshot | None = None,
) -> dict[str, Any]:
    return {
        **result,
        "changes": changes,
        "previous": None if before is None else {"iscore": before.iscore, "session": before.session},
        "cached_until": next_midnight(now),
        "as_of": computed_at,
    }


def _previous(row: IScoreSnapshot) -> IScoreSnapshot | None:
    earlier = IScoreSnapshot.objects.filter(
        instrument_id=row.instrument_id, data_source=row.data_source, session__lt=row.session
    )
    return earlier.defer("result", "changes").order_by("-session").first()


def _unpriced(symbol: str, session: date, now: datetime) -> dict[str, Any]:
    """Return the answer about a share beside the universe without a bar of the session that is scored."""
    found = last_bar(symbol, complete_panel(reference_universe(), now), now=now)
    if found is None:
        return _nothing(symbol, now, f"There are no prices of {symbol}.", missing=("prices",))
    source, day = found
    why = f"the last daily bar of {symbol} is of {day}, and the session that is scored is {session}."
    return _nothing(symbol, now, why, missing=("prices",), source=source)


def _nothing(
    symbol: str, now: datetime, why: str, *, missing: Sequence[str], source: str | None = None
) -> dict[str, Any]:
    """Return the answer about a known symbol without a score.

    ``missing``: the inputs it lacks for one. ``source``: whose prices of it there are.
    """
    empty = {"score": None, "effective_weight": 0.0, "coverage": 0.0, "freshness": 0.0}
    lists: dict[str, list[Any]] = {"factors": [], "inputs": [], "missing": list(missing)}
    result = {
        "symbol": symbol,
        "iscore": None,
        "confidence": None,
        "recommendation": None,
        "code": INSUFFICIENT_DATA,
        "summary": f"There is no score: {why}",
        "components": {
            name: {"title": component_title(name), "weight": weight, **empty, **lists}
            for name, weight in WEIGHTS.items()
        },
        "score_factors": [],
        "coverage": 0.0,
        "dispersion": None,
        "missing_inputs": list(missing),
        "as_of_session": None,
        "data_source": source,
        "engine_version": ENGINE_VERSION,
        "params_hash": params_hash(),
    }
    return _answer(result, [], now, computed_at=now)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a universe and what holds for all of them. ``ranked_in``: the universe that scores are ranks of.

    ``data_source``: of its prices; a row of a stock beside it may have another one.
    """

    rows: list[dict[str, Any]]
    universe: str
    ranked_in: str
    session: str
    data_source: str


def iscore_table(*, universe: str, sort: str, now: datetime) -> Table:
    """Return a row for each member of the universe (by default the reference one), sorted; unknown values last.

    Scores are those of every other place: ranked in the reference universe, whatever list they are shown in.
    ``sort``: a name of `SORTS`, with a minus sign from the highest down. Raises NotFound, InvalidRequest.
    """
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    if name not in SORTS:
        raise InvalidRequest(f"sort: {sort[:40]!r} is not known; use one of {', '.join(SORTS)}, with - for falling.")
    work_ahead(now=now)
    found = scored(now=now)
    shown = (universe or found.universe).lower()
    members = _own_members(found) if shown == found.universe else _members(shown, found.session)
    if outside := [symbol for symbol, one in members.items() if one.is_company and symbol not in found.place]:
        found = scored(now=now, session=found.session, extras=outside)
    rows = _rows(found, members)
    known = sorted((row for row in rows if _value(name)(row) is not None), key=_value(name), reverse=falling)
    unknown = [row for row in rows if _value(name)(row) is None]
    return Table(known + unknown, shown, found.universe, found.session.isoformat(), found.data_source)


def _value(name: str) -> Callable[[dict[str, Any]], Any]:
    if name in WEIGHTS:
        return lambda row: row["components"][name]
    return lambda row: row[name]


@dataclass(frozen=True, slots=True)
class _Member:
    """A share in a universe's list. ``is_company``: whether it can have a score."""

    sector: str
    is_company: bool = True


def _own_members(found: Scored) -> dict[str, _Member]:
    """Return the members of the reference universe at the session by symbol, those without prices among them."""
    columns = zip(found.scores.symbols, found.sectors, found.scores.member, strict=True)
    return {symbol: _Member(sector) for symbol, sector, belongs in columns if belongs}


def _members(universe: str, session: date) -> dict[str, _Member]:
    """Return the members of another universe at a session by symbol. Raises InvalidRequest for an unknown one."""
    lists = snapshots_between(universe, session, session)
    if not lists:
        raise InvalidRequest(f"There is no universe {universe[:60]!r}.")
    rows = UniverseMember.objects.filter(snapshot=lists[-1]).select_related("instrument")
    return {
        row.instrument.key: _Member(
            row.sector or row.instrument.sector, row.instrument.instrument_type == InstrumentType.EQUITY
        )
        for row in rows
    }


def _rows(found: Scored, members: Mapping[str, _Member]) -> list[dict[str, Any]]:
    names, before = names_of(list(members)), _scores_before(found, list(members))
    return [
        _row(found, symbol, one.sector, names.get(symbol, ""), before.get(symbol))
        for symbol, one in sorted(members.items())
    ]


def _row(found: Scored, symbol: str, sector: str, name: str, was: float | None) -> dict[str, Any]:
    at = found.place.get(symbol)
    combined, parts = found.scores.combined, found.scores.components
    score = None if at is None else _number(combined.iscore[at])
    confidence = None if at is None else _number(combined.confidence[at])
    low = score is None or confidence is None or confidence < LEAST_CONFIDENCE
    return {
        "symbol": symbol,
        "name": name,
        "sector": sector,
        "iscore": score,
        "change": None if score is None or was is None else round(score - was, 1),
        "confidence": confidence,
        "recommendation": None if score is None or confidence is None else raw_tier(score, confidence),
        "code": INSUFFICIENT_DATA if low else None,
        "components": {part: None if at is None else _number(one.score[at]) for part, one in parts.items()},
        "as_of_session": found.session,
        "data_source": found.source_of(symbol),
    }


def _number(value: float) -> float | None:
    return float(value) if value == value else None


def _scores_before(found: Scored, symbols: Sequence[str]) -> dict[str, float]:
    """Return each symbol's score of the last session kept of it before this one, which need not be that of others.

    From the source of its own prices.
    """
    codes = {symbol.rpartition(":")[2] for symbol in symbols}
    sources = {symbol: found.source_of(symbol) for symbol in symbols}
    earlier = IScoreSnapshot.objects.filter(
        data_source__in=set(sources.values()), session__lt=found.session, instrument__symbol__in=codes
    ).order_by()
    latest = earlier.values_list("instrument_id", "data_source").annotate(last=Max("session"))
    newest = {(pk, source): session for pk, source, session in latest}
    rows = earlier.filter(session__in=set(newest.values()), iscore__isnull=False)
    names = ("instrument_id", "data_source", "session", "instrument__exchange", "instrument__symbol", "iscore")
    return {
        f"{exchange}:{symbol}": score
        for pk, source, session, exchange, symbol, score in rows.values_list(*names)
        if newest[pk, source] == session and sources.get(f"{exchange}:{symbol}") == source
    }


def iscore_history(symbol: str, *, now: datetime) -> QuerySet[IScoreSnapshot]:
    """Return the kept scores of a symbol, newest session first, from the source of its present score.

    Raises NotFound for a symbol nobody knows. Scores from other sources of prices are never mixed in.
    """
    if not known_symbol(symbol, now=now):
        raise NotFound(f"There is no symbol {symbol}.")
    instrument = find_instrument(symbol, now=now)
    if instrument is None:
        return IScoreSnapshot.objects.none()
    rows = IScoreSnapshot.objects.filter(instrument=instrument, data_source=_present_source(instrument.key, now))
    return rows.order_by("-session")


def ranking_source(now: datetime) -> str:
    """Return whose prices those of the universe are in which stocks are ranked; none without it or them."""
    try:
        return complete_panel(reference_universe(), now).source
    except (NotFound, DataUnavailable):
        return ""


def _present_source(symbol: str, now: datetime) -> str:
    """Return whose prices a symbol's score rests on now; none without a universe or prices to rank it in."""
    try:
        panel = complete_panel(reference_universe(), now)
    except (NotFound, DataUnavailable):
        return ""
    found = last_bar(symbol, panel, now=now)
    return panel.source if found is None else found[0]
