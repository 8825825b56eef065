"""The two clients: the same operations, one for blocking programs and one for asyncio."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, Literal, Self, TypeVar

import httpx

from tradeplatform_partner import calls
from tradeplatform_partner.errors import ConnectionFailed, PartnerError

Answer = dict[str, Any]
Result = TypeVar("Result", covariant=True)
Engine = Literal["fno", "iscore"]
RetryPolicy = Literal["standard", "extended"]
TIMEOUT_S = 30.0
ATTEMPTS = 4


def _headers(key: str, scenario: str | None) -> dict[str, str]:
    headers = {
        "Authorization": f"Bearer {calls.header('key', key)}",
        "User-Agent": "tradeplatform-partner-python/1.0.0",
    }
    return headers | ({"X-TC-Test-Scenario": calls.header("scenario", scenario)} if scenario else {})


def _unanswered(exc: httpx.RequestError) -> Exception:
    """Return what a request without an answer raises: a fault of its own making is no fault of the connection."""
    if isinstance(exc, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        return ValueError(f"The request cannot be sent: {exc}")
    return ConnectionFailed(f"No answer came ({type(exc).__name__}).")


class _Operations(ABC, Generic[Result]):
    """What can be asked for. ``Result``: the answer, or an awaitable of it."""

    @abstractmethod
    def _call(self, call: calls.Call) -> Result:
        """Make a call, and again what may be repeated."""

    def me(self) -> Result:
        """Return partner, key and use."""
        return self._call(calls.get("/me"))

    def errors(self) -> Result:
        """Return the code catalogue."""
        return self._call(calls.get("/errors"))

    def fno_live(self, index: str) -> Result:
        """Return the present analysis of an index."""
        return self._call(calls.live(index))

    def fno_history(self, index: str = "NIFTY", *, days: int = 7, limit: int = 100) -> Result:
        """Return past signals, newest first."""
        return self._call(calls.history(index, days, limit))

    def iscore(self, symbol: str) -> Result:
        """Return the I-Score of a share."""
        return self._call(calls.iscore(symbol))

    def iscores(self, symbols: Sequence[str]) -> Result:
        """Return I-Scores of up to 25 shares; a row that failed has ``error`` and ``code``."""
        return self._call(calls.batch(symbols))

    def subscriptions(self) -> Result:
        """Return all subscriptions."""
        return self._call(calls.get("/subscriptions"))

    def subscribe(
        self, engine: Engine, symbol: str, *, min_confidence: int | None = None, delta_threshold: int | None = None,
        channels: Sequence[str] | None = None, is_active: bool | None = None, idempotency_key: str | None = None,
    ) -> Result:  # fmt: skip
        """Subscribe, or change the subscription of this engine and symbol."""
        fields = {
            "min_confidence": min_confidence, "delta_threshold": delta_threshold, "channels": channels,
            "is_active": is_active,
        }  # fmt: skip
        return self._call(calls.subscribe(engine, symbol, fields, idempotency_key))

    def change_subscription(
        self, subscription_id: int, *, min_confidence: int | None = None, delta_threshold: int | None = None,
        channels: Sequence[str] | None = None, is_active: bool | None = None,
    ) -> Result:  # fmt: skip
        """Change a subscription, pause or resume it."""
        fields = {
            "min_confidence": min_confidence, "delta_threshold": delta_threshold, "channels": channels,
            "is_active": is_active,
        }  # fmt: skip
        return self._call(calls.change(subscription_id, fields))

    def unsubscribe(self, subscription_id: int) -> Result:
        """Delete a subscription."""
        return self._call(calls.Call("DELETE", f"/subscriptions/{int(subscription_id)}"))

    def deliveries(
        self, *, limit: int = 100, engine: Engine | None = None, status: str | None = None,
        subscription_id: int | None = None,
    ) -> Result:  # fmt: skip
        """Return the newest attempts to deliver."""
        query = {"limit": limit, "engine": engine, "status": status, "subscription_id": subscription_id}
        return self._call(calls.get("/deliveries", **query))

    def resend(self, delivery_id: int) -> Result:
        """Send a delivery again: the ``id`` of a row of the log, of a test's answer, or of ``X-TC-Delivery``."""
        return self._call(calls.resend(delivery_id))

    def resend_failed(self, since: datetime) -> Result:
        """Send everything again that failed since a time with its zone; ``count`` says how much that is."""
        return self._call(calls.resend_failed(since))

    def test_webhook(self, event: str = "ping") -> Result:
        """Send a made-up event to the webhook."""
        return self._call(calls.post("/webhooks/test", {"event": event}))

    def set_webhook(self, url: str) -> Result:
        """Set the webhook's address."""
        return self._call(calls.set_me(webhook_url=url))

    def set_retry_policy(self, policy: RetryPolicy) -> Result:
        """Choose how often a failed delivery is tried again."""
        return self._call(calls.set_me(retry_policy=policy))

    def pause_webhook(self) -> Result:
        """Have events kept until the webhook is resumed."""
        return self._call(calls.set_me(webhook_paused=True))

    def resume_webhook(self) -> Result:
        """Resume a paused webhook: what was kept is sent."""
        return self._call(calls.set_me(webhook_paused=False))

    def rotate_webhook_secret(self) -> Result:
        """Put a new secret in force; ``webhook_secret`` is in this answer only. Never tried again by itself."""
        return self._call(calls.set_me(rotate_webhook_secret=True))

    def analyze_portfolio(
        self, holdings: Sequence[Mapping[str, Any]], *, what_if: Sequence[Mapping[str, Any]] = ()
    ) -> Result:
        """Return the risk of up to 50 holdings, and what the changes of ``what_if`` would make of it."""
        return self._call(calls.portfolio(holdings, what_if))

    def analyze_behaviour(self, trades: Sequence[Mapping[str, Any]], *, lookback: str = "") -> Result:
        """Return the behaviour that up to 100 trades show."""
        return self._call(calls.behaviour(trades, lookback))


class Partner(_Operations[Answer]):
    """The partner API. ``root`` ends in ``/api/partner/v1``; ``scenario`` forces outcomes of a test key.

    What is safe to repeat is tried up to ``attempts`` times: writes carry an idempotency key, the server's
    ``Retry-After`` is kept to. Every refusal is a `PartnerError`. ``transport`` is for tests.
    """

    def __init__(
        self, key: str, *, root: str, scenario: str | None = None, timeout_s: float = TIMEOUT_S,
        attempts: int = ATTEMPTS, transport: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._attempts = attempts
        self._http = httpx.Client(
            base_url=calls.address(root), headers=_headers(key, scenario), timeout=timeout_s, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _call(self, call: calls.Call) -> Answer:
        attempts = self._attempts if call.is_safe else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._once(call)
            except PartnerError as error:
                wait_s = calls.wait_s(attempt, error, attempts=attempts, drawn=calls.draw())
                if wait_s is None:
                    raise
                time.sleep(wait_s)
        raise AssertionError("the last attempt answers or raises")

    def _once(self, call: calls.Call) -> Answer:
        try:
            response = self._http.request(
                call.method, call.path, params=dict(call.query), content=call.content, headers=call.all_headers
            )
        except httpx.RequestError as exc:
            raise _unanswered(exc) from exc
        return calls.answer_of(response)


class AsyncPartner(_Operations[Awaitable[Answer]]):
    """The partner API for asyncio. ``root`` ends in ``/api/partner/v1``; ``scenario`` forces outcomes of a test key.

    What is safe to repeat is tried up to ``attempts`` times: writes carry an idempotency key, the server's
    ``Retry-After`` is kept to. Every refusal is a `PartnerError`. ``transport`` is for tests.
    """

    def __init__(
        self, key: str, *, root: str, scenario: str | None = None, timeout_s: float = TIMEOUT_S,
        attempts: int = ATTEMPTS, transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._attempts = attempts
        self._http = httpx.AsyncClient(
            base_url=calls.address(root), headers=_headers(key, scenario), timeout=timeout_s, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(self, call: calls.Call) -> Answer:
        attempts = self._attempts if call.is_safe else 1
        for attempt in range(1, attempts + 1):
            try:
                return await self._once(call)
            except PartnerError as error:
                wait_s = calls.wait_s(attempt, error, attempts=attempts, drawn=calls.draw())
                if wait_s is None:
                    raise
                await asyncio.sleep(wait_s)
        raise AssertionError("the last attempt answers or raises")

    async def _once(self, call: calls.Call) -> Answer:
        try:
            response = await self._http.request(
                call.method, call.path, params=dict(call.query), content=call.content, headers=call.all_headers
            )
        except httpx.RequestError as exc:
            raise _unanswered(exc) from exc
        return calls.answer_of(response)
