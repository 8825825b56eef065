"""Live calibrators: fitted once a week from what was known, each for its own; the alarm caps and tells."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from django.core import mail
from django.db import connection

from accounts.models import User
from core import clock
from core.models import Event
from engines.calibration.mapping import fit
from engines.calibration.scores import quality
from engines.calibration.walk import WEEK_S, week_of, week_start_s
from signals.models import FnoAlarm, FnoCalibrator, FnoCandidate, FnoLatest, FnoScan, FnoSignal, RecordEntry
from signals.services.fno.calibration import calibrator_of, judge_for, profile_of
from signals.services.fno.refitting import refit, tell, turn, watch
from signals.services.fno.track_record import track_record
from signals.services.fno.tracking import track_quietly
from signals.tests.fno_market import at, first_signal, only, scan_at

pytestmark = pytest.mark.django_db
#: A Friday; its week began on Monday 2026-11-23, 00:00 in India.
NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
START = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)


def signal(moment: datetime, number: int, **changes: Any) -> FnoSignal:
    """Return an unsaved closed and labelled signal."""
    facts: dict[str, Any] = {
        "index": "NIFTY", "trade_date": moment.date(), "number": number, "slot": number, "triggered_at": moment,
        "trade_direction": "BULLISH", "entry_mode": "PULLBACK", "confidence": 60, "tier": "REGULAR", "raw": 60.0,
        "probability": 0.6, "calibrated": False, "atm_strike": 24_000, "spot": 24_000.0, "distance": 40.0,
        "exchange": "NFO", "tradingsymbol": "X", "option_type": "CE", "expiry": moment.date(), "lot_size": 65,
        "lots": 1, "entry_price": 120, "sl": 105, "target": 145, "max_loss_per_lot": 1_000, "expected_r": 0.1,
        "deadline": moment, "features": {"direction": {"q": 1.0}}, "data_source": "kite",
        "engine_version": "mvla/1.0", "params_hash": "x", "status": "CLOSED", "outcome": "TARGET",
        "closed_at": moment, "label": 1, "labelled_at": moment + timedelta(minutes=30), "changed_at": moment,
    }  # fmt: skip
    facts |= changes
    return FnoSignal(**facts | {"trade_code": f"{facts['index']}-{number}"})


def many(count: int, *, first: int = 0, start: datetime = START, **changes: Any) -> list[FnoSignal]:
    """Store signals whose score says something, one an hour and a half."""
    rng = np.random.default_rng(first + 1)
    rows = []
    for place in range(count):
        raw = float(rng.uniform(50, 95))
        facts = {"raw": raw, "probability": raw / 100, "label": int(rng.random() < (raw - 15) / 100)} | changes
        rows.append(signal(start + timedelta(minutes=90 * place), first + place, **facts))
    return FnoSignal.objects.bulk_create(rows)


def test_a_fit_is_what_the_engine_fits_on_what_was_known() -> None:
    rows = many(240)
    late = signal(MONDAY - timedelta(minutes=59), 900, raw=50.0, label=1)
    later = signal(NOW - timedelta(days=1), 901, raw=50.0, label=1)
    slow = signal(MONDAY - timedelta(hours=3), 902, raw=50.0, labelled_at=MONDAY + timedelta(minutes=1))
    FnoSignal.objects.bulk_create([late, later, slow])
    refit(now=NOW)
    row = FnoCalibrator.objects.get(family="NIFTY+SENSEX", profile="full", market="real")
    expected = fit([one.raw for one in rows], [float(one.label or 0) for one in rows])
    assert calibrator_of(row) == expected
    assert (row.kind, row.n, row.judged) == ("isotonic", 240, 240)
    found = quality([one.probability for one in rows], [float(one.label or 0) for one in rows])
    assert (row.brier, row.base_rate, row.skill, row.ece) == pytest.approx(
        (found.brier, found.base_rate, found.skill, found.ece)
    )
    assert sum(one["n"] for one in row.reliability) == 240
    assert (row.trained_from, row.trained_to) == (rows[0].triggered_at, rows[-1].triggered_at)
    assert FnoCalibrator.objects.exclude(pk=row.pk).filter(n=0).count() == 7
    judge = judge_for("SENSEX", now=NOW, q=1.0, data_source="icici")
    assert judge.calibrator == expected
    assert judge.facts()["brier"] == pytest.approx(found.brier, abs=1e-4)
    assert len(judge.name) <= 60


def test_each_market_family_and_coverage_has_its_own() -> None:
    many(60)
    many(70, first=1_000, features={"direction": {"q": 0.88}})
    many(80, first=2_000, data_source="simulated")
    many(90, first=3_000, index="FINNIFTY")
    refit(now=NOW)
    sizes = {(row.market, row.family, row.profile): row.n for row in FnoCalibrator.objects.filter(n__gt=0)}
    assert sizes == {
        ("real", "NIFTY+SENSEX", "full"): 60,
        ("real", "NIFTY+SENSEX", "partial"): 70,
        ("simulated", "NIFTY+SENSEX", "full"): 80,
        ("real", "BANKNIFTY+FINNIFTY", "full"): 90,
    }

    def judging(index: str, q: float, source: str) -> int:
        return judge_for(index, now=NOW, q=q, data_source=source).calibrator.n

    assert judging("NIFTY", 1.0, "kite") == 60
    assert judging("NIFTY", 0.88, "kite") == 70
    assert judging("NIFTY", 1.0, "simulated") == 80
    assert judging("NIFTY", 1.0, "replay") == 80
    assert judging("BANKNIFTY", 1.0, "kite") == 90
    assert judging("BANKNIFTY", 0.7, "kite") == 0
    assert [profile_of(q) for q in (0.45, 0.88, 0.9998, 1.0)] == ["partial", "partial", "partial", "full"]


def test_a_week_is_fitted_once_and_never_again() -> None:
    many(60)
    assert len(refit(now=NOW)) == 8
    kept = list(FnoCalibrator.objects.values())
    many(60, first=500)
    assert refit(now=NOW + timedelta(days=2)) == []
    assert list(FnoCalibrator.objects.values()) == kept
    assert len(refit(now=NOW + timedelta(days=3, hours=12, minutes=31))) == 8
    assert judge_for("NIFTY", now=NOW + timedelta(days=3, hours=13), q=1.0, data_source="kite").calibrator.n == 120
    assert judge_for("NIFTY", now=NOW, q=1.0, data_source="kite").calibrator.n == 60
    assert week_start_s(int(week_of(int(NOW.timestamp())))) == int(MONDAY.timestamp())
    assert week_of(int(MONDAY.timestamp()) + WEEK_S) == week_of(int(MONDAY.timestamp())) + 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_two_workers_fit_once() -> None:
    many(60)
    made: list[int] = []

    def work() -> None:
        made.append(len(refit(now=NOW)))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(made) == FnoCalibrator.objects.count() == 8
    FnoSignal.objects.all()._raw_delete("default")


def strong(labels: list[int], **changes: Any) -> None:
    """Store calibrated signals of 80 with these outcomes."""
    FnoSignal.objects.bulk_create(
        [
            signal(START + timedelta(hours=place), place, probability=0.8, calibrated=True, label=label, **changes)
            for place, label in enumerate(labels)
        ]
    )


def test_the_alarm_caps_tells_once_and_ends() -> None:
    for name, staff, active in (("boss", True, True), ("gone", True, False), ("user", False, True)):
        User.objects.create_user(f"{name}@example.com", is_staff=staff, is_active=active)
    many(240)
    FnoSignal.objects.all().update(probability=0.6)
    refit(now=NOW)
    assert judge_for("NIFTY", now=NOW, q=1.0, data_source="kite").cap is None
    FnoSignal.objects.all()._raw_delete("default")
    strong([1, 0] * 15)  # 15 of 30: lower bound 0.33
    assert [row.family for row in watch(now=NOW)] == ["NIFTY+SENSEX"]
    assert watch(now=NOW) == []
    judge = judge_for("NIFTY", now=NOW, q=1.0, data_source="kite")
    assert (judge.cap, judge.facts()["cap"], judge.facts()["alarm"]) == (74, 74, True)
    assert judge.calibrator.confidence(94.0, cap=judge.cap) == 74
    assert judge_for("NIFTY", now=NOW, q=1.0, data_source="simulated").cap is None
    assert judge_for("BANKNIFTY", now=NOW, q=1.0, data_source="kite").cap is None
    assert (tell(now=NOW), tell(now=NOW)) == (1, 0)
    assert [message.to for message in mail.outbox] == [["boss@example.com"]]
    text = str(mail.outbox[0].body)
    assert "30 had a confidence of 75 or more, and 15 of them came true" in text
    assert "33 %" in text
    FnoSignal.objects.all()._raw_delete("default")
    strong([0, 0, 0, *[1] * 60])  # the failures are beyond the last sixty
    assert watch(now=NOW + timedelta(hours=1)) == []
    assert FnoAlarm.objects.get().ended_at == NOW + timedelta(hours=1)
    assert judge_for("NIFTY", now=NOW, q=1.0, data_source="kite").cap is None
    with pytest.raises(TypeError):
        FnoAlarm.objects.get().delete()


def test_a_mail_that_fails_is_sent_with_the_next_turn(monkeypatch: Any) -> None:
    User.objects.create_user("boss@example.com", is_staff=True)
    strong([0] * 10)
    watch(now=NOW)

    def fail(**_: Any) -> None:
        raise ConnectionError("no mail today")

    with monkeypatch.context() as patch:
        patch.setattr("signals.services.fno.refitting.send", fail)
        with pytest.raises(ConnectionError):
            tell(now=NOW)
    assert FnoAlarm.objects.get().told_at is None
    assert tell(now=NOW) == 1


@pytest.mark.django_db(transaction=True)
def test_the_turn_of_the_worker_runs_once_a_slot(monkeypatch: Any) -> None:
    turns: list[datetime] = []
    monkeypatch.setattr("signals.services.fno.refitting.refit", lambda *, now: turns.append(now))
    for later in (0, 1, 30, 299, 300, 301):
        moment = NOW + timedelta(seconds=later)
        with clock.frozen(moment):
            turn(now=moment)
    assert turns == [NOW, NOW + timedelta(seconds=300)]


def test_the_track_record_shows_fits_and_alarms(signed_in: Any) -> None:
    many(240)
    refit(now=NOW)
    strong([0] * 10, index="SENSEX")
    watch(now=NOW)
    with clock.frozen(NOW):
        answer = signed_in.get("/api/fno/track-record?index=NIFTY&market=real").json()
        everything = signed_in.get("/api/fno/track-record?market=real").json()
        simulated = signed_in.get("/api/fno/track-record?market=simulated").json()
    calibration = answer["calibration"]
    assert calibration["calibrator"]["n"] == 240
    row = next(one for one in calibration["calibrators"] if (one["market"], one["profile"]) == ("real", "full"))
    assert sum(one["n"] for one in row["reliability"]) == 240
    assert {"said", "observed", "lower", "upper"} <= set(row["reliability"][0])
    assert [one["family"] for one in calibration["alarms"]] == ["NIFTY+SENSEX"]
    assert len(everything["calibration"]["calibrators"]) == len(simulated["calibration"]["calibrators"]) == 4
    assert simulated["calibration"]["alarms"] == []
    assert track_record("BANKNIFTY", now=NOW, market="real")["calibration"]["alarms"] == []


@pytest.mark.django_db(transaction=True)
def test_a_scan_is_judged_by_the_fit_in_force() -> None:
    """Both profiles have a curve that says 0.9 to everything; under an alarm 74 is published."""
    week = int(week_of(int(at(500).timestamp())))
    for profile in FnoCalibrator.Profile.values:
        FnoCalibrator.objects.create(
            market="simulated", family="NIFTY+SENSEX", profile=profile, week=week - 3, kind="platt", n=60, slope=0.0,
            offset=-float(np.log(9.0)), fitted_at=at(0),
        )  # fmt: skip
    with only():
        fired, minute = first_signal()
        assert (fired.confidence, fired.tier, fired.calibrated) == (90, "HIGH", True)
        assert fired.probability == pytest.approx(0.9)
        assert fired.calibrator.startswith("NIFTY+SENSEX/")
        FnoAlarm.objects.create(market="simulated", family="NIFTY+SENSEX", raised_at=at(minute))
        scan_at(at(minute + 1))
        payload = FnoLatest.objects.get(index="NIFTY").payload
        assert payload["calibration"] | {"cap": 74, "alarm": True, "kind": "platt", "n": 60} == payload["calibration"]
        if payload["probability"] is not None:
            assert payload["confidence"] == 74
        assert FnoScan.objects.filter(status="done").order_by("slot").last().confidence <= 74


@pytest.mark.django_db(transaction=True)
def test_what_calibration_silences_is_learned_from() -> None:
    """A curve that says 0.3 to everything fires nothing; what it withheld is labelled, and the next fit knows of it."""
    for profile in FnoCalibrator.Profile.values:
        FnoCalibrator.objects.create(
            market="simulated", family="NIFTY+SENSEX", profile=profile, week=week_of(int(at(500).timestamp())) - 3,
            kind="platt", n=60, slope=0.0, offset=float(np.log(7.0 / 3.0)), fitted_at=at(0),
        )  # fmt: skip
    with only():
        for minute in range(515, 715):
            scan_at(at(minute))
            track_quietly("NIFTY", now=at(minute))
        track_quietly("NIFTY", now=at(900))
    assert (FnoSignal.objects.count(), RecordEntry.objects.count(), Event.objects.count()) == (0, 0, 0)
    found = list(FnoCandidate.objects.order_by("triggered_at"))
    assert found
    for row, later in pairwise(found):
        assert row.labelled_at <= later.triggered_at
    for row in found:
        scan = FnoScan.objects.get(index="NIFTY", slot=row.slot)
        assert (scan.actionable, scan.raw, scan.trade_direction) == (False, row.raw, row.trade_direction)
        assert set(scan.vetoes) <= {"COST_TOO_HIGH"}, "so unlikely a reward need not be worth the costs"
        assert row.raw >= 50
        assert row.probability == pytest.approx(0.3)
    known = [row for row in found if row.label is not None]
    withheld = track_record("NIFTY", now=at(900))["calibration"]["withheld"]
    assert withheld["count"] == len(found)
    assert (withheld["came_true"]["n"], withheld["came_true"]["value"]) == (
        len(known), pytest.approx(sum(row.label for row in known) / len(known), abs=1e-4) if known else None,
    )  # fmt: skip
    refit(now=at(0) + timedelta(days=7))
    fitted = FnoCalibrator.objects.filter(market="simulated", family="NIFTY+SENSEX").order_by("-week")[:2]
    assert sum(row.n for row in fitted) == len(known)
    assert all(row.judged == row.n for row in fitted)
