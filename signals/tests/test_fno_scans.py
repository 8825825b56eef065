"""Scans: once a slot, taken over, skipped; and what the market must be like for a signal."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import override_settings

from core import clock, jobs
from core.jobs import slot_of
from core.models import Event, JobSlot
from engines.mvla.analysis import analyse
from engines.mvla.payload import payload
from market.adapters.base import OptionChain
from signals.models import FnoEvent, FnoLatest, FnoScan, FnoSignal, RecordEntry
from signals.services.fno import emission, facts, scanning
from signals.services.fno.gathering import gather
from signals.services.fno.scanning import job_of, note_gaps, scan_due
from signals.tests.fno_market import Market, at, first_signal, forget, only, scan_at, values_of

pytestmark = pytest.mark.django_db(transaction=True)
INDICES = ("NIFTY", "BANKNIFTY", "FINNIFTY", "SENSEX")


@pytest.fixture
def market() -> Iterator[Market]:
    with only() as found:
        yield found


def due_at(moment: datetime) -> int:
    with clock.frozen(moment):
        return scan_due(now=moment)


def test_one_row_an_index_and_slot(market: Market) -> None:
    assert due_at(at(500)) == 4
    assert due_at(at(500) + timedelta(seconds=10)) == 0
    assert due_at(at(501)) == 4
    rows = FnoScan.objects.all()
    assert len(rows) == 8
    assert {(row.index, row.status) for row in rows} == {(index, "done") for index in INDICES}
    assert FnoLatest.objects.count() == 4
    assert set(JobSlot.objects.values_list("status", flat=True)) == {"done"}


def test_a_second_scan_of_a_slot_writes_nothing(market: Market) -> None:
    assert scan_at(at(500)) is not None
    assert scan_at(at(500) + timedelta(seconds=20)) is None
    assert FnoScan.objects.count() == 1


def test_a_dead_workers_slot_is_taken_over_when_its_lease_ends(market: Market) -> None:
    moment = at(500)
    slot = slot_of(moment, 60)
    assert jobs.claim_slot(job_of("NIFTY"), slot, now=moment, lease=scanning.LEASE) is not None
    assert due_at(moment + timedelta(seconds=10)) == 3
    assert not FnoScan.objects.filter(index="NIFTY").exists()
    assert due_at(moment + timedelta(seconds=25)) == 1
    assert FnoScan.objects.get(index="NIFTY").slot == slot
    assert JobSlot.objects.get(job=job_of("NIFTY"), slot=slot).attempts == 2


def test_missed_slots_are_written_down_as_skipped_and_never_made_up(market: Market) -> None:
    due_at(at(500))
    dead = jobs.claim_slot(job_of("NIFTY"), slot_of(at(502), 60), now=at(502), lease=scanning.LEASE)
    assert dead is not None
    due_at(at(506))
    first, last = slot_of(at(500), 60), slot_of(at(506), 60)
    for index in INDICES:
        found = dict(FnoScan.objects.filter(index=index).values_list("slot", "status"))
        assert found == {first: "done", first + 1: "skipped", first + 2: "skipped", first + 3: "skipped",
                         first + 4: "skipped", last: "done"}  # fmt: skip
    due_at(at(507))
    assert FnoScan.objects.get(index="NIFTY", slot=last - 1).status == "skipped"
    skipped = FnoScan.objects.filter(status="skipped").first()
    assert skipped is not None
    assert skipped.reason
    assert JobSlot.objects.get(job=job_of("NIFTY"), slot=first + 2).status == "skipped"
    assert FnoScan.objects.filter(index="NIFTY").count() == 8


def test_a_platform_that_just_began_has_skipped_nothing(market: Market) -> None:
    from market.services.exchanges import clock_for

    assert note_gaps("NIFTY", clock_for("NFO"), slot_of(at(500), 60), now=at(500)) == 0


def test_a_failed_scan_leaves_no_row_and_the_next_one_goes_on(market: Market, monkeypatch: Any) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(scanning, "gather", lambda index, now: 1 / 0)
        assert due_at(at(500)) == 0
    assert due_at(at(501)) == 4
    assert set(JobSlot.objects.filter(slot=slot_of(at(500), 60)).values_list("status", flat=True)) == {"failed"}


def test_memory_goes_from_scan_to_scan(market: Market) -> None:
    first, second = scan_at(at(500)), scan_at(at(501))
    assert first.memory["last_s"] == at(500).timestamp()
    if (first.d > 0) == (second.d > 0):
        assert second.memory["since_s"] == first.memory["since_s"]
    third = scan_at(at(520))  # a silence of 19 minutes
    assert third.memory["since_s"] == at(520).timestamp()


def test_signal_record_and_event_stand_or_fall_together(market: Market, monkeypatch: Any) -> None:
    _, minute = first_signal()
    forget()

    def fails(**_: Any) -> None:
        raise RuntimeError("the Record is away")

    with monkeypatch.context() as patched:
        patched.setattr(emission.record, "append", fails)
        with pytest.raises(RuntimeError):
            scan_at(at(minute))
    assert not FnoSignal.objects.exists()
    assert not Event.objects.exists()
    assert not FnoScan.objects.filter(slot=slot_of(at(minute), 60)).exists()
    assert scan_at(at(minute)) is not None
    assert FnoSignal.objects.count() == RecordEntry.objects.count() == Event.objects.count() == 1


# What forbids a signal, at a minute at which one would fire


@pytest.fixture
def firing(market: Market) -> int:
    _, minute = first_signal()
    forget()
    return minute


def vetoes_at(moment: datetime, index: str = "NIFTY") -> set[str]:
    row = scan_at(moment, index)
    assert not FnoSignal.objects.exists() or not row.vetoes
    return set(row.vetoes)


def test_without_a_fault_it_fires(market: Market, firing: int) -> None:
    assert vetoes_at(at(firing)) == set()
    assert FnoSignal.objects.count() == 1


def test_a_stale_chain(market: Market, firing: int) -> None:
    market.change = lambda chain: replace(chain, as_of=chain.as_of - timedelta(seconds=91))
    assert "DATA_STALE" in vetoes_at(at(firing))
    assert not FnoSignal.objects.exists()


def test_missing_strikes(market: Market, firing: int) -> None:
    def without_the_money(chain: OptionChain) -> OptionChain:
        rows = tuple(row for row in chain.rows if abs(row.strike - chain.spot) > 60)
        return replace(chain, rows=rows)

    market.change = without_the_money
    assert "MISSING_STRIKES" in vetoes_at(at(firing))

    def without_a_quote(chain: OptionChain) -> OptionChain:
        rows = tuple(replace(row, ce=row.ce and replace(row.ce, bid=0.0, ask=0.0)) for row in chain.rows)
        return replace(chain, rows=rows)

    market.change = without_a_quote
    assert {"MISSING_STRIKES"} & vetoes_at(at(firing + 1))
    assert not FnoSignal.objects.exists()


@pytest.mark.parametrize(
    ("broken", "code"), [({"quotes"}, "PROVIDER_DOWN"), ({"candles"}, "NO_SPOT"), ({"option_chain"}, "NO_CHAIN")]
)
def test_a_provider_that_is_down(market: Market, firing: int, broken: set[str], code: str) -> None:
    from signals.services.fno import bars

    bars._kept.clear()
    market.broken = broken
    assert code in vetoes_at(at(firing))
    assert not FnoSignal.objects.exists()


def test_everything_down_is_an_answer_not_an_error(market: Market) -> None:
    market.broken = {"quotes", "candles", "option_chain"}
    row = scan_at(at(500))
    assert {"PROVIDER_DOWN", "NO_SPOT", "NO_CHAIN", "NO_DIRECTION"} <= set(row.vetoes)
    assert row.spot is None
    assert row.trade_direction == "NEUTRAL"


def test_an_announcement_of_an_administrator(market: Market, firing: int) -> None:
    FnoEvent.objects.create(
        day=at(firing).astimezone(clock.IST).date(),
        start=time(9, 15),
        end=time(15, 30),
        reason="a drill",
        source="test",
    )
    assert "EVENT_BLACKOUT" in vetoes_at(at(firing))


def test_how_far_announcements_are_known_is_told(market: Market, firing: int) -> None:
    """The shipped list has ended; what an administrator enters for a later day is known until then."""

    def announced() -> dict[str, Any]:
        with clock.frozen(at(firing)):
            found = gather("NIFTY", now=at(firing))
        body = payload(analyse(found.history, found.moment))
        return next(one for one in body["layers"]["filters"]["checks"] if one["code"] == "EVENT_BLACKOUT")

    assert announced()["passed"] is None
    assert announced()["words"] == "Announcements are known until 6 Feb 2026 only."
    today = at(firing).astimezone(clock.IST).date()
    hours = {"start": time(9, 45), "end": time(11, 0), "reason": "a drill", "source": "test"}
    FnoEvent.objects.create(day=today - timedelta(days=1), **hours)
    assert announced()["passed"] is None
    FnoEvent.objects.create(day=today + timedelta(days=1), **hours)
    assert announced()["passed"] is True


def test_after_two_stops_nothing_fires_on_any_index(market: Market, firing: int) -> None:
    signal, minute = first_signal(start=firing)
    values = values_of(signal)
    forget()
    for number in (1, 2):
        FnoSignal.objects.create(
            **values | {
                "trade_code": f"BANKNIFTY-2026-11-27-{number:03d}", "index": "BANKNIFTY", "number": number,
                "slot": number, "status": "CLOSED", "outcome": "SL", "r_multiple": -1.0, "closed_at": at(minute - 60),
            }
        )  # fmt: skip
    row = scan_at(at(minute))
    assert "DAILY_LOSS_STOP" in row.vetoes
    assert not FnoSignal.objects.filter(index="NIFTY").exists()


# Exchange hours: what the calendar says


def ist(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=clock.IST).astimezone(UTC)  # type: ignore[misc]


@pytest.fixture
def exchange_hours() -> Iterator[Market]:
    with override_settings(SIMULATED_MARKET_HOURS="exchange"), only(hours="exchange") as found:
        yield found


@pytest.mark.parametrize(
    ("moment", "index", "present", "absent"),
    [
        (ist(2026, 11, 19, 11, 0, 5), "NIFTY", set(), {"MARKET_CLOSED", "TOO_LATE", "TOO_EARLY", "DATA_STALE"}),
        (ist(2026, 11, 19, 9, 20, 5), "NIFTY", {"TOO_EARLY"}, {"MARKET_CLOSED"}),
        (ist(2026, 11, 19, 15, 1, 5), "NIFTY", {"TOO_LATE"}, {"MARKET_CLOSED"}),
        (ist(2026, 11, 19, 15, 41, 0), "NIFTY", {"MARKET_CLOSED", "DATA_STALE"}, set()),
        (ist(2026, 11, 22, 11, 0, 0), "NIFTY", {"MARKET_CLOSED"}, set()),  # a Sunday
        (ist(2026, 11, 24, 11, 0, 0), "NIFTY", {"MARKET_CLOSED"}, set()),  # a holiday, NIFTY's usual expiry weekday
        (ist(2026, 11, 23, 14, 29, 5), "NIFTY", set(), {"TOO_LATE"}),
        (ist(2026, 11, 23, 14, 30, 5), "NIFTY", {"TOO_LATE"}, set()),  # so the expiry is on the Monday
        (ist(2026, 11, 23, 14, 30, 5), "SENSEX", set(), {"TOO_LATE"}),  # no expiry of SENSEX
    ],
)
def test_hours_and_expiry_days(
    exchange_hours: Market, moment: datetime, index: str, present: set[str], absent: set[str]
) -> None:
    row = scan_at(moment, index)
    assert present <= set(row.vetoes)
    assert not absent & set(row.vetoes)
    assert not FnoSignal.objects.exists()


def test_a_holiday_moves_the_expiry_that_is_chosen(exchange_hours: Market) -> None:
    found = gather("NIFTY", now=ist(2026, 11, 20, 11, 0, 5))
    assert found.moment.chain is not None
    assert found.moment.chain.expiry.isoformat() == "2026-11-23"
    late = gather("NIFTY", now=ist(2026, 11, 23, 13, 31, 0))
    assert late.moment.chain is not None
    assert late.moment.chain.expiry.isoformat() == "2026-12-01"


def test_no_scans_while_the_market_is_closed(exchange_hours: Market) -> None:
    assert due_at(ist(2026, 11, 22, 11, 0, 0)) == 0
    assert not FnoScan.objects.exists()
    assert not JobSlot.objects.exists()
    assert due_at(ist(2026, 11, 19, 11, 0, 5)) == 4


def test_the_week_begins_on_monday(market: Market) -> None:
    day = at(500).astimezone(clock.IST).date()
    assert facts.record_of("NIFTY", day, "simulated").account_week == ()


def test_old_scans_go_signals_stay(market: Market) -> None:
    _, minute = first_signal()
    scans = FnoScan.objects.count()
    assert scanning.prune(before=at(minute)) == scans - 1
    assert FnoScan.objects.count() == FnoSignal.objects.count() == 1
