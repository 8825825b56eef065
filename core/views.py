"""Django's own error handlers and the catch-all of the API prefixes."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils.http import escape_leading_slashes
from django.views import View

from core import errors, request_id
from core.api.errors import surface_of, translate
from core.api.responses import error_response


def _answer(request: HttpRequest, error: errors.PlatformError) -> HttpResponse:
    surface = surface_of(request.path)
    if surface is not None:
        return error_response(request, error, surface)
    context = {"error": error, "request_id": request_id.get(), "places": []}
    return render(request, "error.html", context, status=error.status)


def unknown_path(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Answer any path below an API prefix that no view takes."""
    return _answer(request, errors.NotFound(f"There is nothing at {request.path}."))


class SurfaceView(View):
    """A document below an API prefix: a wrong method is refused in the body of its surface."""

    def http_method_not_allowed(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        text = f'Method "{request.method}" not allowed. The Allow header names those that this address takes.'
        response = _answer(request, errors.MethodNotAllowed(text))
        response.headers["Allow"] = ", ".join(self._allowed_methods())
        return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, translate(exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, translate(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what no address matches; a page typed without its last slash is sent to the page."""
    is_page = request.method in ("GET", "HEAD") and surface_of(request.path) is None
    if is_page and not request.path.endswith("/") and is_valid_path(f"{request.path}/"):
        return HttpResponsePermanentRedirect(escape_leading_slashes(request.get_full_path(force_append_slash=True)))
    return _answer(request, errors.NotFound(f"There is nothing at {request.path}."))


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, translate(RuntimeError()))
