"""No look-ahead in calibrated confidences, on real minutes (MARKET_DATA_DIR)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.forms.models import model_to_dict

from engines.mvla.analysis import analyse
from engines.mvla.inputs import Record
from market.adapters.base import Bars
from signals.models import FnoReplaySignal
from signals.services.fno import replay as replaying
from signals.services.fno import replay_data
from signals.services.fno.replay_data import ReplayDay
from signals.services.fno.replay_walk import Walk, _open, fired, moment_of
from signals.tests.replay_bars import FILE, keep, opening, real

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not FILE.is_file(), reason="MARKET_DATA_DIR is not set"),
]
NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
FIRST, CUT, LAST = date(2024, 2, 1), date(2024, 4, 10), date(2024, 4, 30)
EVERY_MINUTES = 20


def sampled(days: Sequence[ReplayDay], **_: Any) -> Walk:
    """Every direction that is there at one of a few minutes of a session counts as a signal, whatever the filters say.

    A whole walk would take minutes and give too few signals to calibrate with.
    """
    found = Walk()
    for day in days:
        book, number = _open(day, ()), 0
        for at_s in range(day.open_s + 1800, book.last_s, 60 * EVERY_MINUTES):
            moment = moment_of(book, at_s, Record())
            analysis = None if moment is None else analyse(book.history, moment)
            if analysis is not None and analysis.way and analysis.distance:
                number += 1
                found.fired.append(fired(day, analysis, at_s, number))
    return found


def rows_until(last: date) -> list[dict[str, Any]]:
    """Return every column of the signals of a replay up to a day, in the order of time."""
    run, _ = replaying.replay(indices=["NIFTY"], end=last, now=NOW, again=True)
    rows = FnoReplaySignal.objects.filter(run=run).order_by("at")
    return [model_to_dict(row, exclude=("id", "run")) for row in rows]


def test_confidences_of_a_replay_that_is_cut_are_those_of_the_whole_one(monkeypatch: Any) -> None:
    monkeypatch.setattr(replaying, "walk", sampled)
    keep("NIFTY", real("NIFTY", FIRST, LAST))
    whole = rows_until(LAST)
    calibrated = [row for row in whole if row["calibrated"]]
    assert len(whole) - len(calibrated) >= 50, "the first ones cannot be calibrated"
    assert len({row["probability"] for row in calibrated}) > 20
    assert len({row["confidence"] for row in calibrated}) > 3
    known = [row for row in whole if row["trade_date"] <= CUT]
    assert sum(row["calibrated"] for row in known) > 20
    assert len(known) < len(whole)
    assert rows_until(CUT) == known
    _other_future(monkeypatch, opening(CUT + timedelta(days=1)))
    changed = rows_until(LAST)
    assert [row for row in changed if row["trade_date"] <= CUT] == known
    assert changed != whole


def _other_future(monkeypatch: Any, from_s: int) -> None:
    """Let the reader see the later minutes in another order."""
    read = replay_data.read_series

    def reading(series_id: int) -> Bars:
        bars = read(series_id)
        order, later = np.arange(len(bars)), np.flatnonzero(bars.ts >= from_s)
        order[later] = np.random.default_rng(9).permutation(later)
        return Bars(bars.ts, *(getattr(bars, name)[order] for name in ("open", "high", "low", "close", "volume")))

    monkeypatch.setattr(replay_data, "read_series", reading)
