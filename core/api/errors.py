"""One renderer of errors a surface (CONTRACT 2), and the translation of everything that can go wrong into them."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import DatabaseError
from django.http import Http404
from rest_framework import exceptions as drf

from core import errors
from core.errors import Code, FieldError, PlatformError


@dataclass(frozen=True, slots=True)
class Surface:
    """A family of routes with one error body and one credential."""

    name: str
    prefix: str
    challenge: str

    def body(self, error: PlatformError, request_id: str) -> dict[str, Any]:
        """Return the JSON body of ``error`` on this surface."""
        if self.name == "partner":
            code, detail = PARTNER_CODES.get(error.code, error.code), error.detail
            return {"success": False, "error": detail, "code": str(code), "request_id": request_id}
        body: dict[str, Any] = {"detail": error.detail, "code": str(error.code), "request_id": request_id}
        if isinstance(error, errors.ValidationFailed):
            body["errors"] = error.errors
        return body

    def status(self, error: PlatformError) -> int:
        """Return the HTTP status: the partner surface answers 400 where the others answer 422."""
        return 400 if self.name == "partner" and error.status == 422 else error.status


PARTNER_CODES = {
    Code.VALIDATION_FAILED: Code.INVALID_REQUEST,
    Code.NOT_ACCEPTABLE: Code.INVALID_REQUEST,
    Code.CONFLICT: Code.INVALID_REQUEST,
    Code.CROSS_SITE: Code.FORBIDDEN,
    Code.UNAUTHENTICATED: Code.NO_API_KEY,
    Code.INTERNAL_ERROR: Code.ENGINE_ERROR,
}

PARTNER = Surface("partner", "/api/partner/v1", 'Bearer realm="partner"')
AGENT = Surface("agent", "/api/agent", 'Bearer realm="agent"')
USER = Surface("user", "/api", 'Bearer realm="user"')
ZERODHA = Surface("user", "/zerodha", 'Bearer realm="user"')
ICICI = Surface("user", "/icici", 'Bearer realm="user"')

_BY_LENGTH = (PARTNER, AGENT, ZERODHA, ICICI, USER)


def surface_of(path: str) -> Surface | None:
    """Return the surface a path belongs to, or None for a page."""
    if path == "/api/agent/key":
        return USER
    for surface in _BY_LENGTH:
        if path == surface.prefix or path.startswith(surface.prefix + "/"):
            return surface
    return None


def translate(exc: BaseException) -> PlatformError:
    """Turn any exception into one of ours. What is unknown becomes InternalError and says nothing more."""
    if isinstance(exc, PlatformError):
        return exc
    if isinstance(exc, drf.APIException):
        return _from_drf(exc)
    if isinstance(exc, Http404):
        return errors.NotFound("There is nothing at this address.")
    if isinstance(exc, PermissionDenied):
        return errors.Forbidden("You may not do this.")
    if isinstance(exc, RequestDataTooBig | TooManyFieldsSent):
        return errors.PayloadTooLarge("The request body is too large.")
    if isinstance(exc, DisallowedHost):
        return errors.InvalidRequest("This server does not answer to the host of the request.")
    if isinstance(exc, SuspiciousOperation | BadRequest):
        return errors.InvalidRequest("The request cannot be understood.")
    if isinstance(exc, DatabaseError):
        return errors.InternalError("The database could not answer. Try again.", code=Code.DB_ERROR)
    return errors.InternalError("Something went wrong on our side. Quote the request id when you report it.")


def _from_drf(exc: drf.APIException) -> PlatformError:
    if isinstance(exc, drf.ValidationError):
        return errors.ValidationFailed(errors=list(field_errors(exc.get_full_details())))
    if isinstance(exc, drf.Throttled):
        return errors.RateLimited("Too many requests. Slow down.", retry_after_s=exc.wait or 1)
    text = {
        drf.ParseError: str(exc.detail),
        drf.NotAuthenticated: "Sign in, or send a credential.",
        drf.AuthenticationFailed: str(exc.detail),
        drf.PermissionDenied: "You may not do this.",
        drf.NotFound: "There is nothing at this address.",
        drf.MethodNotAllowed: f"{exc.detail} The Allow header names those that this address takes.",
        drf.UnsupportedMediaType: "The body's type is not taken here. Send JSON: Content-Type: application/json.",
    }.get(type(exc), str(exc.detail))
    kind = _DRF_KINDS.get(exc.status_code, errors.InternalError)
    error = kind(text)
    if exc.status_code == 406:
        error = errors.InvalidRequest(text, code=Code.NOT_ACCEPTABLE)
        error.status = 406
    return error


_DRF_KINDS: dict[int, type[PlatformError]] = {
    400: errors.InvalidRequest,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    415: errors.UnsupportedMediaType,
}


def field_errors(details: Any, loc: tuple[str | int, ...] = ()) -> list[FieldError]:
    """Flatten DRF's nested error details into ``{loc, msg, type}`` rows."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        return [{"loc": list(loc), "msg": str(details["message"]), "type": str(details["code"])}]
    if isinstance(details, dict):
        steps = [(() if key == "non_field_errors" else (key,), value) for key, value in details.items()]
    else:
        leaf = all(isinstance(item, dict) and set(item) == {"message", "code"} for item in details)
        steps = [(() if leaf else (index,), item) for index, item in enumerate(details) if item]
    return [row for step, value in steps for row in field_errors(value, loc + step)]
