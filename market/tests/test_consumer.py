"""The tick stream over real WebSockets: what the contract says, one test a clause."""

import asyncio
import contextlib
import json
import socket
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from accounts.services.socket_auth import SocketUser
from market.consumers import Pace, origin_allowed
from market.stream.hub import Limits, Status
from market.tests import live
from market.tests.live import DIRECT_PROTOCOL, PLAIN_PROTOCOL, Stage, get, quote, say, serving, socket_to

pytestmark = pytest.mark.anydb


@pytest.fixture(autouse=True, params=[DIRECT_PROTOCOL, PLAIN_PROTOCOL], ids=["direct", "plain"])
def _protocol(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every clause holds with the product's protocol and with uvicorn's own."""
    monkeypatch.setattr(live, "PROTOCOL", request.param)


async def closing_of(port: int, **options: Any) -> tuple[int, str]:
    """Connect, and return with which code and reason the server ends it."""
    async with socket_to(port, **options) as connection:
        with pytest.raises(ConnectionClosed) as info:
            await asyncio.wait_for(connection.recv(), 3)
    assert info.value.rcvd is not None
    return info.value.rcvd.code, info.value.rcvd.reason


async def test_subscribe_answers_with_everything_in_order() -> None:
    stage = Stage()
    stage.values = {"NSE:INFY": quote("NSE:INFY", 1500.0)}
    async with serving(stage.app) as port, socket_to(port) as connection:
        assert (await get(connection))["type"] == "status"
        await say(connection, action="subscribe", symbols=["NSE:INFY", "tcs", "NSE:NOSUCH1"])
        first, second, third = [await get(connection) for _ in range(3)]
        assert (first["type"], first["symbols"]) == ("subscribed", ["NSE:INFY", "NSE:TCS"])
        assert (second["type"], second["code"], second["symbols"]) == ("error", "INVALID_SYMBOL", ["NSE:NOSUCH1"])
        assert (third["type"], list(third["data"])) == ("ticks", ["NSE:INFY"])
        assert third["data"]["NSE:INFY"]["change_pct"] == 1775.0
        stage.hub.publish([quote("NSE:TCS", 3000.0)], "simulated")
        assert (await get(connection))["data"]["NSE:TCS"]["ltp"] == 3000.0
        await say(connection, action="unsubscribe", symbols=["NSE:INFY"])
        assert (await get(connection, "subscribed"))["symbols"] == ["NSE:TCS"]


async def test_modes() -> None:
    stage = Stage()
    async with serving(stage.app) as port, socket_to(port) as connection:
        await say(connection, action="subscribe", symbols=["NSE:INFY"], mode="ltp")
        await get(connection, "ticks")
        stage.hub.publish([quote(volume=5)], "simulated")
        assert set((await get(connection, "ticks"))["data"]["NSE:INFY"]) == {"ltp", "at"}
        await say(connection, action="subscribe", symbols=["NSE:INFY"], mode="full")
        assert (await get(connection, "subscribed"))["modes"] == {"NSE:INFY": "full"}
        assert "depth" in (await get(connection, "ticks"))["data"]["NSE:INFY"]


async def test_ten_thousand_symbols_are_taken_up_to_the_limit_and_the_rest_refused_by_name() -> None:
    stage = Stage()
    async with serving(stage.app) as port, socket_to(port) as connection:
        refused: list[str] = []
        for start in range(0, 10_000, 2_000):
            await say(connection, action="subscribe", symbols=[f"NSE:S{n}" for n in range(start, start + 2_000)])
            held = (await get(connection, "subscribed"))["symbols"]
            error = await get(connection, "error")
            assert error["code"] == "LIMIT_REACHED"
            assert len(error["detail"]) < 300
            refused += error["symbols"]
        assert held == [f"NSE:S{n}" for n in range(500)]
        assert refused == [f"NSE:S{n}" for n in range(500, 10_000)]
        assert len(stage.hub.interest()) == 500


JUNK = ["", "{", "[]", "null", '"x"', '{"action":1}', '{"action":"subscribe","symbols":[{}]}', "[" * 9000]


async def test_junk_gets_an_error_and_the_connection_lives() -> None:
    stage = Stage()
    async with serving(stage.app) as port, socket_to(port) as connection:
        await get(connection, "status")
        for junk in [*JUNK, b"\xff\xfe\x00", b"{}"]:
            await connection.send(junk)
            error = await get(connection)
            assert (error["type"], error["code"]) == ("error", "INVALID_REQUEST")
            assert error["detail"]
        await connection.send(b'{"action":"subscribe","symbols":["NSE:INFY"]}')
        assert (await get(connection))["symbols"] == ["NSE:INFY"]


async def test_a_message_above_64_kib_closes_with_1009() -> None:
    stage = Stage()
    async with serving(stage.app) as port:
        for size in (65_537, 200_000):
            async with socket_to(port) as connection:
                await connection.send("x" * size)
                with pytest.raises(ConnectionClosed) as info:
                    await get(connection, "nothing")
                assert info.value.rcvd is not None
                assert info.value.rcvd.code == 1009
        async with socket_to(port) as connection:
            await connection.send("x" * 65_536)
            assert (await get(connection, "error"))["code"] == "INVALID_REQUEST"
    assert not stage.hub.clients


async def test_without_a_session_4401() -> None:
    stage = Stage()
    stage.user = None
    async with serving(stage.app) as port:
        assert (await closing_of(port))[0] == 4401


async def test_wrong_origin_4403_and_none_is_allowed() -> None:
    stage = Stage()
    async with serving(stage.app) as port:
        for origin in ("https://evil.example", "null", f"http://127.0.0.1:{port}.evil.example"):
            assert (await closing_of(port, origin=origin))[0] == 4403
        async with socket_to(port, origin=f"http://127.0.0.1:{port}") as connection:
            assert (await get(connection))["type"] == "status"


def test_a_rebound_host_is_refused_though_origin_and_host_agree() -> None:
    def scope(host: bytes, origin: bytes) -> dict[str, Any]:
        return {"headers": [(b"host", host), (b"origin", origin)]}

    assert origin_allowed(scope(b"localhost:8000", b"http://localhost:8000"))
    assert not origin_allowed(scope(b"evil.example", b"http://evil.example"))
    assert not origin_allowed({"headers": []})


async def test_the_eleventh_socket_of_a_user_4429() -> None:
    stage = Stage(limits=Limits(sockets_a_user=2))
    async with serving(stage.app) as port, socket_to(port) as one:
        await get(one)
        async with socket_to(port) as two:
            await get(two)
            assert (await closing_of(port))[0] == 4429
        await asyncio.sleep(0.05)
        async with socket_to(port) as three:
            await get(three)


async def test_signing_out_ends_the_connection() -> None:
    stage = Stage(pace=Pace(recheck_s=0.05))
    async with serving(stage.app) as port, socket_to(port) as connection:
        await get(connection)
        await asyncio.sleep(0.15)
        stage.user = None
        with pytest.raises(ConnectionClosed) as info:
            await asyncio.wait_for(connection.recv(), 3)
        assert info.value.rcvd is not None
        assert info.value.rcvd.code == 4401


async def test_a_failing_check_is_not_a_sign_out() -> None:
    stage = Stage(pace=Pace(recheck_s=0.02, recheck_again_s=0.02))
    failures = 0

    async def failing(scope: Any) -> SocketUser:
        nonlocal failures
        failures += 1
        if failures > 1:
            raise ConnectionError("the database is away")
        return SocketUser(7)

    stage.app.authenticate = failing
    async with serving(stage.app) as port, socket_to(port) as connection:
        await get(connection)
        await asyncio.sleep(0.15)
        assert failures > 3
        await say(connection, action="subscribe", symbols=["NSE:INFY"])
        assert (await get(connection))["type"] == "subscribed"


async def test_upstream_stopped_is_told_to_everybody() -> None:
    stage = Stage()
    async with serving(stage.app) as port, socket_to(port) as one, socket_to(port) as two:
        for connection in (one, two):
            await get(connection)
        stage.hub.set_status(Status(connected=True, state="simulated"))
        stage.hub.set_status(Status(connected=False, state="down", detail="The price source is silent."))
        for connection in (one, two):
            messages = [await get(connection)]
            if messages[-1]["connected"]:
                messages.append(await get(connection))
            assert messages[-1] | {"as_of": ""} == {
                "type": "status", "connected": False, "state": "down", "detail": "The price source is silent.",
                "data_source": None, "as_of": "",
            }  # fmt: skip


async def stalled(port: int) -> socket.socket:
    """Open a WebSocket by hand that subscribes to 500 symbols and then reads nothing more."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", port))
    lines = ("GET /api/ws/ticks HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "", "")  # fmt: skip
    await loop.sock_sendall(raw, "\r\n".join(lines).encode())
    await loop.sock_recv(raw, 65_536)
    text = json.dumps({"action": "subscribe", "symbols": [f"NSE:S{n}" for n in range(500)], "mode": "full"}).encode()
    await loop.sock_sendall(raw, b"\x81\xfe" + len(text).to_bytes(2) + bytes(4) + text)
    return raw


async def last_close_code(raw: socket.socket) -> int | None:
    """Read until a close frame or the end of the stream; return the frame's code, None if there is none."""
    tail = b""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    while chunk := await asyncio.wait_for(asyncio.get_running_loop().sock_recv(raw, 1 << 20), 3):
        tail = (tail + chunk)[-200:]
        at = tail.rfind(b"\x88")
        if at >= 0 and len(tail) == at + 2 + tail[at + 1]:
            return int.from_bytes(tail[at + 2 : at + 4])
    return None


async def test_a_stalled_client_is_closed_with_1013_and_disturbs_nobody() -> None:
    stage = Stage(limits=Limits(send_deadline_s=0.3, sweep_s=0.05), pace=Pace(close_s=0.1, linger_s=20.0))
    sweeper = asyncio.create_task(stage.hub.run())
    async with serving(stage.app) as port, socket_to(port) as normal:
        await say(normal, action="subscribe", symbols=["NSE:S1"])
        await get(normal, "ticks")
        raw = await stalled(port)
        while len(stage.hub.interest()) < 500:
            await asyncio.sleep(0.01)
        (slow,) = [client for client in stage.hub.clients if len(client.modes) == 500]
        seen, price = 0, 0.0
        while slow in stage.hub.clients:
            price += 1
            stage.hub.publish([quote(f"NSE:S{n}", price) for n in range(500)], "s")
            assert len(slow.pending) <= 500
            message = await get(normal, "ticks")
            seen += message["data"]["NSE:S1"]["ltp"] == price
            assert price < 2_000
        assert seen == price  # the other one missed nothing
        assert slow.dropped > 0
        assert await last_close_code(raw) == 1013
        raw.close()
    sweeper.cancel()


async def test_a_stalled_client_that_never_reads_again_is_cut_off() -> None:
    stage = Stage(limits=Limits(send_deadline_s=0.1, sweep_s=0.05), pace=Pace(close_s=0.1, linger_s=0.1))
    sweeper = asyncio.create_task(stage.hub.run())
    async with serving(stage.app) as port:
        raw = await stalled(port)
        while len(stage.hub.interest()) < 500:
            await asyncio.sleep(0.01)
        while stage.hub.clients:
            stage.hub.publish([quote(f"NSE:S{n}", 1.0) for n in range(500)], "s")
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        with contextlib.suppress(ConnectionError):
            assert await last_close_code(raw) is None
        raw.close()
    sweeper.cancel()


async def test_a_chatterbox_is_read_slowly_and_others_are_not() -> None:
    stage = Stage(pace=Pace(credits=5, credits_per_s=20))
    async with serving(stage.app) as port, socket_to(port) as noisy, socket_to(port) as calm:
        for _ in range(15):
            await noisy.send("junk")
        await get(calm)
        loop = asyncio.get_running_loop()
        started = loop.time()
        await say(calm, action="subscribe", symbols=["NSE:INFY"])
        await get(calm, "subscribed")
        assert loop.time() - started < 0.2
        for _ in range(15):
            await get(noisy, "error")
        assert loop.time() - started > 0.3


async def test_slow_last_values_do_not_hold_up_the_answer() -> None:
    stage = Stage(pace=Pace(values_s=0.05))
    release = asyncio.Event()

    async def slow(symbols: Any) -> tuple[dict[str, Any], dict[str, str]]:
        await release.wait()
        return {"NSE:INFY": quote()}, {"NSE:INFY": "yahoo"}

    stage.app.last_values = slow
    async with serving(stage.app) as port, socket_to(port) as connection:
        await say(connection, action="subscribe", symbols=["NSE:INFY"])
        assert (await get(connection, "subscribed"))["symbols"] == ["NSE:INFY"]
        assert (await get(connection, "ticks"))["data"] == {}
        release.set()
        assert (await get(connection, "ticks"))["data_source"] == "yahoo"
