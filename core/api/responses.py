"""JSON in and out: orjson, no NaN or Infinity, errors in the shape of the surface they leave by."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock, request_id
from core.api.errors import Surface, surface_of, translate
from core.errors import MalformedBody, PlatformError, ValidationFailed

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


def dumps(value: Any) -> bytes:
    """Encode to JSON. Instants as ``…Z``, Decimals as numbers; NaN and Infinity become null (orjson's rule)."""
    return orjson.dumps(value, default=_default, option=_OPTIONS)


def _default(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.isoformat_z(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, context: dict | None = None) -> bytes:
        return b"" if data is None else dumps(data)


class JsonParser(BaseParser):
    """Parse a JSON body that must be one object; a NUL character is refused with its place."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, context: dict | None = None) -> dict[str, Any]:
        raw = stream.read()
        try:
            value = orjson.loads(raw) if raw.strip() else {}
        except (orjson.JSONDecodeError, RecursionError) as exc:
            raise MalformedBody(f"The body is not valid JSON: {exc}.") from None
        if not isinstance(value, dict):
            row = {"loc": [], "msg": "The body must be a JSON object.", "type": "not_an_object"}
            raise ValidationFailed(row["msg"], errors=[row])
        if b"\\u0000" in raw and (loc := _find_nul(value)) is not None:
            row = {"loc": loc, "msg": "Null characters are not allowed.", "type": "null_characters_not_allowed"}
            raise ValidationFailed(errors=[row])
        return value


def _find_nul(value: Any) -> list[str | int] | None:
    stack: list[tuple[list[str | int], Any]] = [([], value)]
    while stack:
        loc, item = stack.pop()
        if isinstance(item, str) and "\x00" in item:
            return loc
        if isinstance(item, dict):
            if bad := next((key for key in item if "\x00" in key), None):
                return [*loc, bad.replace("\x00", "\\u0000")]
            stack.extend(([*loc, key], inner) for key, inner in item.items())
        elif isinstance(item, list):
            stack.extend(([*loc, index], inner) for index, inner in enumerate(item))
    return None


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: expected errors are rendered here, the unexpected fall through to the middleware, which logs them."""
    error = translate(exc)
    if error.status >= 500 and not isinstance(exc, PlatformError):
        return None
    request: Request = context["request"]
    surface = surface_of(request.path)
    assert surface is not None, f"DRF view outside every surface: {request.path}"
    response = Response(surface.body(error, request_id.get()), status=surface.status(error))
    for name, value in error_headers(surface, error, getattr(exc, "auth_header", None)).items():
        response[name] = value
    if error.status == 405:
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def error_response(request: HttpRequest, error: PlatformError, surface: Surface) -> HttpResponse:
    """Render ``error`` outside DRF: unknown paths, middleware refusals, unhandled exceptions."""
    body = dumps(surface.body(error, request_id.get()))
    headers = error_headers(surface, error)
    return HttpResponse(body, status=surface.status(error), content_type="application/json", headers=headers)


def error_headers(surface: Surface, error: PlatformError, challenge: str | None = None) -> dict[str, str]:
    """Return the headers that belong to an error: Retry-After, WWW-Authenticate."""
    headers = dict(error.headers)
    if error.status == 401:
        headers["WWW-Authenticate"] = challenge or surface.challenge
    return headers
