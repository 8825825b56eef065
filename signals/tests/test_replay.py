"""Replays of history: no look-ahead, the same rows twice, results as a second reading of the bars has them."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.forms.models import model_to_dict

from core.clock import IST
from core.errors import NotFound
from engines.mvla.analysis import analyse
from engines.mvla.history import build
from engines.mvla.inputs import Memory, Record
from engines.mvla.parameters import ENGINE_VERSION
from market.adapters.base import Bars
from signals.models import FnoCalibrator, FnoReplayRun, FnoReplaySignal, FnoSignal, RecordEntry
from signals.services.fno import replay_data
from signals.services.fno.calibration import judge_for
from signals.services.fno.facts import blackouts
from signals.services.fno.refitting import refit
from signals.services.fno.replay import material, play, replay
from signals.services.fno.replay_data import ReplayDay
from signals.services.fno.replay_judging import judge
from signals.services.fno.replay_reading import LABEL
from signals.services.fno.replay_walk import Fired, _open, moment_of, walk
from signals.tests.replay_bars import FILE, SYMBOLS, keep, made, opening, real

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
EVER = {"start": date.min, "end": date.max}
needs_data = pytest.mark.skipif(not FILE.is_file(), reason="MARKET_DATA_DIR is not set")


def fired_of(*indices: str) -> list[Fired]:
    return walk(material(indices, **EVER).days, blackouts=blackouts).fired


def test_each_signal_is_what_a_second_reading_of_the_bars_says() -> None:
    keep("NIFTY", made(5))
    days = material(["NIFTY"], **EVER).days
    assert [len(np.unique(day.window.session)) for day in days] == [11, 11, 11]
    fired = walk(days, blackouts=blackouts).fired
    assert fired, "the made days are meant to hold signals"
    for one in fired:
        day = next(day for day in days if day.trade_date == one.trade_date)
        bars = day.window
        known = bars.ts + 60 <= one.at_s
        assert one.spot == bars.close[known][-1]
        assert 0.0008 * one.spot - 1e-9 <= one.distance <= 0.0035 * one.spot + 1e-9
        assert one.q == pytest.approx(0.50)
        assert (one.outcome.label, one.end_label_s) == _label_by_hand(one, day)
        assert (one.result.how, one.result.r_multiple, one.end_s) == _result_by_hand(one, day)


def test_a_live_signal_is_a_fact_of_the_walk() -> None:
    """From a signal to its end, for its index alone; nothing fires then, and what was new then is not new after it."""
    keep("NIFTY", made(5))
    found = walk(material(["NIFTY"], **EVER).days, blackouts=blackouts)
    for one in found.fired:
        for at_s, is_live in ((one.at_s, True), (one.end_s - 1, True), (one.end_s, False)):
            live = found.record("NIFTY", one.trade_date, at_s).is_live
            assert live is (is_live or any(other.at_s <= at_s < other.end_s for other in found.fired))
            assert not found.record("BANKNIFTY", one.trade_date, at_s).is_live
    for one, later in pairwise(found.fired):
        assert later.at_s >= one.end_s or later.trade_date != one.trade_date


def _label_by_hand(one: Fired, day: ReplayDay) -> tuple[int | None, int]:
    bars, until = day.window, min(one.at_s + 3600, opening(one.trade_date) + 345 * 60)
    last = one.spot
    for ts, high, low, close in zip(bars.ts, bars.high, bars.low, bars.close, strict=True):
        if ts < one.at_s or ts + 60 > until:
            continue
        up, down = high - one.spot >= one.distance, one.spot - low >= one.distance
        if up or down:
            won = (up and not down) if one.direction == 1 else (down and not up)
            return int(won), int(ts) + 60
        last = close
    moved = one.direction * (last - one.spot) / one.distance
    return (None if abs(moved) <= 0.25 else int(moved > 0)), until


def _result_by_hand(one: Fired, day: ReplayDay) -> tuple[str, Any, int]:
    bars, until = day.window, min(one.at_s + 2700, opening(one.trade_date) + 350 * 60)
    last = one.spot
    for ts, opened, high, low, close in zip(bars.ts, bars.open, bars.high, bars.low, bars.close, strict=True):
        if ts < one.at_s or ts + 60 > until:
            continue
        against = one.spot - low if one.direction == 1 else high - one.spot
        gained = high - one.spot if one.direction == 1 else one.spot - low
        if against >= one.distance - 1e-9:
            r = min(one.direction * (opened - one.spot) / one.distance, -1.0)
            return "SL", pytest.approx(r), int(ts) + 60
        if gained >= 5 / 3 * one.distance - 1e-9:
            return "TARGET", pytest.approx(5 / 3), int(ts) + 60
        last = close
    return "TIME_EXIT", pytest.approx(one.direction * (last - one.spot) / one.distance), until


def test_what_fires_is_what_the_rules_allow() -> None:
    keep("NIFTY", made(5, count=16))
    keep("BANKNIFTY", made(6, count=16, price=48_000.0))
    fired = fired_of("NIFTY", "BANKNIFTY")
    assert {one.index for one in fired} == {"NIFTY", "BANKNIFTY"}
    for one in fired:
        minute = (one.at_s - opening(one.trade_date)) // 60
        assert 15 <= minute < 345
        assert one.mode in {"PULLBACK", "CONTINUATION"}
        mine = [other for other in fired if (other.index, other.trade_date) == (one.index, one.trade_date)]
        assert [other.number for other in mine] == list(range(1, len(mine) + 1))
        assert len(mine) <= 3
        before = [other for other in fired if other.trade_date == one.trade_date and other.at_s < one.at_s]
        assert all(other.end_s <= one.at_s for other in before if other.index == one.index)
        stops = [other for other in before if other.result.how == "SL" and other.end_s <= one.at_s]
        assert len(stops) < 2
        assert sum(other.result.r_multiple for other in before if other.end_s <= one.at_s) > -2.0
        for stop in stops:
            if stop.index == one.index:
                rest = 1800 if stop.direction == one.direction else 900
                assert one.at_s - stop.end_s >= rest


def _change_future(monkeypatch: Any, change: Callable[[Bars, np.ndarray], Bars], at_s: int) -> None:
    """Let the reader see other bars from ``at_s`` on."""
    read = replay_data.read_series

    def reading(series_id: int) -> Bars:
        bars = read(series_id)
        return change(bars, bars.ts + 60 <= at_s)

    monkeypatch.setattr(replay_data, "read_series", reading)


def _cut(bars: Bars, known: np.ndarray) -> Bars:
    return Bars(*(getattr(bars, name)[known] for name in ("ts", "open", "high", "low", "close", "volume")))


def _shuffled(bars: Bars, known: np.ndarray) -> Bars:
    order = np.arange(len(bars))
    later = np.flatnonzero(~known)
    order[later] = np.random.default_rng(9).permutation(later)
    columns = (getattr(bars, name)[order] for name in ("open", "high", "low", "close", "volume"))
    return Bars(bars.ts, *columns)


def _facts(one: Fired, at_s: int) -> dict[str, Any]:
    """Return a signal as it was known at ``at_s``."""
    facts = asdict(one)
    if one.end_label_s > at_s:
        facts |= {"outcome": None, "end_label_s": None}
    if one.end_s > at_s:
        facts |= {"result": None, "end_s": None}
    return facts


@needs_data
@pytest.mark.parametrize("change", [_cut, _shuffled])
def test_the_future_changes_no_signal_of_the_past_on_real_minutes(change: Any, monkeypatch: Any) -> None:
    for index in SYMBOLS:
        keep(index, real(index, date(2024, 3, 18), date(2024, 4, 9)))
    whole = fired_of(*SYMBOLS)
    assert len(whole) >= 6
    at_s = whole[len(whole) // 2].at_s + 600
    _change_future(monkeypatch, change, at_s)
    other = fired_of(*SYMBOLS)
    past = [_facts(one, at_s) for one in whole if one.at_s <= at_s]
    assert past == [_facts(one, at_s) for one in other if one.at_s <= at_s]
    assert len(past) < len(whole)


@needs_data
def test_every_minute_is_what_the_bars_until_then_say_on_real_minutes() -> None:
    keep("NIFTY", real("NIFTY", date(2024, 3, 18), date(2024, 4, 3)))
    day = material(["NIFTY"], **EVER).days[-1]
    book = _open(day, ())
    for minute in range(16, 340, 23):
        at_s = day.open_s + 60 * minute
        book.memory = Memory()
        moment = moment_of(book, at_s, Record())
        assert moment is not None
        known = analyse(build(day.window.until(at_s), None, day.parameters), moment)
        assert analyse(book.history, moment) == known or _same(analyse(book.history, moment), known)


def _same(one: Any, other: Any) -> bool:
    """NaN equals NaN here: unknown is unknown in both."""
    return repr(one) == repr(other)


def _synthetic(count: int) -> list[Fired]:
    """Signals whose score says something, one every 40 minutes of four weeks and more."""
    keep("NIFTY", made(5))
    model = fired_of("NIFTY")[0]
    rng = np.random.default_rng(2)
    found = []
    for at in range(count):
        raw = float(rng.uniform(50, 95))
        at_s = model.at_s + at * 2400
        label = int(rng.random() < (raw - 15) / 100)
        outcome = replace(model.outcome, label=None if at % 9 == 0 else label)
        found.append(
            replace(
                model, at_s=at_s, end_label_s=at_s + int(rng.integers(60, 3600)), raw=raw, outcome=outcome,
                trade_date=datetime.fromtimestamp(at_s, IST).date(), number=at + 1,
            )
        )  # fmt: skip
    return found


def test_confidences_know_nothing_of_what_came_later() -> None:
    fired = _synthetic(420)
    whole = judge(fired).signals
    assert {one.calibrated for one in whole} == {True, False}
    assert max(one.confidence for one in whole if not one.calibrated) == 74
    for cut in (60, 200, 350):
        at_s = fired[cut].at_s
        changed = [
            one if one.end_label_s < at_s else replace(one, outcome=replace(one.outcome, label=0)) for one in fired
        ]
        other = judge(changed).signals
        said = [(one.probability, one.confidence, one.tier, one.capped) for one in whole]
        again = [(one.probability, one.confidence, one.tier, one.capped) for one in other]
        assert said[: cut + 1] == again[: cut + 1]
        assert [one.confidence for one in judge(fired[: cut + 1]).signals] == [row[1] for row in said[: cut + 1]]


def test_confidences_are_capped_while_high_ones_fail() -> None:
    fired = [replace(one, outcome=replace(one.outcome, label=int(one.raw > 70))) for one in _synthetic(420)]
    good = judge(fired).signals
    high = [one for one in good if one.calibrated and one.probability >= 0.75]
    assert all(one.confidence == (74 if one.capped else round(100 * one.probability)) for one in high)
    assert not high[-1].capped
    assert high[-1].tier == "HIGH"
    bad = judge([*fired[:300], *(replace(one, outcome=replace(one.outcome, label=0)) for one in fired[300:])])
    assert bad.alarms["NIFTY+SENSEX"].raised
    last = [one for one in bad.signals if one.probability >= 0.75][-1]
    assert (last.capped, last.confidence, last.tier) == (True, 74, "REGULAR")


def test_running_it_again_adds_nothing_and_changes_nothing() -> None:
    keep("NIFTY", made(5))
    first, made_now = replay(indices=["NIFTY"], now=NOW)
    assert made_now
    rows = [model_to_dict(row, exclude=("id", "run")) for row in FnoReplaySignal.objects.all()]
    assert len(rows) == first.result["overall"]["n"] > 0
    second, made_now = replay(indices=["NIFTY"], now=NOW + timedelta(hours=1))
    assert (second.pk, made_now, second.computed_at) == (first.pk, False, NOW)
    third, made_now = replay(indices=["NIFTY"], now=NOW, again=True)
    assert made_now
    assert FnoReplayRun.objects.count() == 1
    assert [model_to_dict(row, exclude=("id", "run")) for row in FnoReplaySignal.objects.all()] == rows
    assert (third.result, third.data, third.key) == (first.result, first.data, first.key)
    assert play(material(["NIFTY"], **EVER))[2] == play(material(["NIFTY"], **EVER))[2]


def test_other_bars_are_another_run() -> None:
    keep("NIFTY", made(5))
    replay(indices=["NIFTY"], now=NOW)
    replay(indices=["NIFTY"], start=date(2024, 8, 5), now=NOW)
    keep("NIFTY", made(7, first=date(2024, 8, 6), count=2), origin="more")
    replay(indices=["NIFTY"], now=NOW)
    assert FnoReplayRun.objects.count() == 3


def test_a_replay_never_judges_a_live_signal() -> None:
    keep("NIFTY", made(5))
    run, _ = replay(indices=["NIFTY"], now=NOW)
    row = FnoReplaySignal.objects.filter(run=run).first()
    assert row is not None
    values = {field.name: getattr(row, field.name) for field in row._meta.fields if field.name not in ("id", "number")}
    FnoReplaySignal.objects.bulk_create([FnoReplaySignal(number=100 + at, **values) for at in range(300)])
    refit(now=NOW)
    assert set(FnoCalibrator.objects.values_list("n", "kind")) == {(0, "identity")}
    for q in (0.50, 0.60, 0.88, 1.0):
        judged = judge_for("NIFTY", now=NOW, q=q, data_source="kite")
        assert not judged.calibrator.calibrated
        assert judged.facts()["cap"] == 74
    assert not FnoSignal.objects.exists()
    assert not RecordEntry.objects.exists()


def test_bars_that_are_no_minutes_are_left_out_and_holes_part_the_history() -> None:
    keep("NIFTY", made(5, count=12))
    keep("NIFTY", made(8, first=date(2024, 9, 2), count=4), origin="later")
    keep("BANKNIFTY", made(6), interval="15minute")
    found = material(["NIFTY", "BANKNIFTY"], **EVER)
    assert [day.trade_date for day in found.days] == [date(2024, 8, 1), date(2024, 8, 2)]
    assert found.histories["NIFTY"].left_out == {replay_data.TOO_EARLY: 14}
    assert found.histories["BANKNIFTY"].series[0].use.startswith("left out")
    assert found.histories["BANKNIFTY"].days == []
    with pytest.raises(NotFound, match="import"):
        material(["BANKNIFTY"], **EVER)


def test_earlier_hours_shift_the_opening_range_alone() -> None:
    p = replay_data.parameters_for(date(2009, 3, 2), datetime(2009, 3, 2, 9, 55).time())
    assert (f"{p.opening_range_start:%H:%M}", f"{p.opening_range_end:%H:%M}", f"{p.first_entry:%H:%M}") == (
        "09:55", "10:10", "10:10",
    )  # fmt: skip
    regular = replay_data.parameters_for(date(2024, 3, 4), datetime(2024, 3, 4, 9, 15).time())
    assert replace(
        p, opening_range_start=regular.opening_range_start, opening_range_end=regular.opening_range_end,
        first_entry=regular.first_entry,
    ) == regular  # fmt: skip
    assert p.hash != regular.hash


def test_the_command_writes_its_report(tmp_path: Path, signed_in: Any) -> None:
    nothing = signed_in.get("/api/fno/replay").json()
    assert nothing["label"] == LABEL
    assert nothing["result"] is None
    with pytest.raises(CommandError, match="import_candles"):
        call_command("replay_fno", index="NIFTY", verbosity=0)
    keep("NIFTY", made(5))
    target = tmp_path / "report.md"
    call_command("replay_fno", index="nifty", report=target, verbosity=0)
    run = FnoReplayRun.objects.get()
    text = target.read_text()
    assert run.result["verdict"] in text
    assert run.params_hash in text
    assert text.count("## ") == 7
    answer = signed_in.get("/api/fno/replay").json()
    assert answer["verdict"] == run.result["verdict"]
    assert answer["result"]["overall"]["n"] == run.signals.count()
    rows = list(run.signals.all())
    labelled = [row for row in rows if row.label is not None]
    assert answer["result"]["overall"]["base_rate"]["n"] == len(labelled)
    net = sum(row.r - row.cost_r for row in rows) / len(rows)
    assert answer["result"]["overall"]["net_r"]["value"] == pytest.approx(net, abs=1e-4)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"index": "NIFTY", "report": "missing/report.md"}, "there is no folder"),
        ({"index": "NIFTY", "report": "."}, "is a folder"),
        ({"index": "NIFTY", "start": date(2024, 8, 2), "end": date(2024, 8, 1)}, "ends before it begins"),
        ({"index": " , "}, "No index is named; the indices are NIFTY"),
        ({"index": "NIFTY", "start": date(2025, 1, 1)}, "Imported minutes: NIFTY 2024-07-18 to 2024-08-05"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_replayed(
    words: dict[str, Any], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("NIFTY", made(5))
    monkeypatch.setattr("signals.services.fno.replay.play", None)  # a replay would fail
    given = words | ({"report": tmp_path / words["report"]} if "report" in words else {})
    with pytest.raises(CommandError, match=says):
        call_command("replay_fno", verbosity=0, **given)


def test_the_answer_is_as_the_schema_describes_it(signed_in: Any) -> None:
    from drf_spectacular.generators import SchemaGenerator
    from jsonschema import Draft202012Validator

    whole = SchemaGenerator().get_schema(request=None, public=True)
    described = whole["paths"]["/api/fno/replay"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    reference = described.get("$ref", "").rpartition("/")[2]
    schema = (whole["components"]["schemas"][reference] if reference else described) | {
        "components": whole["components"]
    }
    keep("NIFTY", made(5))
    empty = signed_in.get("/api/fno/replay").json()
    replay(indices=["NIFTY"], now=NOW)
    full = signed_in.get("/api/fno/replay").json()
    for answer in (empty, full):
        Draft202012Validator(schema).validate(answer)
        assert set(answer) == set(schema["properties"])


def test_the_report_in_the_repository_is_of_these_parameters() -> None:
    """A change of any number of the engine needs the replay anew."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "fno-replay-report.md").read_text()
    for opened in (time(9, 15), time(9, 55)):
        assert replay_data.parameters_for(date(2024, 3, 4), opened).hash in text
    assert ENGINE_VERSION in text
    assert "with changes" not in text
