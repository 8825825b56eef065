"""Keeps the child process: starts it when first needed, ends it when it is late, starts another after it died."""

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from market.adapters import base

ROOT: Final = Path(__file__).resolve().parents[3]
#: What the child may know of our environment: how to find programs, certificates and a proxy; no secrets.
PASSED_ON: Final = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "VIRTUAL_ENV",
)  # fmt: skip
LONGEST_LINE: Final = 32_000_000

Failure = Callable[..., base.ProviderError]
FAILURES: Final[dict[str, Failure]] = {
    "UpstreamTimeout": base.UpstreamTimeout,
    "UpstreamUnavailable": base.UpstreamUnavailable,
    "MalformedReply": base.MalformedReply,
    "NotConnected": base.NotConnected,
    "UnknownSymbol": base.UnknownSymbol,
}


class Child:
    """One child process, one call at a time. Safe to share between threads.

    ``call_s`` is the deadline of a call in seconds, ``start_s`` that of the child's start (importing yfinance takes
    some seconds on a slow machine). A late child is killed: no caller ever waits on it again.
    """

    def __init__(
        self, *, api_root: str = "", call_s: float = 10.0, start_s: float = 30.0, monotonic: Callable[[], float]
    ) -> None:
        self._api_root = api_root
        self._call_s = call_s
        self._start_s = start_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pending = b""
        self._last_id = 0
        self.starts = 0

    def fetch(self, path: str, params: dict[str, str]) -> object:
        """Return the parsed JSON of Yahoo's ``path``. Raises ProviderError."""
        if not self._lock.acquire(timeout=self._call_s):
            raise base.UpstreamTimeout("Yahoo is still busy with earlier calls", provider="yahoo")
        try:
            process = self._running()
            answer = self._ask(process, path, params)
        except (OSError, EOFError, ValueError) as error:
            self.stop()
            raise base.UpstreamUnavailable(
                f"the Yahoo process ended: {error or 'no answer'}", provider="yahoo"
            ) from error
        except base.UpstreamTimeout:
            self.stop()
            raise
        finally:
            self._lock.release()
        return _body(answer)

    def stop(self) -> None:
        """End the child, if there is one."""
        process, self._process, self._pending = self._process, None, b""
        if process is None:
            return
        atexit.unregister(self.stop)
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        process.wait()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.stop()
        env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "market.adapters.yahoo.child", self._api_root],
            cwd=ROOT,
            env=env | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.starts += 1
        atexit.register(self.stop)
        if self._read(self._process, self._start_s) != {"ready": True}:
            raise EOFError("it did not say that it is ready")
        return self._process

    def _ask(self, process: "subprocess.Popen[bytes]", path: str, params: dict[str, str]) -> dict[str, object]:
        self._last_id += 1
        # The child gives up a little earlier than we do, so that a slow Yahoo does not cost us the child.
        request = {"id": self._last_id, "path": path, "params": params, "timeout_s": self._call_s * 0.4}
        process.stdin.write(json.dumps(request).encode() + b"\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        answer = self._read(process, self._call_s)
        if not isinstance(answer, dict) or answer.get("id") != self._last_id:
            raise EOFError("it answered another question")
        return answer

    def _read(self, process: "subprocess.Popen[bytes]", within_s: float) -> object:
        until = self._monotonic() + within_s
        fd = process.stdout.fileno()  # type: ignore[union-attr]
        chunks = [self._pending]
        while b"\n" not in chunks[-1]:
            left = until - self._monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                raise base.UpstreamTimeout(f"Yahoo gave no answer within {within_s:g} s", provider="yahoo")
            chunk = os.read(fd, 1 << 16)
            if not chunk or sum(map(len, chunks)) > LONGEST_LINE:
                raise EOFError("its output ended")
            chunks.append(chunk)
        line, _, self._pending = b"".join(chunks).partition(b"\n")
        return json.loads(line)


def _body(answer: dict[str, object]) -> object:
    if "error" not in answer:
        return answer.get("body")
    detail, kind = str(answer.get("detail", "")), str(answer["error"])
    if kind == "RateLimitedUpstream":
        raise base.RateLimitedUpstream(detail, retry_after_s=float(answer["retry_after_s"]), provider="yahoo")  # type: ignore[arg-type]
    raise FAILURES.get(kind, base.UpstreamUnavailable)(detail, provider="yahoo")
