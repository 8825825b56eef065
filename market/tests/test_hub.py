"""The hub: latest values, conflation, deadlines, silence."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from market.stream.client import Client
from market.stream.codec import LTP, QUOTE
from market.stream.hub import TOO_SLOW, Hub, Limits, Status, TooManySockets
from market.tests.live import Time, quote


class Wire:
    """The other end of a client: what arrived, and a gate that can be shut."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, text: str) -> None:
        await self.gate.wait()
        self.messages.append(json.loads(text))

    def ticks(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == "ticks"]


@pytest.fixture
def time() -> Time:
    return Time()


def make_hub(time: Time, *, is_open: bool = True, **limits: Any) -> Hub:
    limits.setdefault("conflate_s", 0.01)
    return Hub(now=time.now, monotonic=time.monotonic, is_open=lambda symbol, now: is_open, limits=Limits(**limits))


@asynccontextmanager
async def connected(hub: Hub, user_id: int = 1) -> AsyncIterator[tuple[Client, Wire]]:
    client, wire = hub.join(user_id), Wire()
    task = asyncio.create_task(client.write(wire.send))
    try:
        yield client, wire
    finally:
        task.cancel()
        hub.leave(client)


async def settle(hub: Hub, time: Time) -> None:
    """Let a conflation window pass."""
    time.at_s += 1
    for _ in range(3):
        await asyncio.sleep(0.012)


async def test_ticks_reach_those_who_hold_the_symbol(time: Time) -> None:
    hub = make_hub(time)
    async with connected(hub) as (one, wire), connected(hub, 2) as (_, other):
        hub.subscribe(one, ["NSE:INFY"], LTP)
        hub.publish([quote("NSE:INFY", 101.5), quote("NSE:TCS", 7.0)], "simulated")
        await settle(hub, time)
        assert [tick["data"] for tick in wire.ticks()] == [{"NSE:INFY": {"ltp": 101.5, "at": "2026-11-20T05:00:00Z"}}]
        assert other.ticks() == []


async def test_values_within_a_window_travel_together_and_the_latest_wins(time: Time) -> None:
    hub = make_hub(time)
    async with connected(hub) as (client, wire):
        hub.subscribe(client, ["NSE:INFY", "NSE:TCS"], LTP)
        for price in range(100):
            hub.publish([quote("NSE:INFY", float(price)), quote("NSE:TCS", price + 0.5)], "simulated")
        await settle(hub, time)
        (message,) = wire.ticks()
        prices = {symbol: value["ltp"] for symbol, value in message["data"].items()}
        assert prices == {"NSE:INFY": 99.0, "NSE:TCS": 99.5}
        assert message["dropped"] == 0


async def test_a_slow_client_gets_the_latest_values_and_a_count(time: Time) -> None:
    hub = make_hub(time)
    async with connected(hub) as (client, wire):
        hub.subscribe(client, ["NSE:INFY"], LTP)
        await client.drained()
        wire.gate.clear()
        for price in range(50):
            hub.publish([quote("NSE:INFY", float(price))], "simulated")
            await settle(hub, time)
        assert len(client.pending) == 1  # never more than it holds
        wire.gate.set()
        await settle(hub, time)
        first, last = wire.ticks()
        assert (first["data"]["NSE:INFY"]["ltp"], first["dropped"]) == (0.0, 0)
        assert (last["data"]["NSE:INFY"]["ltp"], last["dropped"]) == (49.0, 48)


async def test_a_client_that_cannot_be_sent_to_is_closed_and_others_go_on(time: Time) -> None:
    hub = make_hub(time)
    async with connected(hub) as (slow, wire), connected(hub, 2) as (normal, other):
        for client in (slow, normal):
            hub.subscribe(client, ["NSE:INFY"], LTP)
        await slow.drained()
        wire.gate.clear()
        hub.publish([quote()], "simulated")
        await asyncio.sleep(0.02)
        time.at_s += 4.9
        hub.sweep()
        assert not slow.closing.done()
        time.at_s += 0.2
        hub.sweep()
        assert slow.closing.result()[0] == TOO_SLOW
        assert not normal.closing.done()
        assert len(other.ticks()) == 1


async def test_the_last_known_value_comes_with_the_subscription(time: Time) -> None:
    hub = make_hub(time)
    hub.publish([quote("NSE:INFY", 50.0)], "simulated")
    async with connected(hub) as (client, wire):
        hub.subscribe(client, ["NSE:INFY", "NSE:TCS"], QUOTE)
        client.want_snapshot()
        await client.drained()
        (message,) = wire.ticks()
        assert list(message["data"]) == ["NSE:INFY"]


async def test_asked_for_values_never_replace_newer_ticks(time: Time) -> None:
    hub = make_hub(time)
    hub.publish([quote("NSE:INFY", 50.0, time.now())], "simulated")
    time.at_s += 1
    async with connected(hub) as (client, wire):
        hub.seed({"NSE:INFY": quote("NSE:INFY", 49.0)}, {"NSE:INFY": "yahoo"})
        hub.subscribe(client, ["NSE:INFY"], LTP)
        client.want_snapshot()
        await client.drained()
        assert wire.ticks()[0]["data"]["NSE:INFY"]["ltp"] == 50.0


async def test_silence_is_marked_in_market_hours_and_ends_with_the_next_tick(time: Time) -> None:
    hub = make_hub(time)
    async with connected(hub) as (client, wire):
        hub.subscribe(client, ["NSE:INFY"], LTP)
        hub.publish([quote()], "simulated")
        await settle(hub, time)
        time.at_s += 8.5
        hub.sweep()
        await settle(hub, time)
        assert len(wire.ticks()) == 1
        hub.sweep()
        hub.sweep()
        await settle(hub, time)
        assert [tick["data"]["NSE:INFY"].get("stale") for tick in wire.ticks()] == [None, True]
        hub.publish([quote()], "simulated")
        await settle(hub, time)
        assert "stale" not in wire.ticks()[-1]["data"]["NSE:INFY"]


async def test_silence_is_no_fault_when_the_market_is_closed(time: Time) -> None:
    hub = make_hub(time, is_open=False)
    async with connected(hub) as (client, wire):
        hub.subscribe(client, ["NSE:INFY"], LTP)
        hub.publish([quote()], "simulated")
        time.at_s += 3600
        hub.sweep()
        await settle(hub, time)
        assert len(wire.ticks()) == 1


async def test_an_old_value_is_marked_when_somebody_comes_to_hold_it(time: Time) -> None:
    hub = make_hub(time)
    hub.publish([quote()], "simulated")
    time.at_s += 60
    assert hub.wanting(["NSE:INFY", "NSE:TCS"]) == ["NSE:INFY", "NSE:TCS"]
    async with connected(hub) as (client, wire):
        hub.subscribe(client, ["NSE:INFY"], LTP)
        client.want_snapshot()
        await client.drained()
        assert wire.ticks()[0]["data"]["NSE:INFY"]["stale"] is True


async def test_status_comes_at_connect_and_on_every_change_only(time: Time) -> None:
    hub = make_hub(time)
    async with connected(hub) as (client, wire):
        await client.drained()
        for status in (Status(True, "simulated"), Status(True, "simulated"), Status(False, "down", "gone")):
            hub.set_status(status)
            await client.drained()
        states = [(message["connected"], message["state"]) for message in wire.messages]
        assert states == [(False, "down"), (True, "simulated"), (False, "down")]
        assert wire.messages[-1]["detail"] == "gone"


async def test_status_does_not_pile_up_for_a_slow_client(time: Time) -> None:
    hub = make_hub(time)
    async with connected(hub) as (client, wire):
        await client.drained()
        wire.gate.clear()
        for turn in range(100):
            hub.set_status(Status(turn % 2 == 0, "simulated", str(turn)))
            await asyncio.sleep(0)
        wire.gate.set()
        await client.drained()
        assert len(wire.messages) <= 3
        assert wire.messages[-1]["detail"] == "99"


async def test_sockets_of_a_user_are_limited_and_leaving_makes_room(time: Time) -> None:
    hub = make_hub(time, sockets_a_user=2)
    clients = [hub.join(1), hub.join(1)]
    with pytest.raises(TooManySockets):
        hub.join(1)
    hub.join(2)
    hub.leave(clients[0])
    hub.leave(clients[0])
    hub.join(1)
    with pytest.raises(TooManySockets):
        hub.join(1)


async def test_room_counts_what_is_held(time: Time) -> None:
    hub = make_hub(time, symbols_a_connection=3)
    client = hub.join(1)
    hub.subscribe(client, ["A", "B"], LTP)
    assert hub.room(client, ["B", "C", "D", "E"]) == (["B", "C"], ["D", "E"])


async def test_interest_is_the_union_and_its_changes_are_told(time: Time) -> None:
    hub = make_hub(time)
    changes = []
    hub.on_interest = lambda: changes.append(sorted(hub.interest()))
    one, two = hub.join(1), hub.join(2)
    hub.subscribe(one, ["A", "B"], LTP)
    hub.subscribe(two, ["B"], LTP)
    hub.unsubscribe(one, ["A", "B"])
    hub.leave(two)
    assert changes == [["A", "B"], ["B"], []]


async def test_what_is_let_go_is_not_sent(time: Time) -> None:
    hub = make_hub(time)
    async with connected(hub) as (client, wire):
        await client.drained()
        hub.subscribe(client, ["NSE:INFY"], LTP)
        hub.publish([quote()], "simulated")
        hub.unsubscribe(client, ["NSE:INFY", "NSE:NEVER"])
        await settle(hub, time)
        assert wire.ticks() == []


async def test_a_price_that_is_no_number_is_left_out(time: Time) -> None:
    hub = make_hub(time)
    async with connected(hub) as (client, wire):
        hub.subscribe(client, ["NSE:INFY"], LTP)
        hub.publish([quote(price=float("nan"))], "simulated")
        await settle(hub, time)
        assert wire.ticks() == []
