"""Which source answers, and what the others' failures do about it."""

import asyncio
from datetime import UTC, datetime

import pytest
from django.test import override_settings

from core.errors import DataUnavailable, InvalidSymbol
from market.adapters.base import (
    Capabilities,
    MalformedReply,
    NotConnected,
    ProviderError,
    RateLimitedUpstream,
    UnknownSymbol,
    Unsupported,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from market.adapters.limits import BreakerPolicy, CircuitBreaker, TokenBucket
from market.adapters.registry import ProviderNotInstalled, build
from market.services import providers
from market.tests.fakes import ALL, FakeData, FakeTime, registry_of

NOW = datetime(2026, 10, 6, 5, 0, tzinfo=UTC)
DAY = datetime(2026, 10, 5, tzinfo=UTC)
A, B, C = "NSE:A", "NSE:B", "NSE:C"


def test_each_symbol_comes_from_the_first_source_that_has_it() -> None:
    first, second = FakeData("yahoo", {A: 1.0}), FakeData("simulated", {A: 9.0, B: 2.0})
    batch = registry_of(first, second).quotes([A, B, C, A], now=NOW)
    assert {key: quote.last_price for key, quote in batch.quotes.items()} == {A: 1.0, B: 2.0}
    assert batch.sources == {A: "yahoo", B: "simulated"}
    assert batch.missing == [C]
    assert second.asked == [(B, C)]


@pytest.mark.parametrize(
    "error",
    [
        UpstreamTimeout("late"),
        UpstreamUnavailable("down"),
        RateLimitedUpstream("slow", retry_after_s=5),
        MalformedReply("garbage"),
        NotConnected("no session"),
        UnknownSymbol("what"),
        KeyError("a bug in the adapter"),
    ],
)
def test_every_failure_leads_to_the_next_source(error: Exception) -> None:
    first, second = FakeData("yahoo", {A: 1.0}), FakeData("simulated", {A: 9.0})
    first.error = error
    batch = registry_of(first, second).quotes([A], now=NOW)
    assert batch.sources == {A: "simulated"}
    assert list(batch.failures) == ["yahoo"]


def test_when_nobody_answers_the_last_reason_is_raised() -> None:
    first, second = FakeData("yahoo", {A: 1.0}), FakeData("simulated", {A: 9.0})
    first.error, second.error = UpstreamTimeout("late"), UpstreamUnavailable("down")
    with pytest.raises(UpstreamUnavailable, match="down"):
        registry_of(first, second).quotes([A], now=NOW)


def test_requests_are_cut_to_what_a_source_takes() -> None:
    source = FakeData("yahoo", {A: 1.0, B: 2.0, C: 3.0}, capabilities=Capabilities(max_symbols_per_quote=2))
    registry_of(source).quotes([A, B, C], now=NOW)
    assert source.asked == [(A, B), (C,)]


def test_a_source_is_asked_no_more_often_than_it_allows() -> None:
    time = FakeTime()
    source = FakeData("yahoo", {A: 1.0}, capabilities=Capabilities(calls_per_second=4.0))
    registry = registry_of(source, time=time)
    for _ in range(9):
        registry.quotes([A], now=NOW)
    assert sum(time.slept) == pytest.approx(5 / 4)


def test_a_long_wait_is_left_to_the_next_source() -> None:
    slow = FakeData("yahoo", {A: 1.0}, capabilities=Capabilities(calls_per_second=0.5))
    registry = registry_of(slow, FakeData("simulated", {A: 9.0}))
    assert registry.quotes([A], now=NOW).sources[A] == "yahoo"
    assert registry.quotes([A], now=NOW).sources[A] == "simulated"
    assert registry.status()[0].state == "ok"  # our own limit is not the source's fault


def test_repeated_failures_rest_a_source_and_one_trial_brings_it_back() -> None:
    time = FakeTime()
    source = FakeData("yahoo", {A: 1.0})
    registry = registry_of(source, FakeData("simulated", {A: 9.0}), time=time)
    source.error = UpstreamTimeout("late")
    for _ in range(5):
        registry.quotes([A], now=NOW)
    assert len(source.asked) == 3
    assert registry.status()[0].state == "resting"
    time.at += 2.1
    registry.quotes([A], now=NOW)
    assert len(source.asked) == 4
    time.at += 2.1  # the failed trial doubled the pause
    registry.quotes([A], now=NOW)
    assert len(source.asked) == 4
    source.error = None
    time.at += 2.0
    assert registry.quotes([A], now=NOW).sources[A] == "yahoo"
    assert registry.status()[0].state == "ok"


def test_a_source_that_asks_for_a_pause_gets_it_at_once() -> None:
    time = FakeTime()
    source = FakeData("yahoo", {A: 1.0})
    registry = registry_of(source, FakeData("simulated", {A: 9.0}), time=time)
    source.error = RateLimitedUpstream("429", retry_after_s=30)
    registry.quotes([A], now=NOW)
    source.error = None
    time.at += 29
    assert registry.quotes([A], now=NOW).sources[A] == "simulated"
    time.at += 2
    assert registry.quotes([A], now=NOW).sources[A] == "yahoo"


def test_unknown_symbols_do_not_rest_a_source() -> None:
    source = FakeData("yahoo", {A: 1.0})
    registry = registry_of(source)
    for _ in range(5):
        with pytest.raises(UnknownSymbol):
            registry.candles(B, "day", DAY, NOW, now=NOW)
    assert registry.status()[0].state == "ok"


def test_candles_come_whole_from_one_source() -> None:
    first, second = FakeData("yahoo", {A: 1.0}), FakeData("simulated", {A: 9.0})
    first.day_starts, second.day_starts = [int(DAY.timestamp())], [int(DAY.timestamp()) - 86_400, int(DAY.timestamp())]
    bars, source = registry_of(first, second).candles(A, "day", datetime(2026, 10, 1, tzinfo=UTC), NOW, now=NOW)
    assert source == "yahoo"
    assert list(bars.close) == [1.0]


def test_an_empty_range_is_asked_of_the_next_and_else_stays_empty() -> None:
    first, second = FakeData("yahoo", {A: 1.0}), FakeData("simulated", {A: 9.0})
    registry = registry_of(first, second)
    assert registry.candles(A, "day", DAY, NOW, now=NOW)[1] == "yahoo"
    second.day_starts = [int(DAY.timestamp())]
    bars, source = registry.candles(A, "day", DAY, NOW, now=NOW)
    assert (len(bars), source) == (1, "simulated")


def test_a_caller_can_stay_with_its_source() -> None:
    first, second = FakeData("yahoo", {A: 1.0}), FakeData("simulated", {A: 9.0})
    first.day_starts = second.day_starts = [int(DAY.timestamp())]
    assert registry_of(first, second).candles(A, "day", DAY, NOW, now=NOW, source="simulated")[1] == "simulated"


def test_an_outage_is_not_reported_as_an_unknown_symbol() -> None:
    first, second = FakeData("yahoo", {A: 1.0}), FakeData("simulated", {B: 9.0})
    first.error = UpstreamTimeout("late")
    with pytest.raises(UpstreamTimeout):
        registry_of(first, second).candles(A, "day", DAY, NOW, now=NOW)


def test_an_interval_nobody_has_is_unsupported() -> None:
    source = FakeData("yahoo", {A: 1.0}, capabilities=Capabilities(candles=frozenset({"day"})))
    with pytest.raises(Unsupported):
        registry_of(source).candles(A, "minute", DAY, NOW, now=NOW)
    assert source.asked == []


def test_the_public_is_not_answered_from_a_broker() -> None:
    kite, yahoo = FakeData("kite", {A: 1.0, B: 1.0}), FakeData("yahoo", {A: 2.0})
    batch = registry_of(kite, yahoo).quotes([A, B], now=NOW, for_public=True)
    assert batch.sources == {A: "yahoo"}
    assert batch.missing == [B]
    assert kite.asked == []
    licensed = registry_of(kite, yahoo, licensed=True)
    assert licensed.quotes([A], now=NOW, for_public=True).sources == {A: "kite"}
    with pytest.raises(UpstreamUnavailable):
        registry_of(kite).quotes([A], now=NOW, for_public=True)


def test_known_reads_a_list_once_a_day() -> None:
    source = FakeData("simulated", {A: 1.0})
    registry = registry_of(source)
    assert registry.known([A, B], now=NOW) == {A}
    assert registry.known([A], now=NOW) == {A}
    assert source.asked == [("instruments",)]


def test_a_configured_source_without_adapter_is_refused_by_name() -> None:
    with pytest.raises(ProviderNotInstalled, match="kite"):
        build(("kite", "simulated"), {"simulated": FakeData})
    providers.reset()
    try:
        with override_settings(MARKET_PROVIDERS=("icici",)), pytest.raises(ProviderNotInstalled, match="icici"):
            providers.registry()
    finally:
        providers.reset()


@pytest.mark.parametrize(
    ("error", "expected"),
    [(UnknownSymbol("NSE:A is unknown"), InvalidSymbol), (UpstreamTimeout("late"), DataUnavailable)],
)
def test_services_raise_the_platforms_errors(error: ProviderError, expected: type[Exception]) -> None:
    source = FakeData("yahoo", {A: 1.0})
    source.error = error
    with providers.use(registry_of(source)) as it, pytest.raises(expected) as raised:
        it.candles(A, "day", DAY, NOW, now=NOW)
    assert error.detail in str(raised.value)


def test_a_bucket_never_lends() -> None:
    time = FakeTime()
    bucket = TokenBucket(2.0, monotonic=time.monotonic)
    assert [bucket.take() for _ in range(2)] == [0.0, 0.0]
    assert bucket.take() == pytest.approx(0.5)
    time.at += 100
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, pytest.approx(0.5)]


def test_the_breakers_pause_is_bounded() -> None:
    time = FakeTime()
    breaker = CircuitBreaker(BreakerPolicy(failures=1, first_s=1, longest_s=8), monotonic=time.monotonic)
    pauses = []
    for _ in range(6):
        breaker.failed("down")
        pauses.append(breaker.retry_in_s)
        time.at += breaker.retry_in_s
        assert breaker.allows()
        assert not breaker.allows()
    assert pauses == [1, 2, 4, 8, 8, 8]


def test_all_intervals_are_known_words() -> None:
    assert set(FakeData().capabilities.candles) == ALL


def test_a_source_without_ticks_is_asked_again_and_again() -> None:
    source = FakeData("yahoo", {A: 1.0, B: 2.0})
    ticks = registry_of(source, FakeData("simulated", {A: 9.0})).tick_source()
    ticks.subscribe([A, B, C])
    assert ticks.name == "yahoo"

    async def rounds() -> list[list[str]]:
        seen: list[list[str]] = []
        moments = iter([NOW, NOW])

        def clock() -> datetime:
            if len(seen) == 1:
                source.prices[A] = 1.5
            return next(moments)

        ticks._sleep = lambda seconds: asyncio.sleep(0)  # type: ignore[attr-defined]
        async for batch in ticks.run(clock=clock):
            seen.append([quote.symbol for quote in batch])
            if len(seen) == 2:
                break
        return seen

    assert asyncio.run(rounds()) == [[A, B], [A]]
