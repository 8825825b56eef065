"""What happens to every request before and after its view."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core import clock, errors, request_id
from core.addresses import client_address
from core.api.errors import surface_of, translate
from core.api.responses import error_response

log = logging.getLogger("platform.access")
failures = logging.getLogger("platform.errors")

Handler = Callable[[HttpRequest], HttpResponse]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class RequestContext:
    """Give the request an id, log how it ended, and turn every refusal under an API prefix into its error body."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        rid = request_id.accept(request.headers.get("X-Request-ID"))
        token = request_id.set(rid)
        started = clock.monotonic()
        request.client_address = client_address(request.META, settings.TRUSTED_PROXIES)
        try:
            response = self._answer(request)
            response["X-Request-ID"] = rid
            took_ms = round((clock.monotonic() - started) * 1000, 2)
            extra = {"method": request.method, "path": request.path, "status": response.status_code, "took_ms": took_ms}
            log.info("request", extra=extra | {"client": request.client_address})
            return response
        finally:
            request_id.reset(token)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if (refusal := _refuse(request)) is not None:
            surface = surface_of(request.path)
            return (
                error_response(request, refusal, surface)
                if surface
                else HttpResponse(refusal.detail, status=refusal.status)
            )
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        """Log what nobody expected; under an API prefix answer in its shape, elsewhere let Django make the 500 page."""
        error = translate(exc)
        if error.status >= 500:
            failures.error("unhandled exception", exc_info=exc, extra={"path": request.path, "code": error.code})
        surface = surface_of(request.path)
        return error_response(request, error, surface) if surface else None


def _refuse(request: HttpRequest) -> errors.PlatformError | None:
    """Return why a request is not even looked at: NUL bytes in the address, a body over the limit, a packed body."""
    if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        return errors.InvalidRequest("The address contains a null character.")
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return errors.InvalidRequest("Content-Length is not a number.")
    limit = body_limit(request.path)
    if length > limit:
        return errors.PayloadTooLarge(f"The body may have at most {limit} bytes; this one has {length}.")
    packed = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if packed not in ("", "identity"):
        return errors.UnsupportedMediaType(f"Content-Encoding: {packed[:40]} is not taken; send the body as it is.")
    return None


def body_limit(path: str) -> int:
    """Return the largest body in bytes that ``path`` takes: uploads more than the rest."""
    return settings.UPLOAD_MAX_BYTES if path.startswith("/api/uploads/") else settings.BODY_MAX_BYTES


class CrossSiteProtection:
    """Refuse writes that a browser sends from another site (CONTRACT 2).

    The check is made of headers that pages cannot forge, not of a token, because scripts authenticate with the
    cookie alone. Requests with neither ``Sec-Fetch-Site`` nor ``Origin`` come from no browser and pass. Bearer
    credentials are not sent by browsers on their own, so they need no check.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in SAFE_METHODS and not _bearer(request) and _cross_site(request):
            error = errors.CrossSite("This request came from another site and was refused.")
            surface = surface_of(request.path)
            return error_response(request, error, surface) if surface else HttpResponse(error.detail, status=403)
        return self.get_response(request)


def _bearer(request: HttpRequest) -> bool:
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


def _cross_site(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:  # the browser's own verdict, which also compares schemes
        return site not in ("same-origin", "none") and (origin or "").lower() not in settings.TRUSTED_ORIGINS
    return origin is not None and not same_origin(origin, request.get_host())


def same_origin(origin: str | None, host: str) -> bool:
    """Return whether ``Origin`` names the host the request was sent to, or one the deployment trusts.

    Where cookies travel over TLS only, a page that came without it is another site: whoever is in the network may
    have written it.
    """
    given = (origin or "").lower()
    if given in settings.TRUSTED_ORIGINS:
        return True
    scheme, mark, rest = given.partition("://")
    return bool(mark) and rest == host.lower() and (scheme == "https" or not settings.SESSION_COOKIE_SECURE)


class SecurityHeaders:
    """Content-Security-Policy and its company. Nothing is loaded from anywhere but ourselves."""

    POLICY = (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    )

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(("/admin/", "/api/docs")):
            response.headers.setdefault("Content-Security-Policy", self.POLICY)
        if surface_of(request.path):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
