"""A start says that it listens when it does, and takes no machine code away from who runs already."""

import asyncio
import fcntl
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import uvicorn

from tests.server.running import ROOT, free_port
from tradeplatform.embedded import Announcing
from tradeplatform.server import _hold_kernels

pytestmark = pytest.mark.anydb

FAKE_PYTHON = """#!/bin/sh
case "$1" in -) mkdir -p "$NUMBA_CACHE_DIR" && touch "$NUMBA_CACHE_DIR/code" ;; *) exec "$REAL_PYTHON" "$@" ;; esac
"""


def test_it_says_that_it_listens_when_the_port_is_open(capsys: pytest.CaptureFixture[str]) -> None:
    port, said = free_port(), "Listening on it"
    seen: list[str] = []

    async def application(scope, receive, send):  # type: ignore[no-untyped-def]
        await receive()
        seen.append(capsys.readouterr().out)
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    server = Announcing(uvicorn.Config(application, port=port, lifespan="on", log_config=None), [said])
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    until = time.monotonic() + 20
    while said not in (out := capsys.readouterr().out) and time.monotonic() < until:
        time.sleep(0.01)
    socket.create_connection(("127.0.0.1", port), timeout=2).close()
    server.should_exit = True
    thread.join(20)
    assert seen == [""]
    assert said in out


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `ensure_kernels` looks at, with a compiler that leaves a file."""
    for folder in ("engines", ".venv/bin", "script"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "script" / "lib").symlink_to(ROOT / "script" / "lib")
    (tmp_path / "requirements.txt").write_text("numba\n")
    fake = tmp_path / ".venv" / "bin" / "python"
    fake.write_text(FAKE_PYTHON)
    fake.chmod(0o755)
    return tmp_path


def folder_of(checkout: Path, source: str) -> Path:
    """Have the kernels of a source made; return their folder."""
    (checkout / "engines" / "a.py").write_text(source)
    command = '. script/lib/setup.sh && ensure_kernels && printf %s "$NUMBA_CACHE_DIR"'
    environment = os.environ | {"REAL_PYTHON": sys.executable}
    done = subprocess.run(["bash", "-c", command], cwd=checkout, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout)


def test_new_kernels_leave_those_in_use(checkout: Path) -> None:
    before, after = folder_of(checkout, "a = 1"), folder_of(checkout, "a = 2")
    assert before != after
    assert (before / "code").exists()
    assert (after / "code").exists()
    assert folder_of(checkout, "a = 1") == before


def test_kernels_long_out_of_use_are_deleted_unless_a_server_holds_them(checkout: Path) -> None:
    held, old, young = (folder_of(checkout, f"a = {number}") for number in range(3))
    for folder in (held, old):
        os.utime(folder / ".complete", (1, 1))
    with (held / ".held").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        current = folder_of(checkout, "a = 3")
    assert [folder.exists() for folder in (held, old, young, current)] == [True, False, True, True]


def test_a_server_holds_the_kernels_it_was_started_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    held = _hold_kernels()
    with (tmp_path / ".held").open("a") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    held.close()
    for nowhere in ("", str(tmp_path / "none"), "/proc"):
        monkeypatch.setenv("NUMBA_CACHE_DIR", nowhere)
        _hold_kernels().close()
