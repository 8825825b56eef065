"""One exception for each kind of refusal; all are `PartnerError`, so that one clause catches them."""

from collections.abc import Mapping
from typing import Any


class PartnerError(Exception):
    """An answer that is none. ``code`` is for programs, ``detail`` for persons, ``request_id`` for our support."""

    def __init__(
        self, detail: str, *, code: str = "", status: int = 0, request_id: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{detail} ({code}, request {request_id})" if request_id else detail)
        self.detail = detail
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after_s = retry_after_s


class BadRequest(PartnerError):
    """The request is malformed; ``detail`` names the place."""


class InvalidIndex(BadRequest):
    """The index is none of the four."""


class InvalidSymbol(BadRequest):
    """The symbol is no share that is known."""


class InvalidKey(PartnerError):
    """There is no key, or it is wrong, ended or revoked."""


class Forbidden(PartnerError):
    """The endpoint needs another kind of key."""


class NotFound(PartnerError):
    """It does not exist, or belongs to somebody else."""


class Conflict(PartnerError):
    """It conflicts with the present state, or the idempotency key came with another request."""


class RateLimited(PartnerError):
    """The plan's requests a minute are used up; ``retry_after_s`` says how long to wait."""


class ServerError(PartnerError):
    """It failed on the server's side."""


class DataUnavailable(ServerError):
    """No source of data can answer now."""


class ConnectionFailed(PartnerError):
    """No answer came at all."""


_BY_CODE: Mapping[str, type[PartnerError]] = {
    "INVALID_INDEX": InvalidIndex,
    "INVALID_SYMBOL": InvalidSymbol,
    "NO_API_KEY": InvalidKey,
    "INVALID_API_KEY": InvalidKey,
    "FORBIDDEN": Forbidden,
    "NOT_FOUND": NotFound,
    "IDEMPOTENCY_CONFLICT": Conflict,
    "RATE_LIMITED": RateLimited,
    "ENGINE_ERROR": ServerError,
    "DB_ERROR": ServerError,
    "DATA_UNAVAILABLE": DataUnavailable,
}
_BY_STATUS: Mapping[int, type[PartnerError]] = {
    401: InvalidKey, 403: Forbidden, 404: NotFound, 409: Conflict, 429: RateLimited,
}  # fmt: skip


def error_of(status: int, body: Any, *, retry_after_s: float | None = None, request_id: str = "") -> PartnerError:
    """Return the exception for an answer; one without the usual body is known by its status."""
    told = body if isinstance(body, dict) else {}
    code = str(told.get("code", ""))
    fallback = ServerError if status >= 500 else BadRequest
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status, fallback)
    detail = str(told.get("error") or f"The server answered {status}.")
    return kind(
        detail, code=code, status=status, request_id=str(told.get("request_id") or request_id),
        retry_after_s=retry_after_s,
    )  # fmt: skip
