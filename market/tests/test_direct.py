"""Frames written past the server's own writer: the same bytes, the same limits, and never where they do not belong."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from market.stream.client import DIRECT
from market.stream.codec import LTP, QUOTE, text_frame
from market.stream.hub import Hub
from market.tests.live import PLAIN_PROTOCOL, Stage, get, quote, say, serving, socket_to

pytestmark = pytest.mark.anydb


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_is_what_a_parser_of_frames_reads(size: int) -> None:
    reader = StreamReader()
    reader.feed_data(text_frame("x" * size))
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as end:
        next(parsing)
    frame = end.value.value
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, b"x" * size)


class Counting:
    """Stands before a `Direct` and keeps what was sent by it."""

    def __init__(self, direct: Any) -> None:
        self._direct, self.sent, self.refused = direct, 0, 0

    def write(self, frame: bytes) -> bool:
        went = self._direct.write(frame)
        self.sent += went
        self.refused += not went
        return went


def watched(stage: Stage, seen: list[Counting]) -> Callable[..., Any]:
    """Return the stage's application with every connection's direct way counted in ``seen``."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if (direct := scope["extensions"].get(DIRECT)) is not None:
            seen.append(Counting(direct))
            scope["extensions"][DIRECT] = seen[-1]
        await stage.app(scope, receive, send)

    return app


async def ticking(hub: Hub, connection: Any, prices: int) -> list[float]:
    """Publish ``prices`` values one after the other, each when the former has arrived; return what arrived."""
    arrived = []
    for price in range(prices):
        hub.publish([quote(price=float(price))], "simulated")
        arrived.append((await get(connection, "ticks"))["data"]["NSE:INFY"]["ltp"])
    return arrived


async def test_ticks_go_the_direct_way_and_the_rest_in_order_beside_them() -> None:
    stage, seen = Stage(), []
    async with serving(watched(stage, seen)) as port, socket_to(port) as connection:
        await say(connection, action="subscribe", symbols=["NSE:INFY"], mode="ltp")
        await get(connection, "ticks")
        assert await ticking(stage.hub, connection, 20) == [float(price) for price in range(20)]
        assert (seen[0].sent, seen[0].refused) == (20, 0)
        await say(connection, action="subscribe", symbols=["NSE:TCS"], mode="full")
        assert (await get(connection))["type"] == "subscribed"
        assert (await get(connection, "ticks"))["data"] == {}


@pytest.mark.parametrize("deflate", [True, False])
async def test_a_browser_that_asks_for_compression_is_served_either_way(deflate: bool) -> None:
    stage, seen = Stage(), []
    async with serving(watched(stage, seen), ws_per_message_deflate=deflate) as port:
        async with connect(f"ws://127.0.0.1:{port}/api/ws/ticks", compression="deflate") as connection:
            assert bool(connection.protocol.extensions) is deflate
            await say(connection, action="subscribe", symbols=["NSE:INFY"])
            await get(connection, "ticks")
            assert await ticking(stage.hub, connection, 5) == [0.0, 1.0, 2.0, 3.0, 4.0]
        assert len(seen) == (0 if deflate else 1)  # compressed frames are the server's business


async def test_another_server_without_the_extension_says_the_same() -> None:
    texts = []
    for options in ({}, {"ws": PLAIN_PROTOCOL}):
        stage = Stage()
        async with serving(stage.app, **options) as port, socket_to(port) as connection:
            await say(connection, action="subscribe", symbols=["NSE:INFY", "NSE:TCS"], mode="full")
            await get(connection, "ticks")
            stage.hub.publish([quote("NSE:INFY", 12.5), quote("NSE:TCS", 7.25, volume=3)], "simulated")
            texts.append(await asyncio.wait_for(connection.recv(), 3))
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["data"]["NSE:TCS"]["volume"] == 3


async def test_clients_who_hold_the_same_get_the_same_and_others_their_own_mode() -> None:
    stage = Stage()
    async with (
        serving(stage.app) as port,
        socket_to(port) as one,
        socket_to(port) as two,
        socket_to(port) as brief,
        socket_to(port) as mixed,
    ):
        for connection, mode in ((one, "quote"), (two, "quote"), (brief, "ltp"), (mixed, "quote")):
            await say(connection, action="subscribe", symbols=["NSE:INFY", "NSE:TCS"], mode=mode)
            await get(connection, "ticks")
        await say(mixed, action="subscribe", symbols=["NSE:TCS"], mode="ltp")
        await get(mixed, "ticks")
        stage.hub.publish([quote("NSE:INFY", 2.0), quote("NSE:TCS", 3.0)], "simulated")
        first, second, third, fourth = [await get(each, "ticks") for each in (one, two, brief, mixed)]
        assert first == second
        assert set(third["data"]["NSE:INFY"]) == {"ltp", "at"}
        assert fourth["data"]["NSE:INFY"] == first["data"]["NSE:INFY"]
        assert fourth["data"]["NSE:TCS"] == third["data"]["NSE:TCS"]
        modes = [client.only_mode for client in stage.hub.clients]
        assert sorted(modes, key=str) == [LTP, QUOTE, QUOTE, None]


async def test_keepalive_goes_on_between_direct_frames() -> None:
    stage, seen = Stage(), []
    async with serving(watched(stage, seen), ws_ping_interval=0.05, ws_ping_timeout=1.0) as port:
        async with socket_to(port, ping_interval=None) as connection:
            await say(connection, action="subscribe", symbols=["NSE:INFY"])
            await get(connection, "ticks")
            assert len(await ticking(stage.hub, connection, 10)) == 10
            pong = await connection.ping()
            assert await asyncio.wait_for(pong, 1) >= 0
        assert seen[0].sent == 10


async def test_nothing_is_written_once_either_side_has_begun_to_close() -> None:
    stage, seen = Stage(), []
    async with serving(watched(stage, seen)) as port, socket_to(port) as connection:
        await say(connection, action="subscribe", symbols=["NSE:INFY"])
        await get(connection, "ticks")
        (client,) = stage.hub.clients
        client.close(4401, "signed out")
        with pytest.raises(ConnectionClosed) as info:
            await get(connection, "nothing")
        assert info.value.rcvd is not None
        assert info.value.rcvd.code == 4401
        assert seen[0].write(text_frame("late")) is False
