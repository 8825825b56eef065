"""I-Scores of sessions as rows: once for a state of the inputs, with what moved them since the session before."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from core import versions
from engines.iscore.ledger import changes
from market.constants import SOURCE_ORDER, Source
from market.models import Instrument
from signals.constants import VERSION_ISCORE
from signals.models import IScoreSnapshot
from signals.services.iscore.scoring import Scored

_SHORTENED_AT_ONCE: Final = 1_000
Rows = dict[int, IScoreSnapshot]


def snapshots_for(found: Scored, instruments: Sequence[Instrument], *, now: datetime) -> Rows:
    """Return the snapshot of each instrument (a column of ``found``), writing what is not there or out of date.

    By instrument id, each under the source of its own prices. Running it again with the same state of the inputs writes
    nothing.
    """
    if not instruments:
        return {}
    with transaction.atomic():
        rows = _rows_of(found, instruments).filter(session=found.session)
        kept = {row.instrument_id: row for row in rows}
        wanted = [one for one in instruments if one.pk not in kept or kept[one.pk].data_key != found.key]
        before = _before(found, wanted)
        for one in wanted:
            kept[one.pk] = _write(found, one, before.get(one.pk), now)
        if wanted:
            versions.bump(VERSION_ISCORE)
    return kept


def _rows_of(found: Scored, instruments: Sequence[Instrument]) -> QuerySet[IScoreSnapshot]:
    """Return the kept rows of instruments, of each those from the source of its own prices."""
    by_source: dict[str, list[int]] = defaultdict(list)
    for one in instruments:
        by_source[found.source_of(one.key)].append(one.pk)
    theirs = (Q(data_source=source, instrument__in=some) for source, some in by_source.items())
    return IScoreSnapshot.objects.filter(reduce(or_, theirs)) if by_source else IScoreSnapshot.objects.none()


def shorten_old(*, data_source: str, before: date) -> int:
    """Leave of results of sessions before a day only their numbers; return how many were shortened.

    ``data_source``: of the universe. Stocks beside it have rows from any source that may go with it: real prices with
    real ones, simulated with simulated. The words follow from numbers and tables. What moved a score is a column of its
    own and stays.
    """
    simulated = Source.SIMULATED.value
    sources = [one for one in SOURCE_ORDER if (one == simulated) == (data_source == simulated)]
    old = IScoreSnapshot.objects.filter(data_source__in=sources, session__lt=before, result__has_key="score_factors")
    rows = list(old.order_by("session").only("pk", "result")[:_SHORTENED_AT_ONCE])
    for row in rows:
        row.result = _numbers(row.result)
    IScoreSnapshot.objects.bulk_update(rows, ["result"], batch_size=100)
    return len(rows)


def _numbers(result: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in result.items() if name not in ("score_factors", "summary", "missing_inputs")}
    dropped = ("factors", "inputs", "title", "missing")
    parts = {
        name: {key: value for key, value in part.items() if key not in dropped}
        | {"inputs": [{key: one[key] for key in ("input", "score", "value", "points")} for one in part["inputs"]]}
        for name, part in result["components"].items()
    }
    return kept | {"components": parts}


def _before(found: Scored, instruments: Sequence[Instrument]) -> dict[int, dict[str, Any]]:
    """Return each instrument's last result of a session before this one, from the same source of prices."""
    earlier = _rows_of(found, instruments).filter(session__lt=found.session)
    newest = dict(earlier.order_by().values_list("instrument_id").annotate(last=Max("session")))
    rows = earlier.filter(session__in=set(newest.values())).values_list("instrument_id", "session", "result")
    return {company: result for company, session, result in rows if newest[company] == session}


def _write(found: Scored, instrument: Instrument, before: dict[str, Any] | None, now: datetime) -> IScoreSnapshot:
    result = found.result(instrument.key)
    row, _ = IScoreSnapshot.objects.update_or_create(
        instrument=instrument,
        data_source=found.source_of(instrument.key),
        session=found.session,
        defaults={
            "iscore": result["iscore"],
            "confidence": result["confidence"],
            "tier": result["recommendation"] or "",
            "result": result,
            "changes": changes(before, result),
            "data_key": found.key,
            "engine_version": result["engine_version"],
            "params_hash": result["params_hash"],
            "computed_at": now,
        },
    )
    return row
