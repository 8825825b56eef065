"""Prices in memory: freshness, one question for many, what the public may see."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import DataUnavailable, InvalidRequest
from market.adapters.base import Quote
from market.adapters.registry import QuoteBatch
from market.services.directory import Directory
from market.services.live_prices import LivePrices, parse_symbols, symbols_of_query
from market.services.market_hours import MarketHours
from market.services.quote_wire import decode_batch, decode_quote, encode_batch, encode_quote
from market.services.quotes import QuoteStore
from market.tests.live import NOW, Time, quote


class Source:
    """Answers with ``prices``; counts what it was asked."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.prices: dict[str, float] = {}
        self.name = "simulated"
        self.failing = False
        self.asked: list[tuple[str, ...]] = []
        self.before: Callable[[], None] = lambda: None

    def __call__(self, symbols: Sequence[str], *, now: datetime, for_public: bool) -> QuoteBatch:
        self.asked.append(tuple(symbols))
        self.before()
        if self.failing or (for_public and self.name == "kite"):
            raise DataUnavailable("No source can give quotes now.")
        found = {s: quote(s, self.prices[s], self.time.now()) for s in symbols if s in self.prices}
        return QuoteBatch(found, dict.fromkeys(found, self.name), [s for s in symbols if s not in found])


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def source(time: Time) -> Source:
    return Source(time)


def make_store(source: Source, **options: Any) -> QuoteStore:
    options = {"private": ("kite", "icici"), "is_open": lambda symbol, now: True} | options
    return QuoteStore(source, monotonic=source.time.monotonic, **options)


def test_what_is_fresh_is_not_asked_for_again(time: Time, source: Source) -> None:
    store, source.prices = make_store(source), {"NSE:A": 10.0}
    for _ in range(3):
        assert store.read(["NSE:A"], now=time.now())["NSE:A"].quote.last_price == 10.0
    time.at_s += 5.5
    store.read(["NSE:A"], now=time.now())
    assert source.asked == [("NSE:A",), ("NSE:A",)]


@pytest.mark.parametrize(
    ("name", "is_open", "fresh_s"), [("simulated", True, 5), ("yahoo", True, 30), ("simulated", False, 60)]
)
def test_how_long_a_value_is_fresh(time: Time, source: Source, name: str, is_open: bool, fresh_s: float) -> None:
    store = make_store(source, is_open=lambda symbol, now: is_open)
    store.put([quote("NSE:A")], name)
    time.at_s += fresh_s - 0.1
    assert store.fresh(["NSE:A"], now=time.now()) is not None
    time.at_s += 0.2
    assert store.fresh(["NSE:A"], now=time.now()) is None


def test_many_readers_ask_once(time: Time, source: Source) -> None:
    store, source.prices = make_store(source), {"NSE:A": 10.0}
    inside, go = threading.Event(), threading.Event()

    def slow() -> None:
        inside.set()
        assert go.wait(5)

    source.before = slow
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(store.read, ["NSE:A"], now=time.now())
        assert inside.wait(5)
        rest = [pool.submit(store.read, ["NSE:A"], now=time.now()) for _ in range(7)]
        go.set()
        assert all(reader.result(5)["NSE:A"].quote.last_price == 10.0 for reader in [first, *rest])
    assert source.asked == [("NSE:A",)]


def test_a_failing_source_leaves_the_last_value_with_its_age(time: Time, source: Source) -> None:
    store, source.prices = make_store(source), {"NSE:A": 10.0}
    store.read(["NSE:A"], now=time.now())
    time.at_s += 60
    source.failing = True
    entry = store.read(["NSE:A", "NSE:B"], now=time.now())["NSE:A"]
    assert store.is_stale(entry, time.now())
    with pytest.raises(DataUnavailable):
        store.read(["NSE:B"], now=time.now())


def test_the_public_never_sees_what_a_broker_token_brought(time: Time, source: Source) -> None:
    store = make_store(source)
    source.name, source.prices = "kite", {"NSE:A": 10.0}
    store.put([quote("NSE:A")], "kite")
    assert store.fresh(["NSE:A"], now=time.now(), for_public=False) is not None
    assert store.fresh(["NSE:A"], now=time.now()) is None
    with pytest.raises(DataUnavailable):
        store.read(["NSE:A"], now=time.now())
    licensed = make_store(source, private=())
    licensed.put([quote("NSE:A")], "kite")
    assert licensed.fresh(["NSE:A"], now=time.now()) is not None


def test_an_older_value_does_not_replace_a_newer_one(time: Time, source: Source) -> None:
    store = make_store(source)
    store.put([quote("NSE:A", 2.0)], "simulated")
    store.put([quote("NSE:A", 1.0)], "simulated", age_s=3)
    assert store.read(["NSE:A"], now=time.now())["NSE:A"].quote.last_price == 2.0


def test_a_price_that_is_no_number_is_not_kept(time: Time, source: Source) -> None:
    store = make_store(source)
    store.put([quote("NSE:A", float("inf"))], "simulated")
    assert store.statistics()["size"] == 0


class Shared:
    def __init__(self) -> None:
        self.rows: dict[str, tuple[Quote, str, float]] = {}

    def get(self, symbols: Sequence[str]) -> dict[str, tuple[Quote, str, float]]:
        return {symbol: self.rows[symbol] for symbol in symbols if symbol in self.rows}

    def put(self, quotes: Any, sources: Any) -> None:
        self.rows |= {symbol: (value, sources[symbol], 0.0) for symbol, value in quotes.items()}

    def statistics(self) -> dict[str, Any]:
        return {"state": "connected"}


def test_what_another_process_has_is_not_asked_for(time: Time, source: Source) -> None:
    shared = Shared()
    one, two = make_store(source, shared=shared), make_store(source, shared=shared)
    source.prices = {"NSE:A": 10.0}
    one.read(["NSE:A"], now=time.now())
    assert two.read(["NSE:A"], now=time.now())["NSE:A"].quote.last_price == 10.0
    assert len(source.asked) == 1
    shared.rows = {symbol: (value, name, 9.0) for symbol, (value, name, _) in shared.rows.items()}
    time.at_s += 9
    two.read(["NSE:A"], now=time.now())
    assert len(source.asked) == 2


def test_quotes_survive_the_wire() -> None:
    from market.adapters.base import Depth, DepthLevel

    whole = quote("NSE:A", 1.5, volume=3, depth=Depth((DepthLevel(1.45, 10, 2),), ()))
    assert decode_quote(encode_quote(whole, source="kite", seen_at_s=7.5)) == (whole, "kite", 7.5)
    assert decode_batch(json.loads(encode_batch([whole, quote()], source="kite"))) == ([whole, quote()], "kite")


class Clock:
    def __init__(self) -> None:
        self.asked = 0

    def is_open(self, now: datetime) -> bool:
        self.asked += 1
        return now.hour < 10

    def next_change(self, now: datetime) -> tuple[str, datetime]:
        return "x", now.replace(hour=10, minute=0, second=0)


def test_hours_are_looked_up_once_until_they_change() -> None:
    exchange = Clock()
    hours = MarketHours(lambda symbol: exchange)
    at = datetime(2026, 11, 20, 9, 58, tzinfo=UTC)
    assert not hours.is_open("NSE:A", at)  # not known yet, and never waited for
    hours.refresh(at)
    hours.load(["NSE:A"], at)
    assert hours.is_open("NSE:A", at)
    assert exchange.asked == 1
    assert not hours.knows("NSE:A", at + timedelta(minutes=3))
    hours.load(["NSE:A"], at + timedelta(minutes=3))
    assert not hours.is_open("NSE:A", at + timedelta(minutes=3))


def test_a_clock_without_a_calendar_is_closed_and_asked_again() -> None:
    def broken(symbol: str) -> Any:
        raise LookupError("no list for this year")

    hours = MarketHours(broken)
    hours.load(["NSE:A"], NOW)
    assert not hours.is_open("NSE:A", NOW)
    assert not hours.knows("NSE:A", NOW + timedelta(seconds=11))


async def test_the_directory_remembers_and_forgets_the_unknown_soon(time: Time) -> None:
    there, asked = {"NSE:A"}, []

    def lookup(symbols: Sequence[str]) -> set[str]:
        asked.append(tuple(symbols))
        return there & set(symbols)

    directory = Directory(lookup, monotonic=time.monotonic)
    for _ in range(2):
        assert directory.known_now(["NSE:A", "NSE:B"]) == {"NSE:A"}
        assert await directory.known(["NSE:A", "NSE:B"]) == {"NSE:A"}
    there.add("NSE:B")
    time.at_s += 2.1
    assert directory.known_now(["NSE:A", "NSE:B"]) == {"NSE:A", "NSE:B"}
    assert asked == [("NSE:A", "NSE:B"), ("NSE:B",)]


def test_live_prices_say_what_is_missing(time: Time, source: Source) -> None:
    source.prices = {"NSE:A": 10.0, "BSE:B": 20.0}
    hours = MarketHours(lambda symbol: Clock())
    store = make_store(source, is_open=hours.is_open)
    prices = LivePrices(store, hours, lambda symbols: set(symbols) & {"NSE:A", "BSE:B", "NSE:QUIET"})
    assert prices.at_once(b"symbols=a", now=time.now()) is None
    answer = json.loads(prices.read("bse:b, a,a,NSE:NOSUCH,NSE:QUIET,!!", now=time.now()))
    assert [row["symbol"] for row in answer["quotes"]] == ["BSE:B", "NSE:A"]
    assert answer["missing"] == ["NSE:NOSUCH", "NSE:QUIET", "NSE:!!"]
    assert answer["quotes"][1] == {
        "symbol": "NSE:A", "last_price": 10.0, "change": -70.0, "change_pct": -87.5, "open": None, "high": None,
        "low": None, "prev_close": 80.0, "volume": None, "data_source": "simulated",
        "as_of": "2026-11-20T05:00:00Z", "stale": False,
    }  # fmt: skip
    assert (answer["data_source"], answer["as_of"]) == ("simulated", "2026-11-20T05:00:00Z")
    assert source.asked == [("BSE:B", "NSE:A", "NSE:QUIET")]
    again = prices.at_once(b"symbols=bse%3Ab,a", now=time.now())
    assert again is not None
    assert json.loads(again)["quotes"] == answer["quotes"]


def test_nothing_known_is_an_empty_answer(time: Time, source: Source) -> None:
    hours = MarketHours(lambda symbol: Clock())
    prices = LivePrices(make_store(source), hours, lambda symbols: set())
    answer = json.loads(prices.read("NSE:NOSUCH", now=time.now()))
    assert answer == {"quotes": [], "missing": ["NSE:NOSUCH"], "data_source": None, "as_of": None}
    assert source.asked == []


@pytest.mark.parametrize("text", [None, "", " , ,", ",".join(["A"] * 51)])
def test_none_or_too_many_symbols_are_refused(text: str | None) -> None:
    with pytest.raises(InvalidRequest, match="symbols"):
        parse_symbols(text)


def test_fifty_symbols_are_not_too_many() -> None:
    assert len(parse_symbols(",".join(f"S{n}" for n in range(50)))) == 50
    assert symbols_of_query(b"symbols=a&x=1") == ("NSE:A",)
    assert symbols_of_query(b"x=1") is None
