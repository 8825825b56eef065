"""`script/server` as a person runs it: it starts, ticks, refuses what is unsafe, and stops on Ctrl-C."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.server.running import ROOT, Server

pytestmark = [pytest.mark.slow, pytest.mark.anydb, pytest.mark.timeout(600)]


async def first_ticks(server: Server, cookie: str, symbols: list[str]) -> list[dict[str, Any]]:
    """Subscribe and return messages until two ticks frames have come."""
    url = f"ws://127.0.0.1:{server.port}/api/ws/ticks"
    seen: list[dict[str, Any]] = []
    async with websockets.connect(url, additional_headers={"Cookie": cookie}) as socket:
        await socket.send(json.dumps({"action": "subscribe", "symbols": symbols, "mode": "quote"}))
        while sum(message["type"] == "ticks" for message in seen) < 2:
            seen.append(json.loads(await asyncio.wait_for(socket.recv(), 15)))
    return seen


def test_from_nothing_to_ticks_and_back(tmp_path: Path) -> None:
    with Server(tmp_path / "state") as server:
        assert server.get("/api/health")["status"] == "healthy"
        snapshot = server.get("/api/index/snapshot")
        assert snapshot["data_source"] == "simulated"
        assert snapshot["nifty_price"] > 1000
        cookie = server.sign_in()
        messages = asyncio.run(first_ticks(server, cookie, ["NSE:RELIANCE", "NSE:INFY"]))
        assert {"status", "subscribed", "ticks"} <= {message["type"] for message in messages}
        demo = server.state_dir / "demo.txt"
        assert demo.stat().st_mode & 0o777 == 0o600
        assert "demo@example.com" in server.output()
        assert server.interrupt() in (0, -2, 130)
    leftovers = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True).stdout
    assert not leftovers.strip()


def test_the_second_start_keeps_the_state(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Server(state) as server:
        first = server.demo_login()
    with Server(state) as server:
        assert server.demo_login() == first
        assert server.sign_in().startswith("kite_session=")


def test_a_second_server_on_the_same_state_is_refused(tmp_path: Path) -> None:
    with Server(tmp_path / "state") as server:
        env = server.env | {"PORT": "0" if server.port == 1 else str(server.port + 1)}
        done = subprocess.run(
            [sys.executable, "-m", "tradeplatform.server"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode != 0
        assert "Another server is using" in done.stderr


def test_a_year_without_an_official_list(tmp_path: Path) -> None:
    with Server(tmp_path / "state", CLOCK_START="2027-01-04T04:00:00Z") as server:
        cookie = server.sign_in()
        status = server.get("/api/market/status", Cookie=cookie)
        assert status["phase"] == "OPEN"
        assert status["trade_date"] == "2027-01-04"
        assert "2027" in status["banner"]
        assert server.get("/api/index/snapshot")["nifty_price"] > 1000


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"HOST": "0.0.0.0"}, "SECRET_KEY"),
        ({"REDIS_URL": "redis://127.0.0.1:6379/9"}, "DATABASE_URL"),
        ({"BASE_URL": "http://trade.example"}, "https://"),
        ({"MARKET_PROVIDERS": "simulated,nonsense"}, "nonsense"),
        ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "choose its own address"),
        ({"PORT": "99999"}, "PORT"),
    ],
)
def test_unsafe_settings_are_refused(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    env = Server(tmp_path / "state").env | settings
    done = subprocess.run(
        [sys.executable, "-m", "tradeplatform.server"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_identities_never_leave_loopback(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Server(state) as server:
        env = server.env
    env |= {"HOST": "0.0.0.0", "SECRET_KEY": "k" * 60, "BASE_URL": "https://trade.example"}
    done = subprocess.run(
        [sys.executable, "-m", "tradeplatform.server"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert "demo identities" in done.stderr


def test_from_a_fresh_clone(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    server = Server(tmp_path / "state", command=[str(clone / "script" / "server")], cwd=clone)
    server.timeout_s = 540
    server.env.pop("VIRTUAL_ENV", None)
    with server:
        assert server.status("/login/") == 200
        cookie = server.sign_in()
        assert len(asyncio.run(first_ticks(server, cookie, ["NSE:TCS"]))) >= 3
