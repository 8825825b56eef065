"""Query parameters: parsed by a serializer, refused with 400 and the parameter's name; pages of lists."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.errors import field_errors
from core.errors import InvalidRequest, describe

MAX_OFFSET = 1_000_000
#: How the document of the API describes the header that `paged` sets.
TOTAL_COUNT = OpenApiParameter("X-Total-Count", int, OpenApiParameter.HEADER, response=True)


def parse_query(serializer_class: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated query of ``request``; unknown parameters are left alone, bad ones are a 400."""
    serializer = serializer_class(data={key: request.query_params[key] for key in request.query_params})
    try:
        serializer.is_valid(raise_exception=True)
    except serializers.ValidationError as exc:
        raise InvalidRequest(describe(field_errors(exc.get_full_details()))) from None
    return serializer.validated_data


class PageQuery(serializers.Serializer):
    """``limit`` and ``offset`` of a list; a value out of range is refused, not clamped (CONTRACT 2)."""

    limit = serializers.IntegerField(min_value=1, max_value=500, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=MAX_OFFSET, default=0)


def paged(request: Request, items: QuerySet | Sequence[Any], *, limit: int, offset: int, render: Any) -> Response:
    """Answer one page as a bare array, with ``X-Total-Count`` and ``Link``."""
    total = items.count() if isinstance(items, QuerySet) else len(items)
    response = Response([render(item) for item in items[offset : offset + limit]])
    response["X-Total-Count"] = str(total)
    links = []
    if offset + limit < total:
        links.append(f'<{_page_url(request, limit, offset + limit)}>; rel="next"')
    if offset > 0:
        links.append(f'<{_page_url(request, limit, max(0, offset - limit))}>; rel="prev"')
    if links:
        response["Link"] = ", ".join(links)
    return response


def _page_url(request: Request, limit: int, offset: int) -> str:
    query = {key: request.query_params[key] for key in request.query_params} | {"limit": limit, "offset": offset}
    return f"{request.path}?{urlencode(query)}"
