"""A real embedded server in a process of its own, for tests that need one."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """``command`` in ``cwd`` with its state in ``state_dir``; entered when it answers, left when it has stopped."""

    def __init__(self, state_dir: Path, *, command: list[str] | None = None, cwd: Path = ROOT, **env: str) -> None:
        self.port = free_port()
        self.state_dir = state_dir
        self.command = command or [sys.executable, "-m", "tradeplatform.server"]
        self.cwd = cwd
        keep = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL")}
        self.env = keep | {"PORT": str(self.port), "STATE_DIR": str(state_dir), **env}
        self.ready_after_s = 0.0
        self.timeout_s = 60.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.state_dir.mkdir(parents=True, exist_ok=True)
        self.log = (self.state_dir / "test-server.log").open("w+")
        started = time.monotonic()
        self.process = subprocess.Popen(
            self.command, cwd=self.cwd, env=self.env, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True
        )
        while time.monotonic() - started < self.timeout_s:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.output()}")
            try:
                self.get("/api/health")
                self.ready_after_s = time.monotonic() - started
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__(None, None, None)
        raise AssertionError(f"the server did not answer:\n{self.output()}")

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.interrupt()
        self.log.close()

    def interrupt(self, timeout_s: float = 15) -> int:
        """Press Ctrl-C: the signal goes to the whole foreground group. Return the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            return self.process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise

    def output(self) -> str:
        return Path(self.log.name).read_text()

    def get(self, path: str, **headers: str) -> Any:
        """Return the JSON at ``path``."""
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read())

    def status(self, path: str) -> int:
        """Return the HTTP status of ``path``."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as response:
                return int(response.status)
        except urllib.error.HTTPError as exc:
            return exc.code

    def demo_login(self) -> tuple[str, str]:
        """Return e-mail and password of the demo user, as printed."""
        line = next(
            line for line in (self.state_dir / "demo.txt").read_text().splitlines() if line.startswith("Sign in")
        )
        return tuple(line.split()[2:4])

    def sign_in(self) -> str:
        """Return the session cookie of the demo user."""
        email, password = self.demo_login()
        body = json.dumps({"email": email, "password": password}).encode()
        request = urllib.request.Request(
            self.url + "/api/auth/password-login", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.headers["Set-Cookie"].split(";", 1)[0]
