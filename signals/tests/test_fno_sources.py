"""One market in one analysis: what is of another market, too old or beyond the calendar counts as missing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from core import clock
from market.adapters.base import Bars, Quote, UnknownSymbol, UpstreamUnavailable
from market.adapters.registry import Registry
from market.adapters.simulated import SimulatedData
from market.services import providers
from signals.models import FnoDayOpen
from signals.services.fno import bars
from signals.services.fno import live as live_module
from signals.services.fno.gathering import Gathered, gather
from signals.services.fno.scanning import scan_due
from signals.tests.fno_market import at, first_signal, only, scan_at

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
#: A Friday with official hours, 11:00 in India.
SESSION = datetime(2026, 11, 20, 5, 30, 5, tzinfo=UTC)


class Named(SimulatedData):
    """The simulated exchange under the name of another source, of which calls can fail and quotes be old."""

    def __init__(self, name: str, *, broken: Sequence[str] = (), old: Sequence[str] = ()) -> None:
        super().__init__(seed=settings.SIMULATED_SEED, hours="exchange", fail=self._maybe)
        self.name, self.broken, self.old = name, broken, old

    def _maybe(self, call: str) -> None:
        if call in self.broken:
            raise UpstreamUnavailable(f"{call} do not work", provider=self.name)

    def quotes(self, symbols: Sequence[str], *, now: datetime) -> dict[str, Quote]:
        found = super().quotes(symbols, now=now)
        two_hours = timedelta(hours=2)
        return {
            key: replace(quote, as_of=quote.as_of - two_hours) if key in self.old else quote
            for key, quote in found.items()
        }


@contextmanager
def sources(*adapters: SimulatedData) -> Iterator[None]:
    live_module.forget()
    bars._kept.clear()
    with providers.use(Registry(list(adapters), monotonic=clock.monotonic, sleep=lambda seconds: None)):
        yield
    live_module.forget()


def gathered(moment: datetime, *adapters: SimulatedData, index: str = "NIFTY") -> Gathered:
    with sources(*adapters), clock.frozen(moment):
        return gather(index, now=moment)


def test_the_chain_is_read_ten_strikes_either_way() -> None:
    found = gathered(SESSION, Named("kite")).moment
    assert found.chain is not None
    assert len(found.chain.strikes) == 21
    assert abs(found.chain.strikes[10] - found.spot) == min(abs(found.chain.strikes - found.spot))


def test_sources_of_one_market_help_each_other() -> None:
    found = gathered(SESSION, Named("kite", broken=["option_chain"]), Named("icici"))
    assert found.moment.chain is not None
    assert (found.sources["spot"], found.sources["chain"], found.data_source) == ("kite", "icici", "kite")


@pytest.mark.parametrize("call", ["option_chain", "quotes", "candles"])
def test_the_simulated_market_lends_nothing_to_the_real_one(call: str) -> None:
    alone = gathered(SESSION, Named("kite", broken=[call]))
    beside = gathered(SESSION, Named("kite", broken=[call]), Named("simulated"))
    assert set(beside.sources.values()) == set(alone.sources.values()) <= {"kite"}
    assert beside.moment.faults == alone.moment.faults != ()
    assert beside.data_source == "kite"


def test_a_replay_is_a_market_of_its_own() -> None:
    found = gathered(SESSION, Named("replay", broken=["option_chain"]), Named("simulated"))
    assert found.moment.chain is None
    assert "NO_CHAIN" in found.moment.faults


def test_old_quotes_count_as_missing_while_the_market_is_open() -> None:
    future, day = "NFO:NIFTY26NOVFUT", SESSION.date()
    FnoDayOpen.objects.create(symbol=future, trade_date=day, oi=1_000_000, at=SESSION, source="kite")
    fresh = gathered(SESSION, Named("kite"))
    assert fresh.moment.future is not None
    assert fresh.moment.breadth is not None
    assert fresh.moment.day.vix is not None
    members = [f"NSE:{symbol}" for symbol in ("RELIANCE", "HDFCBANK", "ICICIBANK", "INFY", "TCS", "ITC", "LT", "SBIN")]
    everyone = Named("kite", old=[future, "NSE:INDIA VIX"])
    found = gathered(SESSION, everyone)
    assert (found.moment.future, found.moment.day.vix) == (None, None)
    assert found.moment.breadth == fresh.moment.breadth
    fewer = gathered(SESSION, Named("kite", old=members)).moment.breadth
    assert (
        fewer is None or fewer.advances + fewer.declines < fresh.moment.breadth.advances + fresh.moment.breadth.declines
    )
    closed = gathered(SESSION + timedelta(hours=6), everyone)
    assert closed.moment.day.vix is not None  # what was last known is shown after the close; nothing fires then


def test_old_minutes_of_the_future_do_not_vote() -> None:
    class Stopped(Named):
        def candles(self, symbol: str, interval: str, start: datetime, end: datetime, *, now: datetime) -> Bars:
            until = (
                min(end, SESSION - timedelta(hours=1)) if symbol.endswith("FUT") and start > SESSION - 3 * HOUR else end
            )
            return super().candles(symbol, interval, start, until, now=now)

    found = gathered(SESSION, Stopped("kite"))
    assert "future" not in found.sources
    assert found.sources["bars"] == "kite"
    assert "future" in gathered(SESSION, Named("kite")).sources


@pytest.mark.parametrize(
    ("moment", "index", "faults"),
    [
        (datetime(2026, 11, 27, 5, 30, 5, tzinfo=UTC), "NIFTY", set()),  # 70 days on lies a year without a list
        (datetime(2026, 12, 22, 5, 30, 5, tzinfo=UTC), "NIFTY", set()),
        (datetime(2026, 12, 22, 5, 30, 5, tzinfo=UTC), "BANKNIFTY", set()),
        (datetime(2026, 12, 30, 5, 30, 5, tzinfo=UTC), "NIFTY", {"CALENDAR_UNKNOWN"}),  # the next expiry is in 2027
        (datetime(2026, 12, 30, 5, 30, 5, tzinfo=UTC), "BANKNIFTY", {"CALENDAR_UNKNOWN"}),
    ],
)
def test_near_the_end_of_the_known_calendar(moment: datetime, index: str, faults: set[str]) -> None:
    found = gathered(moment, Named("kite"), index=index)
    assert set(found.moment.faults) == faults
    assert (found.moment.chain is None) == bool(faults)


@pytest.mark.parametrize(
    ("index", "at", "expiry"),
    [
        ("NIFTY", "2026-11-23T13:29", "2026-11-23"),
        ("NIFTY", "2026-11-23T16:00", "2026-12-01"),
        ("NIFTY", "2026-11-24T01:30", "2026-12-01"),
        ("NIFTY", "2026-11-24T10:30", "2026-12-01"),  # a holiday
        ("NIFTY", "2026-11-25T07:30", "2026-12-01"),
        ("NIFTY", "2026-11-25T09:10", "2026-12-01"),
        ("SENSEX", "2026-12-24T10:30", "2026-12-24"),
        ("SENSEX", "2026-12-25T10:30", "2026-12-31"),
        ("SENSEX", "2026-12-27T14:30", "2026-12-31"),
    ],
)
def test_a_contract_that_has_ended_is_not_chosen(index: str, at: str, expiry: str) -> None:
    moment = datetime.fromisoformat(f"{at}:05+05:30").astimezone(UTC)
    found = gathered(moment, Named("kite"), index=index).moment
    assert found.chain is not None
    assert found.chain.expiry.isoformat() == expiry
    assert found.chain.years > 0.0
    assert found.session.is_open is (at in ("2026-11-23T13:29", "2026-12-24T10:30"))


def test_the_last_days_of_the_known_calendar_are_scanned() -> None:
    moment = datetime(2026, 12, 30, 5, 30, 5, tzinfo=UTC)
    with sources(Named("kite")), clock.frozen(moment):
        assert scan_due(now=moment) == 4
        answer: dict[str, Any] = live_module.live("NIFTY", now=moment)
    assert "CALENDAR_UNKNOWN" in answer["analysis"]["vetoes"]


def test_a_symbol_nobody_lists_is_no_error() -> None:
    class Poor(Named):
        def candles(self, symbol: str, interval: str, start: datetime, end: datetime, *, now: datetime) -> Bars:
            if symbol.endswith("FUT"):
                raise UnknownSymbol(f"no {symbol}", provider=self.name)
            return super().candles(symbol, interval, start, end, now=now)

    found = gathered(SESSION, Poor("kite"))
    assert found.moment.faults == ()
    assert "future" not in found.sources


def test_the_simulated_market_is_as_before() -> None:
    with only():
        signal, minute = first_signal()
        assert signal.data_source == "simulated"
        assert scan_at(at(minute + 1)) is not None
