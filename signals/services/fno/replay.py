"""Replays of imported history through the engine of F&O signals, kept apart from live signals.

One run is named by everything that decides its outcome (profile, engine, parameters, bars); running it again finds it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from django.db import transaction

from core.errors import InvalidRequest, NotFound
from engines.charges.tables import charges_version
from engines.mvla.inputs import Profile
from engines.mvla.parameters import ENGINE_VERSION, parameters_on
from market.constants import Interval
from signals.models import FnoReplayRun, FnoReplaySignal
from signals.services.fno.facts import blackouts
from signals.services.fno.indices import INDICES
from signals.services.fno.replay_data import IndexHistory, ReplayDay, history_of
from signals.services.fno.replay_figures import WAYS, Case, figures
from signals.services.fno.replay_judging import Judgement, judge
from signals.services.fno.replay_walk import Progress, Walk, walk
from signals.services.fno.replay_worth import worth

DEFAULT: Final = ("NIFTY", "BANKNIFTY")
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Material:
    """What a replay is made of, by index, in the order of indices."""

    histories: dict[str, IndexHistory]

    @property
    def days(self) -> list[ReplayDay]:
        """Sessions of all indices."""
        return [day for one in self.histories.values() for day in one.days]

    @property
    def span(self) -> tuple[date, date]:
        dates = [day.trade_date for day in self.days]
        return min(dates), max(dates)


def material(indices: Sequence[str], start: date, end: date) -> Material:
    """Read what there is of these indices between two trade dates.

    Raises InvalidRequest for no index, another index or a range that ends before it begins; NotFound without a session.
    """
    if not indices:
        raise InvalidRequest(f"No index is named; the indices are {', '.join(INDICES)}.")
    if start > end:
        raise InvalidRequest(f"The range ends before it begins: {start} is later than {end}.")
    if unknown := [index for index in indices if index not in INDICES]:
        raise InvalidRequest(f"There is no index {', '.join(unknown)}; the indices are {', '.join(INDICES)}.")
    found = Material({index: history_of(index, start, end) for index in INDICES if index in indices})
    if not found.days:
        raise NotFound(_nothing(found))
    return found


def _nothing(found: Material) -> str:
    """Say why there is no session to replay: no minutes at all, or none of them in the range."""
    there = [
        f"{one.index} {one.first} to {one.last}"
        for used in found.histories.values()
        for one in used.series
        if one.interval == Interval.MINUTE
    ]
    if not there:
        return (
            "There are no imported minutes to replay: import one-minute bars of the index with import_candles first; "
            "eleven sessions are the least."
        )
    return (
        f"There is no session to replay in this range. Imported minutes: {', '.join(there)}; a session needs the ten "
        "before it."
    )


def key_of(found: Material, indices: Sequence[str]) -> str:
    """Return the SHA-256 of everything that decides a replay's outcome."""
    shipped = {day.trade_date.isoformat(): [asdict(one) for one in blackouts(day.trade_date)] for day in found.days}
    decisive = {
        "profile": Profile.INDEX_ONLY.value,
        "engine": ENGINE_VERSION,
        "parameters": sorted({day.parameters.hash for day in found.days}),
        "charges": charges_version(),
        "indices": sorted(indices),
        "span": [day.isoformat() for day in found.span],
        "series": [
            [one.index, one.interval, one.origin, one.bars, one.fingerprint]
            for used in found.histories.values()
            for one in used.series
        ],
        "blackouts": {day: rows for day, rows in shipped.items() if rows},
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()


def replay(
    *, indices: Sequence[str] = DEFAULT, start: date = date.min, end: date = date.max, now: datetime,
    made_by: Mapping[str, str] | None = None, again: bool = False, progress: Progress = lambda day: None,
) -> tuple[FnoReplayRun, bool]:  # fmt: skip
    """Replay and keep the run; return it, and whether it was made now. ``again`` makes a known one anew.

    ``made_by``: commit and machine, kept with the run for its report.

    Raises InvalidRequest, NotFound as `material`.
    """
    found = material(indices, start, end)
    key = key_of(found, indices)
    known = FnoReplayRun.objects.filter(key=key).first()
    if known is not None and not again:
        return known, False
    walked, judgement, cases = play(found, progress=progress)
    data = _data(found, walked) | {"made_by": dict(made_by or {})}
    return _keep(key, found, indices, data, figures(cases, judgement), cases, now), True


def play(found: Material, *, progress: Progress = lambda day: None) -> tuple[Walk, Judgement, list[Case]]:
    """Walk through the sessions, judge what fired, and say what it was worth. Writes nothing."""
    walked = walk(found.days, blackouts=blackouts, progress=progress)
    judgement = judge(walked.fired)
    closes = {(day.index, day.trade_date): day.facts.closes for day in found.days}
    cases = [
        Case(one, worth(one.fired, closes[one.fired.index, one.fired.trade_date])) for one in judgement.signals
    ]  # fmt: skip
    return walked, judgement, cases


@transaction.atomic
def _keep(
    key: str, found: Material, indices: Sequence[str], data: dict[str, Any], result: dict[str, Any],
    cases: Sequence[Case], now: datetime,
) -> FnoReplayRun:  # fmt: skip
    first, last = found.span
    FnoReplayRun.objects.filter(key=key).delete()
    run = FnoReplayRun.objects.create(
        key=key,
        profile=Profile.INDEX_ONLY.value,
        indices=[index for index in INDICES if index in indices],
        first_day=first,
        last_day=last,
        data=data,
        result=result,
        engine_version=ENGINE_VERSION,
        params_hash=parameters_on(last).hash,
        computed_at=now,
    )
    FnoReplaySignal.objects.bulk_create([_row(run, case) for case in cases], batch_size=_CHUNK)
    return run


def _data(found: Material, walked: Walk) -> dict[str, Any]:
    histories = found.histories
    return {
        "series": [
            asdict(one) | {"first": one.first.isoformat(), "last": one.last.isoformat()}
            for history in histories.values()
            for one in history.series
        ],
        "sessions": walked.sessions,
        "minutes": walked.minutes,
        "left_out": {index: history.left_out for index, history in histories.items()},
        "missing_sessions": {index: history.missing_sessions for index, history in histories.items()},
        "missing_minutes": {index: history.missing_minutes for index, history in histories.items()},
        "parameters": sorted({day.parameters.hash for day in found.days}),
    }


def _row(run: FnoReplayRun, case: Case) -> FnoReplaySignal:
    judged, one = case.judged, case.judged.fired
    return FnoReplaySignal(
        run=run, index=one.index, trade_date=one.trade_date, number=one.number, at=_instant(one.at_s),
        trade_direction=WAYS[one.direction], entry_mode=one.mode, d=one.d, q=one.q, s=one.s, raw=one.raw,
        probability=judged.probability, calibrated=judged.calibrated, confidence=judged.confidence, tier=judged.tier,
        capped=judged.capped, spot=one.spot, distance=one.distance, label=one.outcome.label,
        labelled_at=_instant(one.end_label_s), outcome=one.result.how or "TIME_EXIT", closed_at=_instant(one.end_s),
        r=one.result.r_multiple, cost_r=case.worth.cost_r, option_net=case.worth.option_net,
        option_risk=case.worth.option_risk, source=one.origin, params_hash=one.params_hash,
    )  # fmt: skip


def _instant(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
