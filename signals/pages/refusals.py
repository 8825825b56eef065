"""Pages that say why they cannot show their numbers."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import request_id
from core.errors import PlatformError


def refused(request: HttpRequest, template: str, context: Mapping[str, Any], error: PlatformError) -> HttpResponse:
    """Return a page with the reason in words, and with the error's status and headers.

    A part that htmx asked for is a 200: with another status htmx would not put the words in their place.
    """
    told = {**context, "failure": error.detail, "request_id": request_id.get()}
    status = 200 if request.headers.get("HX-Request") else error.status
    response = render(request, template, told, status=status)
    for name, value in error.headers.items():
        response[name] = value
    return response
