"""A program that speaks to a server from any loopback address, and reads its mails."""

import http.client
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fault.servers import Running

PASSWORD = "violet harbour 9"


@dataclass(frozen=True, slots=True)
class Answer:
    """``took_ms``: from connecting to the last byte."""

    status: int
    body: Any
    headers: dict[str, str]
    took_ms: float

    @property
    def cookie(self) -> str:
        """The session cookie that was set, ready to be sent."""
        found = re.search(r"kite_session=[^;]+", self.headers.get("set-cookie", ""))
        assert found, self.headers
        return found[0]


class Caller:
    """Calls one server. Knows nothing between calls."""

    def __init__(self, server: Running) -> None:
        self.server = server

    def call(
        self, method: str, path: str, body: Any = None, *, source: str = "127.0.0.1", raw: str | None = None,
        **headers: str,
    ) -> Answer:  # fmt: skip
        """Send one request on a connection of its own, as another machine would. Names of headers: ``_`` for ``-``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, source_address=(source, 0), timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        data = raw if raw is not None else (None if body is None else json.dumps(body))
        if data is not None:
            sent = {"Content-Type": "application/json"} | sent
        started = time.perf_counter()
        connection.request(method, path, data, sent)
        response = connection.getresponse()
        content = response.read()
        took_ms = (time.perf_counter() - started) * 1000
        connection.close()
        kind = response.headers.get("Content-Type", "")
        parsed = json.loads(content) if content and "json" in kind else content.decode(errors="replace")
        return Answer(response.status, parsed, {k.lower(): v for k, v in response.headers.items()}, took_ms)

    def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self.call("POST", f"/api/{path}", {} if body is None else body, **more)

    def get(self, path: str, **more: Any) -> Answer:
        return self.call("GET", f"/api/{path}", **more)

    def register(self, email: str, source: str = "127.0.0.1") -> str:
        """Make an account; return its token."""
        answer = self.post("auth/register", {"email": email, "password": PASSWORD}, source=source)
        assert answer.status == 201, answer
        return str(answer.body["access_token"])

    def token(self, email: str, password: str = PASSWORD) -> str:
        answer = self.post("auth/login", {"email": email, "password": password})
        assert answer.status == 200, answer
        return str(answer.body["access_token"])

    def cookie(self, email: str, password: str = PASSWORD) -> str:
        answer = self.post("auth/password-login", {"email": email, "password": password})
        assert answer.status == 200, answer
        return answer.cookie

    def mailed(self, email: str, path: str = "auth/magic-link", **more: Any) -> tuple[str, str]:
        """Ask for a mail and return link token and code in it."""
        seen = len(self._mails_to(email))
        answer = self.post(path, {"email": email}, **more)
        assert answer.status == 200, answer
        text = self.until(lambda: self._mails_to(email)[seen:])[-1]
        token, code = re.search(r"token=([0-9a-f]+)", text), re.search(r"^ {4}(\d{6})$", text, re.M)
        assert token, text
        assert code, text
        return token[1], code[1]

    def _mails_to(self, email: str) -> list[str]:
        return [text for text in self.server.mails() if f"\nTo: {email}\n" in text and "token=" in text]

    def until(self, ready: Callable[[], Any], within_s: float = 150) -> Any:
        """Return the first true value of ``ready()``."""
        end = time.monotonic() + within_s
        while not (found := ready()):
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.02)
        return found


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token or a key."""
    return {"Authorization": f"Bearer {token}"}
