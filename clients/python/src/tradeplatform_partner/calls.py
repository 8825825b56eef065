"""What both clients share: which request an operation is, when it is tried again, what an answer means. No input, no
output.

An argument that cannot be sent is a ValueError or TypeError at once: no attempt would help it.
"""

import json
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx

from tradeplatform_partner.errors import ConnectionFailed, PartnerError, error_of

RETRIED = frozenset({429, 500, 502, 503, 504})
WAITS_S = (0.5, 2.0, 8.0)
#: A server may ask for more; then the error is raised at once, with what it asked for.
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """One operation. ``is_safe``: sending it twice does what sending it once does."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_safe: bool = True

    @property
    def content(self) -> bytes | None:
        """The body as it is sent."""
        return None if self.body is None else dumps(self.body)

    @property
    def all_headers(self) -> dict[str, str]:
        """Its own headers and the body's kind."""
        return {**self.headers, **({} if self.body is None else {"Content-Type": "application/json"})}


def get(path: str, **query: Any) -> Call:
    """Return a read."""
    return Call("GET", path, {name: value for name, value in query.items() if value is not None})


def post(path: str, body: Mapping[str, Any], idempotency_key: str | None = None) -> Call:
    """Return a write with an idempotency key, so that it may be tried again."""
    key = str(uuid.uuid4()) if idempotency_key is None else header("idempotency_key", idempotency_key)
    return Call("POST", path, {}, body, {"Idempotency-Key": key})


def dumps(body: Mapping[str, Any]) -> bytes:
    """Return a body as JSON. A Decimal keeps its value, a datetime its zone. Raises ValueError for NaN."""
    return json.dumps(body, default=_plain, allow_nan=False, ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > 40:
            raise ValueError(f"{value} is no number that can be sent")
        number = float(value)
        return (
            number if Decimal(repr(number)) == value else f"{value:f}"
        )  # the API also reads a number's digits as text
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be sent")


def header(name: str, text: str) -> str:
    """Return a text that may be sent as a header. Raises ValueError."""
    if not (0 < len(text) <= 255 and text.isascii() and text.isprintable()):
        raise ValueError(f"{name}: 1 to 255 printable ASCII characters, without a line end")
    return text


def address(root: str) -> str:
    """Return the API's address. Raises ValueError for one without its scheme."""
    if not root.startswith(("https://", "http://")):
        raise ValueError("root: it begins with https:// and ends in /api/partner/v1")
    return root.rstrip("/")


def several(name: str, texts: Sequence[str]) -> list[str]:
    """Return a list of texts. Raises TypeError for one text, whose letters would be taken for texts."""
    if isinstance(texts, str):
        raise TypeError(f"{name}: a list of texts, not one text")
    return list(texts)


def live(index: str) -> Call:
    return get("/fno/signals/live", index=index)


def history(index: str, days: int, limit: int) -> Call:
    return get("/fno/signals/history", index=index, days=days, limit=limit)


def iscore(symbol: str) -> Call:
    return get(f"/iscore/{quote(symbol, safe='')}")


def batch(symbols: Sequence[str]) -> Call:
    return post("/iscore/batch", {"symbols": several("symbols", symbols)})


def subscribe(engine: str, symbol: str, fields: Mapping[str, Any], idempotency_key: str | None) -> Call:
    return post("/subscriptions", {"engine": engine, "symbol": symbol, **_given(fields)}, idempotency_key)


def change(subscription_id: int, fields: Mapping[str, Any]) -> Call:
    return Call("PATCH", f"/subscriptions/{int(subscription_id)}", {}, _given(fields))


def resend(delivery_id: int) -> Call:
    return post(f"/deliveries/{int(delivery_id)}/resend", {})


def resend_failed(since: datetime) -> Call:
    if since.tzinfo is None:
        raise ValueError("since: a time with its zone")
    return post("/deliveries/resend-failed", {"since": since})


def set_me(**fields: Any) -> Call:
    return Call("PATCH", "/me", {}, fields, is_safe="rotate_webhook_secret" not in fields)


def portfolio(holdings: Sequence[Mapping[str, Any]], what_if: Sequence[Mapping[str, Any]]) -> Call:
    body: dict[str, Any] = {"holdings": list(holdings)}
    return post("/portfolio/analyze", body | ({"what_if": list(what_if)} if what_if else {}))


def behaviour(trades: Sequence[Mapping[str, Any]], lookback: str) -> Call:
    return post("/behaviour/analyze", {"trades": list(trades), "lookback": lookback})


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that were given, lists as such."""
    given = {name: value for name, value in fields.items() if value is not None}
    return given | ({"channels": several("channels", given["channels"])} if "channels" in given else {})


def answer_of(response: httpx.Response) -> dict[str, Any]:
    """Return the body of a good answer; raise the exception of a bad one."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if response.is_success and isinstance(body, dict):
        return body
    raise error_of(
        response.status_code,
        body,
        retry_after_s=_asked_s(response),
        request_id=response.headers.get("X-Request-ID", ""),
    )


def wait_s(attempt: int, error: PartnerError, *, attempts: int, drawn: float) -> float | None:
    """Return how long to wait before the next attempt, or None to give up.

    ``attempt``: 1 for the first. What the server asks for is kept to, if it is bearable; otherwise the waits grow and
    are varied by a quarter with ``drawn``, a number from 0 to 1.
    """
    if attempt >= attempts or not (isinstance(error, ConnectionFailed) or error.status in RETRIED):
        return None
    if error.retry_after_s is not None:
        return error.retry_after_s if error.retry_after_s <= LONGEST_WAIT_S else None
    return WAITS_S[min(attempt, len(WAITS_S)) - 1] * (0.75 + 0.5 * drawn)


def draw() -> float:
    """Return a number from 0 to 1."""
    return random.random()  # noqa: S311 - spreads retries, hides nothing


def _asked_s(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdecimal() else None
