"""I-Scores of sessions as rows: once for a state of the inputs, with what moved them since the session before."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from core import versions
from engines.iscore.ledger import changes
from market.models import Instrument
from signals.constants import VERSION_ISCORE
from signals.models import IScoreSnapshot
from signals.services.iscore.scoring import Scored

_SHORTENED_AT_ONCE: Final = 1_000
Rows = dict[int, IScoreSnapshot]


def snapshots_for(found: Scored, instruments: Sequence[Instrument], *, now: datetime) -> Rows:
    """Return the snapshot of each instrument (a column of ``found``), writing what is not there or out of date.

    By instrument id. Running it again with the same state of the inputs writes nothing.
    """
    mine = {"data_source": found.data_source, "instrument__in": list(instruments)}
    with transaction.atomic():
        kept = {row.instrument_id: row for row in IScoreSnapshot.objects.filter(session=found.session, **mine)}
        wanted = [one for one in instruments if one.pk not in kept or kept[one.pk].data_key != found.key]
        before = _before(found, wanted)
        for one in wanted:
            kept[one.pk] = _write(found, one, before.get(one.pk), now)
        if wanted:
            versions.bump(VERSION_ISCORE)
    return kept


def snapshot_for(found: Scored, instrument: Instrument, *, now: datetime) -> IScoreSnapshot:
    """Return the snapshot of one instrument; see `snapshots_for`."""
    row = IScoreSnapshot.objects.filter(
        session=found.session, data_source=found.data_source, instrument=instrument, data_key=found.key
    ).first()
    return row or snapshots_for(found, [instrument], now=now)[instrument.pk]


def shorten_old(*, data_source: str, before: date) -> int:
    """Leave of results of sessions before a day only their numbers; return how many were shortened.

    The words follow from numbers and tables. What moved a score is a column of its own and stays.
    """
    old = IScoreSnapshot.objects.filter(data_source=data_source, session__lt=before, result__has_key="score_factors")
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
    earlier = IScoreSnapshot.objects.filter(
        data_source=found.data_source, instrument__in=list(instruments), session__lt=found.session
    )
    newest = dict(earlier.order_by().values_list("instrument_id").annotate(last=Max("session")))
    rows = earlier.filter(session__in=set(newest.values())).values_list("instrument_id", "session", "result")
    return {company: result for company, session, result in rows if newest[company] == session}


def _write(found: Scored, instrument: Instrument, before: dict[str, Any] | None, now: datetime) -> IScoreSnapshot:
    result = found.result(instrument.key)
    row, _ = IScoreSnapshot.objects.update_or_create(
        instrument=instrument,
        data_source=found.data_source,
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
