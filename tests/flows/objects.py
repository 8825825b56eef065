"""What an app says of its routes that name an object, for `test_object_matrix`.

A factory makes an object of ``owner`` whose text holds ``MARKER`` and returns a `Target`. An app keeps its factories in
``<app>/tests/object_routes.py``: ``OBJECTS`` maps a route, as the URL configuration spells it, to its factory;
``NOBODYS`` maps a route that names nothing of a person (a symbol, a public list) to the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

MARKER = "zebra-7c41"


@dataclass(frozen=True)
class Target:
    """An object of somebody: the route's parameters, the rows to watch, a body that a write would take, and a query.

    ``reached``: what its owner is answered.
    """

    kwargs: dict[str, Any]
    rows: QuerySet[Any]
    body: dict[str, Any]
    query: dict[str, Any] = field(default_factory=dict)
    reached: frozenset[int] = frozenset({200, 201})


Factory = Callable[[Any], Target]
