"""The error hierarchy. Code raises these; `core.api.errors` gives each the shape of the surface it leaves by.

PlatformError
|-- InvalidRequest 400     MalformedBody, InvalidSymbol, InvalidIndex
|-- Unauthenticated 401
|-- Forbidden 403          CrossSite
|-- NotFound 404
|-- MethodNotAllowed 405
|-- Conflict 409
|-- PayloadTooLarge 413
|-- UnsupportedMediaType 415
|-- ValidationFailed 422   names the place of every fault
|-- RateLimited 429
|-- InternalError 500      never with internals
`-- DataUnavailable 503    no source can answer now; safe to retry
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypedDict


class Code(StrEnum):
    """Machine-readable codes. Clients branch on these, never on the text."""

    INVALID_REQUEST = "INVALID_REQUEST"
    INVALID_INDEX = "INVALID_INDEX"
    INVALID_SYMBOL = "INVALID_SYMBOL"
    NO_API_KEY = "NO_API_KEY"
    INVALID_API_KEY = "INVALID_API_KEY"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    CROSS_SITE = "CROSS_SITE"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    CONFLICT = "CONFLICT"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    VALIDATION_FAILED = "VALIDATION_FAILED"
    RATE_LIMITED = "RATE_LIMITED"
    ENGINE_ERROR = "ENGINE_ERROR"
    DB_ERROR = "DB_ERROR"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    DATA_UNAVAILABLE = "DATA_UNAVAILABLE"


class FieldError(TypedDict):
    """One fault in a body: where it is, what is wrong, and of which kind."""

    loc: list[str | int]
    msg: str
    type: str


class PlatformError(Exception):
    """Base of everything the platform refuses or fails with on purpose.

    ``detail`` is one sentence for a person. ``fields`` are extra values for logs and callers; they are not sent.
    """

    status = 500
    code = Code.INTERNAL_ERROR

    def __init__(self, detail: str, *, code: Code | None = None, **fields: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.fields = fields
        self.headers: dict[str, str] = {}


class InvalidRequest(PlatformError):
    """A bad query parameter or a broken business rule."""

    status = 400
    code = Code.INVALID_REQUEST


class MalformedBody(InvalidRequest):
    """The body is not what its content type says (unparsable JSON)."""


class InvalidSymbol(InvalidRequest):
    code = Code.INVALID_SYMBOL


class InvalidIndex(InvalidRequest):
    code = Code.INVALID_INDEX


class Unauthenticated(PlatformError):
    status = 401
    code = Code.UNAUTHENTICATED


class Forbidden(PlatformError):
    status = 403
    code = Code.FORBIDDEN


class CrossSite(Forbidden):
    """A browser sent this write from another site."""

    code = Code.CROSS_SITE


class NotFound(PlatformError):
    """Absent, or somebody else's: the answer is the same."""

    status = 404
    code = Code.NOT_FOUND


class MethodNotAllowed(PlatformError):
    status = 405
    code = Code.METHOD_NOT_ALLOWED


class Conflict(PlatformError):
    status = 409
    code = Code.CONFLICT


class PayloadTooLarge(PlatformError):
    status = 413
    code = Code.PAYLOAD_TOO_LARGE


class UnsupportedMediaType(PlatformError):
    status = 415
    code = Code.UNSUPPORTED_MEDIA_TYPE


class ValidationFailed(PlatformError):
    """A body that parses but breaks its schema. ``errors`` names the place of every fault."""

    status = 422
    code = Code.VALIDATION_FAILED

    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = (), code: Code | None = None) -> None:
        super().__init__(detail or describe(errors), code=code)
        self.errors = list(errors)


class RateLimited(PlatformError):
    status = 429
    code = Code.RATE_LIMITED

    def __init__(self, detail: str, *, retry_after_s: float) -> None:
        super().__init__(detail)
        self.headers["Retry-After"] = str(max(1, int(-(-retry_after_s // 1))))


class InternalError(PlatformError):
    """An unexpected failure. Says nothing of the inside; the request id leads to the log."""


class DataUnavailable(PlatformError):
    """No source can answer now. Trying again later may help."""

    status = 503
    code = Code.DATA_UNAVAILABLE


def describe(errors: Sequence[FieldError]) -> str:
    """Join field errors to one sentence: ``body.name: This field is required.``"""
    if not errors:
        return "The request body is not valid."
    parts = [f"{place(error['loc'])}: {error['msg']}" for error in errors[:3]]
    more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""
    return "; ".join(parts) + more


def place(loc: Sequence[str | int]) -> str:
    """Render a location as a path: ``["holdings", 3, "qty"]`` is ``holdings[3].qty``."""
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "body"
