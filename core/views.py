"""Django's own error handlers and the catch-all of the API prefixes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

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


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, translate(exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, translate(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, errors.NotFound(f"There is nothing at {request.path}."))


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, translate(RuntimeError()))
