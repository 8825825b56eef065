"""Receivers of webhooks on loopback that note what they are sent, and check it as a partner would."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from standardwebhooks import Webhook


def verify(req_body: bytes, header_sig: str, secret: str) -> bool:
    """The check that the partner documentation prints."""
    expected = "sha256=" + hmac.new(secret.encode(), req_body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, header_sig or "")


@dataclass(frozen=True, slots=True)
class Received:
    """``at``: monotonic seconds."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    def is_genuine(self, secrets: list[str]) -> bool:
        """Whether both signatures are right under the receiver's secrets, `webhook-signature` read by the published
        library, `X-TC-Signature` as exactly one value.
        """
        single = self.headers["x-tc-signature"]
        printed = "," not in single and any(verify(self.body, single, secret) for secret in secrets)
        return printed and any(self._is_standard(secret) for secret in secrets)

    def _is_standard(self, secret: str) -> bool:
        try:
            Webhook(secret).verify(self.body.decode(), self.headers)
        except Exception:
            return False
        return True


@dataclass
class Receiver:
    """Answers ``status`` after ``delay_s``, pointing to ``location``; entered when it listens."""

    delay_s: float = 0.0
    status: int = 200
    location: str = ""
    host: str = "127.0.0.1"
    received: list[Received] = field(default_factory=list)
    on_receipt: Callable[[Received], None] | None = None

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the sender was killed half way: no server gives such a request to its program
                    self.close_connection = True
                    return
                got = Received({k.lower(): v for k, v in self.headers.items()}, body, time.monotonic())
                receiver.received.append(got)
                if receiver.on_receipt:
                    receiver.on_receipt(got)
                time.sleep(receiver.delay_s)
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.end_headers()

            def log_message(self, *about: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *about: Any) -> None:
                """A sender that was killed hangs up: that is what is tried here."""

        self._server = Quiet((self.host, 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *about: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self._server.server_port}/hook"

    @property
    def event_ids(self) -> list[str]:
        return [got.event_id for got in list(self.received)]

    def bodies(self) -> list[Any]:
        return [json.loads(got.body) for got in list(self.received)]
