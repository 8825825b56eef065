"""One suite for every adapter: what each must answer, and how each must fail.

| fault          | simulated                | replay                     | yahoo                                      |
|----------------|--------------------------|----------------------------|--------------------------------------------|
| missing symbol | left out / UnknownSymbol | left out / UnknownSymbol   | left out / UnknownSymbol                   |
| empty range    | empty bars               | empty bars                 | empty bars                                 |
| time-out       | injected                 | n/a: asks nobody           | silent server; the deadline kills the call |
| 429            | injected                 | n/a: asks nobody           | server's 429                               |
| malformed      | injected                 | damaged file               | HTML instead of JSON                       |
| reconnect      | injected, then runs      | n/a: nothing to connect to | server error, then runs                    |
| stale feed     | injected                 | the recording is over      | n/a: polled, each quote has its own as_of  |
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from market.adapters.base import (
    Bars,
    MalformedReply,
    MarketData,
    ProviderError,
    Quote,
    RateLimitedUpstream,
    StaleFeed,
    TickSource,
    UnknownSymbol,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from market.adapters.registry import Registry
from market.adapters.replay import MemoryRecording, ReplayData
from market.adapters.replay.recording import FileRecording
from market.adapters.replay.tape import part
from market.adapters.simulated import SimulatedData
from market.adapters.yahoo import YahooData
from market.adapters.yahoo.process import Child
from market.tests.fakes import FakeData, FakeTime, registry_of
from market.tests.standins import yahoo as yahoo_standin
from market.tests.test_replay import OPEN, two_days

TUESDAY = datetime(2026, 10, 6, 7, 0, 20, tzinfo=UTC)
ERRORS = {
    "timeout": UpstreamTimeout,
    "rate_limited": RateLimitedUpstream,
    "malformed": MalformedReply,
    "reconnect": UpstreamUnavailable,
    "stale": StaleFeed,
}
INTERVALS = ("minute", "5minute", "15minute", "60minute", "day")


@dataclass
class Case:
    """An adapter under test. ``fault`` makes it fail in the named way while the context lasts."""

    adapter: MarketData
    known: str
    missing: str
    now: datetime
    fault: Callable[[str], AbstractContextManager[MarketData]]
    not_applicable: dict[str, str] = field(default_factory=dict)


async def at_once(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture(scope="module")
def simulated_case() -> Case:
    failing: list[ProviderError] = []

    def fail(call: str) -> None:
        if failing:
            raise failing[0]

    adapter = SimulatedData(seed=195, hours="always", fail=fail, sleep=at_once)

    @contextmanager
    def fault(kind: str) -> Iterator[MarketData]:
        failing.append(ERRORS[kind]("injected", provider="simulated"))
        yield adapter
        failing.clear()

    return Case(adapter, "NSE:RELIANCE", "NSE:NOSUCH", TUESDAY, fault)


@pytest.fixture(scope="module")
def replay_case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder: Path = tmp_path_factory.mktemp("recording")
    (folder / "NSE_RELIANCE.minute.csv").write_text("ts,open\n1,2\n")

    @contextmanager
    def fault(kind: str) -> Iterator[MarketData]:
        yield ReplayData(FileRecording(folder), sleep=at_once) if kind == "malformed" else adapter

    adapter = ReplayData(MemoryRecording({("NSE:RELIANCE", "minute"): two_days()}), sleep=at_once)
    nobody = "it asks nobody"
    return Case(
        adapter,
        "NSE:RELIANCE",
        "NSE:NOSUCH",
        OPEN + timedelta(days=1, hours=3, seconds=20),
        fault,
        {"timeout": nobody, "rate_limited": nobody, "reconnect": "there is nothing to connect to"},
    )


@pytest.fixture(scope="module")
def yahoo_case() -> Iterator[Case]:
    faults = {"timeout": "timeout", "rate_limited": "rate_limited", "malformed": "html", "reconnect": "server_error"}
    with yahoo_standin.running() as server:
        server.now_s = int(TUESDAY.timestamp())
        child = Child(api_root=server.root, call_s=2.5, monotonic=time.monotonic)

        @contextmanager
        def fault(kind: str) -> Iterator[MarketData]:
            server.fault = faults[kind]
            yield adapter
            server.fault = ""

        adapter = YahooData(child=child)
        never = {"stale": "it is polled; each quote carries its own as_of"}
        yield Case(adapter, "NSE:RELIANCE", "NSE:NOSUCH", TUESDAY, fault, never)
        child.stop()


@pytest.fixture(params=["simulated", "replay", "yahoo"])
def case(request: pytest.FixtureRequest) -> Case:
    return request.getfixturevalue(f"{request.param}_case")


def skip_unless_applicable(case: Case, kind: str) -> None:
    if kind in case.not_applicable:
        pytest.skip(f"{case.adapter.name}: {case.not_applicable[kind]}")


def days_back(case: Case, days: int) -> datetime:
    return case.now - timedelta(days=days)


def test_it_has_a_name_and_says_what_it_can(case: Case) -> None:
    able = case.adapter.capabilities
    assert case.adapter.name
    assert able.max_symbols_per_quote > 0
    assert able.calls_per_second > 0
    assert able.candles <= set(INTERVALS)


def test_quotes_make_sense(case: Case) -> None:
    quotes = case.adapter.quotes([case.known, case.missing], now=case.now)
    assert set(quotes) == {case.known}
    quote = quotes[case.known]
    assert quote.symbol == case.known
    assert quote.low is not None
    assert quote.high is not None
    assert 0 < quote.low <= quote.last_price <= quote.high
    assert quote.as_of <= case.now
    assert quote.as_of.tzinfo is not None
    assert quote.prev_close is None or quote.prev_close > 0
    assert quote.volume is None or quote.volume >= 0
    assert case.adapter.quotes([], now=case.now) == {}


@pytest.mark.parametrize("interval", INTERVALS)
def test_candles_make_sense(case: Case, interval: str) -> None:
    start, end = days_back(case, 4), case.now + timedelta(days=3)
    bars = case.adapter.candles(case.known, interval, start, end, now=case.now)
    assert len(bars) > 0
    assert (np.diff(bars.ts) > 0).all()
    assert bars.ts[0] >= start.timestamp()
    assert bars.ts[-1] <= case.now.timestamp()
    assert (bars.low > 0).all()
    for price in (bars.open, bars.close):
        assert (bars.low <= price).all()
        assert (price <= bars.high).all()
    assert all(len(column) == len(bars) for column in (bars.open, bars.high, bars.low, bars.close, bars.volume))
    assert bars.ts.dtype == np.int64
    assert bars.volume.dtype == np.int64
    if interval == "day":
        assert (bars.ts % 86_400 == 0).all()


def test_candles_keep_to_the_range(case: Case) -> None:
    whole = case.adapter.candles(case.known, "15minute", days_back(case, 1), case.now, now=case.now)
    first, last = int(whole.ts[2]), int(whole.ts[-2])
    inner = case.adapter.candles(
        case.known, "15minute", datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC), now=case.now
    )
    assert (inner.ts[0], inner.ts[-1]) == (first, last)
    np.testing.assert_array_equal(inner.close, whole.close[2:-1])


def test_the_past_does_not_depend_on_now(case: Case) -> None:
    earlier = case.now - timedelta(hours=1)
    seen = case.adapter.candles(case.known, "minute", days_back(case, 1), case.now, now=earlier)
    later = case.adapter.candles(case.known, "minute", days_back(case, 1), case.now, now=case.now)
    assert seen.ts[-1] <= earlier.timestamp()
    np.testing.assert_array_equal(seen.close[:-1], later.close[: len(seen) - 1])


def test_missing_symbol(case: Case) -> None:
    assert case.adapter.quotes([case.missing], now=case.now) == {}
    with pytest.raises(UnknownSymbol) as raised:
        case.adapter.candles(case.missing, "day", days_back(case, 5), case.now, now=case.now)
    assert case.missing in raised.value.detail


def test_empty_range(case: Case) -> None:
    for interval in ("minute", "day"):
        start = case.now + timedelta(days=2)
        assert len(case.adapter.candles(case.known, interval, start, start + timedelta(days=1), now=case.now)) == 0
        assert len(case.adapter.candles(case.known, interval, case.now, days_back(case, 1), now=case.now)) == 0


@pytest.mark.parametrize("kind", ["timeout", "rate_limited", "malformed"])
def test_faults_have_their_type(case: Case, kind: str) -> None:
    skip_unless_applicable(case, kind)
    with case.fault(kind) as adapter:
        with pytest.raises(ERRORS[kind]):
            adapter.quotes([case.known], now=case.now)
        with pytest.raises(ERRORS[kind]):
            adapter.candles(case.known, "day", days_back(case, 5), case.now, now=case.now)
        backup = FakeData("backup", {case.known: 5.0})
        clock = FakeTime()
        registry = Registry([adapter, backup], monotonic=clock.monotonic, sleep=clock.sleep)
        assert registry.quotes([case.known], now=case.now).sources == {case.known: "backup"}
    assert case.known in case.adapter.quotes([case.known], now=case.now)


async def first_batch(source: TickSource, symbols: Sequence[str], now: datetime) -> Sequence[Quote]:
    source.subscribe(symbols)
    moments = (now + timedelta(seconds=n) for n in range(10_000))
    async for batch in source.run(clock=lambda: next(moments)):
        return batch
    return []


def test_a_stream_comes_back_after_a_failure(case: Case) -> None:
    skip_unless_applicable(case, "reconnect")
    streaming = Registry([case.adapter], monotonic=FakeTime().monotonic, sleep=lambda seconds: None)
    with case.fault("reconnect"), pytest.raises(UpstreamUnavailable):
        asyncio.run(first_batch(streaming.tick_source(), [case.known], case.now))
    batch = asyncio.run(first_batch(streaming.tick_source(), [case.known, case.missing], case.now))
    assert [quote.symbol for quote in batch] == [case.known]


def test_a_silent_stream_says_so(case: Case) -> None:
    skip_unless_applicable(case, "stale")
    source = registry_of(case.adapter).tick_source()  # type: ignore[arg-type]
    with case.fault("stale"), pytest.raises(StaleFeed):
        asyncio.run(all_ticks(source, case.known, [case.now, case.now + timedelta(days=30)]))


async def all_ticks(source: TickSource, symbol: str, moments: Sequence[datetime]) -> list[Quote]:
    source.subscribe([symbol])
    clock, seen = iter(moments), []
    try:
        async for batch in source.run(clock=lambda: next(clock)):
            seen += batch
    except RuntimeError as error:  # the clock ran out inside the generator
        if not isinstance(error.__cause__, StopIteration):
            raise
    return seen


@pytest.mark.parametrize("name", ["simulated", "replay"])
def test_streamed_quotes_agree_with_the_bars(name: str, request: pytest.FixtureRequest) -> None:
    """What the quotes of a minute showed lies in that minute's bar, and the last one is its close."""
    case: Case = request.getfixturevalue(f"{name}_case")
    minute = case.now.replace(second=0)
    moments = [minute + timedelta(milliseconds=250 * n) for n in range(-4, 240)]
    moments.append(minute + timedelta(milliseconds=59_999))
    seen = asyncio.run(all_ticks(registry_of(case.adapter).tick_source(), case.known, moments))  # type: ignore[arg-type]
    during = [quote for quote in seen if minute <= quote.as_of < minute + timedelta(minutes=1)]
    bar = bar_of(case, minute)
    prices = [quote.last_price for quote in during]
    assert len(during) >= 4
    assert bar.low[0] <= min(prices)
    assert max(prices) <= bar.high[0]
    assert prices[-1] == bar.close[0]
    assert [quote.as_of for quote in during] == sorted(quote.as_of for quote in during)


def bar_of(case: Case, minute: datetime) -> Bars:
    after = minute + timedelta(minutes=1)
    bars = case.adapter.candles(case.known, "minute", minute, after, now=after)
    return part(bars, minute.timestamp(), minute.timestamp())
