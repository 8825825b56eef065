"""A signal's life: fired, followed, closed by rule, recorded; the track record is what the rows say."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError

from core import clock
from core.errors import Conflict
from core.models import Event
from engines.mvla.outcomes import Course, Plan
from engines.mvla.trades import round_trip
from market.services import sandbox
from market.services.providers import registry
from signals import lifecycle
from signals.models import FnoLatest, FnoScan, FnoSignal, RecordEntry
from signals.pages import fno_record_presenters
from signals.pages.fno_record import page_context
from signals.services import notices, record
from signals.services.fno import facts, tracking
from signals.services.fno.markets import SIMULATED
from signals.services.fno.track_record import track_record
from signals.services.fno.wire import signal_row
from signals.tests.fno_market import Market, at, first_signal, forget, only, scan_at, values_of

LIVE_WORDS = "A signal of this index is live; there is one at a time."
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def market() -> Iterator[Market]:
    with only() as found:
        yield found


def track_at(minute: float) -> None:
    moment = at(minute)
    with clock.frozen(moment):
        tracking.track_quietly("NIFTY", now=moment)


def test_the_whole_life(market: Market) -> None:
    signal, minute = first_signal()
    assert signal.trade_code == "NIFTY-2026-11-27-001"
    assert (signal.status, signal.outcome, signal.number) == ("LIVE", "OPEN", 1)
    assert signal.sl < signal.entry_price < signal.target
    assert signal.confidence >= 50
    assert not signal.calibrated
    assert signal.deadline == signal.triggered_at + timedelta(minutes=45)
    for later in range(minute + 1, minute + 48):
        track_at(later)
        scan_at(at(later))
        signal.refresh_from_db()
        if signal.status == "CLOSED":
            break
    assert signal.status == "CLOSED"
    _check_by_hand(signal)
    assert FnoSignal.objects.filter(status="LIVE").count() <= 1
    codes = list(RecordEntry.objects.filter(key__contains="-001:").order_by("sequence").values_list("kind", flat=True))
    assert codes == ["fno.triggered", "fno.closed"]
    assert record.verify().ok
    line = RecordEntry.objects.get(key=f"fno:{signal.trade_code}:outcome")
    assert json.loads(line.payload) == signal_row(signal)
    told = Event.objects.filter(aggregate_id=str(signal.pk)).order_by("id")
    assert [event.kind for event in told] == ["fno.triggered", "fno.closed"]
    assert told[1].payload["outcome"] == signal.outcome


def test_while_a_signal_lives_that_is_the_veto_of_its_index_alone(market: Market) -> None:
    """What comes up meanwhile is seen; the scan after the end is forbidden by it no longer."""
    signal, minute = first_signal()
    for later in range(minute + 1, minute + 5):
        row = scan_at(at(later))
        assert "SIGNAL_LIVE" in row.vetoes
        assert not row.actionable
    assert FnoLatest.objects.get(index="NIFTY").payload["veto_words"].count(LIVE_WORDS) == 1
    assert "SIGNAL_LIVE" not in scan_at(at(minute + 4), "BANKNIFTY").vetoes
    ended = {"status": "CLOSED", "outcome": "TIME_EXIT", "closed_at": at(minute + 4), "r_multiple": 0.0}
    FnoSignal.objects.filter(pk=signal.pk).update(**ended)
    row = scan_at(at(minute + 5))
    assert "SIGNAL_LIVE" not in row.vetoes
    before = FnoScan.objects.get(index="NIFTY", slot=row.slot - 1).memory
    seen = (before["direction"], before["mode"]) == (row.memory["direction"], row.memory["mode"])
    fired = FnoSignal.objects.filter(index="NIFTY", status="LIVE").exists()
    assert fired == (row.actionable and not seen), "only what is new fires"


def test_a_live_signal_of_another_market_is_a_veto_that_says_so(market: Market) -> None:
    """No other of its index can be written while it stands; in silence a trigger would be seen and lost."""
    signal, minute = first_signal()
    FnoSignal.objects.filter(pk=signal.pk).update(data_source="kite")
    row = scan_at(at(minute + 1))
    assert "SIGNAL_LIVE" in row.vetoes
    assert not row.actionable
    told = FnoLatest.objects.get(index="NIFTY").payload["layers"]["filters"]["discipline"]
    assert told["triggers_today"] == 0, "it counts for nothing else"
    assert facts.record_of("NIFTY", signal.trade_date, SIMULATED).is_live
    with sandbox.simulated_only():
        assert not facts.record_of("NIFTY", signal.trade_date, SIMULATED).is_live, "test keys learn of no real signal"


@pytest.mark.parametrize("days", [-9, 9])
def test_a_live_signal_is_a_veto_whatever_its_date(market: Market, days: int) -> None:
    """As no other of its index can be written while it stands; it counts for nothing else of another week."""
    signal, minute = first_signal()
    FnoSignal.objects.filter(pk=signal.pk).update(trade_date=signal.trade_date + timedelta(days=days))
    assert "SIGNAL_LIVE" in scan_at(at(minute + 1)).vetoes
    told = FnoLatest.objects.get(index="NIFTY").payload["layers"]["filters"]["discipline"]
    assert told["triggers_today"] == 0
    assert "SIGNAL_LIVE" not in scan_at(at(minute + 1), "BANKNIFTY").vetoes


def _check_by_hand(signal: FnoSignal) -> None:
    """Walk along the option's minutes once more, without the engine."""
    end = signal.closed_at
    assert end is not None
    bars, _ = registry().candles(f"NFO:{signal.tradingsymbol}", "minute", signal.triggered_at, end, now=end)
    entry, sl, target = (float(value) for value in (signal.entry_price, signal.sl, signal.target))
    expected: tuple[str, float] | None = None
    rows = zip(bars.ts, bars.open, bars.high, bars.low, bars.close, strict=True)
    last = entry
    for ts, opened, high, low, close in rows:
        if ts < signal.triggered_at.timestamp() or ts + 60 > end.timestamp():
            continue
        if low <= sl:
            expected = ("SL", min(opened, sl))
            break
        if high >= target:
            expected = ("TARGET", target)
            break
        last = close
    outcome, price = expected or ("TIME_EXIT", last)
    assert signal.outcome == outcome
    assert signal.exit_price is not None
    assert float(signal.exit_price) == pytest.approx(price, abs=0.005)
    charges = round_trip("NIFTY", signal.trade_date, entry, float(signal.exit_price), signal.lot_size)
    gross = (signal.exit_price - signal.entry_price) * signal.lot_size
    assert signal.net_per_lot == gross - Decimal(str(charges)).quantize(Decimal("0.01"))
    assert signal.r_multiple == round((float(signal.exit_price) - entry) / (entry - sl), 3)
    assert signal.mae <= 0 <= signal.mfe


def test_one_live_signal_an_index(market: Market) -> None:
    signal, minute = first_signal()
    FnoScan.objects.all().delete()  # what was seen is forgotten, so direction and mode are new again
    scan_at(at(minute) + timedelta(seconds=1))
    scan_at(at(minute + 1))
    assert FnoSignal.objects.filter(index="NIFTY").count() == 1
    values = values_of(signal)
    with pytest.raises(IntegrityError):
        FnoSignal.objects.create(**values | {"trade_code": "NIFTY-2026-11-27-002", "number": 2, "slot": 1})


def test_a_closed_signal_stays_as_it_is(market: Market) -> None:
    signal, minute = first_signal()
    moment = at(minute + 1)
    twin = FnoSignal.objects.get(pk=signal.pk)
    assert lifecycle.close(signal, outcome="SL", at=moment, changed_at=moment)
    assert not lifecycle.close(twin, outcome="TARGET", at=moment, changed_at=moment)
    assert FnoSignal.objects.get(pk=signal.pk).outcome == "SL"
    with pytest.raises(Conflict):
        lifecycle.check_move("SL", "TARGET")
    with pytest.raises(TypeError):
        signal.delete()


def test_a_source_that_fails_is_asked_again(market: Market) -> None:
    signal, minute = first_signal()
    market.broken = {"candles"}
    track_at(minute + 50)
    signal.refresh_from_db()
    assert signal.status == "LIVE"
    market.broken = set()
    track_at(minute + 50)
    signal.refresh_from_db()
    assert signal.status == "CLOSED"


def test_following_late_gives_the_same_end(market: Market) -> None:
    """A platform that was away for hours closes a signal as it would have closed at the time."""
    signal, minute = first_signal()
    values = values_of(signal)
    ends = []
    for step in (range(minute + 1, minute + 50), [minute + 240]):
        for later in step:
            track_at(later)
        signal.refresh_from_db()
        ends.append((signal.outcome, signal.exit_price, signal.closed_at, signal.mfe, signal.mae))
        forget()
        signal = FnoSignal.objects.create(**values)
    assert ends[0] == ends[1]


def test_labels_come_from_the_index(market: Market) -> None:
    signal, minute = first_signal()
    track_at(minute + 64)
    signal.refresh_from_db()
    assert signal.labelled_at is not None
    assert signal.labelled_at <= signal.triggered_at + timedelta(minutes=60)
    bars, _ = registry().candles("NSE:NIFTY 50", "minute", signal.triggered_at, at(minute + 60), now=at(minute + 60))
    way = 1 if signal.trade_direction == "BULLISH" else -1
    best, worst = (bars.high, bars.low) if way == 1 else (bars.low, bars.high)
    inside = (bars.ts >= signal.triggered_at.timestamp()) & (bars.ts + 60 <= signal.triggered_at.timestamp() + 3600)
    won = way * (best[inside] - signal.spot) >= signal.distance
    lost = way * (worst[inside] - signal.spot) <= -signal.distance
    if (won | lost).any():
        first = int((won | lost).argmax())
        assert signal.label == int(not lost[first])


def test_every_place_tells_the_same_result(market: Market) -> None:
    """1.7147 R are 1.715 in the Record; a place that rounded the longer number would say 1.71, the others 1.72."""
    signal, _ = first_signal()
    signal.entry_price, signal.sl, signal.target = Decimal(526), Decimal("474.65"), Decimal("614.05")
    plan = Plan(entry=526.0, sl=474.65, target=614.05, at_s=0.0, deadline_s=60.0, expiry_s=60.0)
    seen = Course(outcome="TARGET", price=614.05, at_s=signal.triggered_at.timestamp() + 60, mfe=88.05, mae=0.0)
    FnoSignal.objects.filter(pk=signal.pk).update(entry_price=526, sl=signal.sl, target=signal.target)
    assert tracking.finish(signal, seen, plan, source="simulated")
    signal.refresh_from_db()
    line = json.loads(RecordEntry.objects.get(key=f"fno:{signal.trade_code}:outcome").payload)
    assert signal.r_multiple == line["r_multiple"] == 1.715
    assert track_record("NIFTY", now=at(1400))["overall"]["r"]["mean"] == 1.715
    assert fno_record_presenters._row(signal).r.text == "+1.72"
    assert notices._told(Event.objects.get(kind="fno.closed"))["text"] == "+1.72 R before charges"


def test_earlier_results_become_what_the_record_tells(market: Market) -> None:
    signal, _ = first_signal()
    FnoSignal.objects.filter(pk=signal.pk).update(r_multiple=1.714703)
    import_module("signals.migrations.0013_results_as_told").as_told(apps, None)
    signal.refresh_from_db()
    assert signal.r_multiple == 1.715


def test_track_record_is_what_the_rows_say(market: Market) -> None:
    signal, _ = first_signal()
    values = values_of(signal)
    forget()
    results = [("TARGET", 145, 1_556.32), ("SL", 105, -1_038.58), ("TIME_EXIT", 123, 130.0), ("SL", 100, -1_365.0)]
    for number, (outcome, price, net) in enumerate(results, start=1):
        FnoSignal.objects.create(
            **values | {
                "trade_code": f"NIFTY-2026-11-27-{number:03d}", "number": number, "slot": number, "status": "CLOSED",
                "outcome": outcome, "entry_price": 120, "sl": 105, "target": 145, "lot_size": 65, "tier": "REGULAR",
                "confidence": 60 + number, "exit_price": price, "r_multiple": (price - 120) / 15,
                "net_per_lot": Decimal(str(net)), "closed_at": at(600), "label": int(outcome == "TARGET"),
                "labelled_at": at(600), "calibrated": False,
            }
        )  # fmt: skip
    found: dict[str, Any] = track_record("NIFTY", now=at(700))
    overall = found["overall"]
    assert overall["n"] == 4
    assert overall["hit_rate"]["value"] == 0.25
    assert overall["win_rate"] == {"value": 0.5, "lower": 0.15, "upper": 0.85, "n": 4}
    assert overall["r"]["mean"] == pytest.approx((25 - 15 + 3 - 20) / 15 / 4, abs=1e-3)
    assert overall["expectancy_per_lot"] == pytest.approx(sum(net for *_, net in results) / 4, abs=0.01)
    assert overall["expectancy_r"] == pytest.approx(sum(net for *_, net in results) / 4 / (15 * 65), abs=1e-3)
    assert [row["n"] for row in found["tiers"]] == [0, 4, 0]
    assert found["calibration"]["n"] == 4
    assert found["calibration"]["brier"] == pytest.approx(
        sum((said - came) ** 2 for said, came in zip((0.61, 0.62, 0.63, 0.64), (1, 0, 0, 0), strict=True)) / 4, abs=1e-4
    )
    assert found["label"].startswith("Forward only")
    assert track_record("SENSEX", now=at(700))["overall"]["hit_rate"] == {
        "value": None, "lower": None, "upper": None, "n": 0,
    }  # fmt: skip


def test_real_and_simulated_signals_are_counted_apart(market: Market, signed_in: Any) -> None:
    signal, minute = first_signal()
    for number, (source, r) in enumerate((("kite", -1.0), ("yahoo", -1.0), ("simulated", 1.5)), start=50):
        values = values_of(signal) | {
            "trade_code": f"NIFTY-2026-11-27-{number:03d}", "number": number, "slot": number, "data_source": source,
            "status": "CLOSED", "outcome": "SL" if r < 0 else "TARGET", "r_multiple": r, "net_per_lot": 100 * r,
            "closed_at": at(minute - 60), "label": int(r > 0), "labelled_at": at(minute - 60),
        }  # fmt: skip
        FnoSignal.objects.create(**values)
    real, simulated = (track_record("NIFTY", now=at(minute), market=name) for name in ("real", "simulated"))
    assert (real["overall"]["n"], real["overall"]["hit_rate"]["value"], real["live"]) == (2, 0.0, 0)
    assert (simulated["overall"]["n"], simulated["overall"]["hit_rate"]["value"], simulated["live"]) == (1, 1.0, 1)
    assert (real["calibration"]["n"], simulated["calibration"]["n"]) == (2, 1)
    assert set(real["data_sources"]) == {"kite", "yahoo"}
    assert track_record("NIFTY", now=at(minute)) == simulated  # what is looked at now
    day = at(minute).astimezone(clock.IST).date()
    assert [one.outcome for one in facts.record_of("NIFTY", day, "real").today] == ["SL", "SL"]
    assert "SL" not in [one.outcome for one in facts.record_of("NIFTY", day, "simulated").today]
    with clock.frozen(at(minute)):
        answer = signed_in.get("/api/fno/track-record?index=NIFTY&market=real").json()
        assert (answer["market"], answer["overall"]["n"]) == ("real", 2)
        assert signed_in.get("/api/fno/track-record?market=both").status_code == 400
    page = page_context({"index": "NIFTY", "market": "real"}, now=at(minute))
    assert [(one["value"], one["current"]) for one in page["choices"]["markets"]] == [
        ("real", True), ("simulated", False),
    ]  # fmt: skip
    assert {row.code for row in page["rows"]} == {"NIFTY-2026-11-27-050", "NIFTY-2026-11-27-051"}


def test_a_signal_whose_market_is_gone_ends_without_a_price(market: Market) -> None:
    signal, minute = first_signal()
    FnoSignal.objects.filter(pk=signal.pk).update(data_source="kite")
    track_at(minute + 2)
    signal.refresh_from_db()
    assert signal.status == "LIVE"
    track_at(minute + 50)
    signal.refresh_from_db()
    assert (signal.status, signal.outcome, signal.exit_price, signal.r_multiple) == ("CLOSED", "TIME_EXIT", None, None)
