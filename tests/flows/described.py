"""Operations against their own description: which part of the document, what is checked, how many examples."""

import os
from typing import Any

import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

#: No 5xx, no answer the document does not know.
ANSWERS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
#: Beside that: what the document forbids is refused, and headers are as it says.
ALL = [*ANSWERS, negative_data_rejection, response_headers_conformance]


def document(*prefixes: str) -> dict[str, Any]:
    """Return the OpenAPI document of the operations below some addresses."""
    from drf_spectacular.generators import SchemaGenerator

    whole = SchemaGenerator().get_schema(request=None, public=True)
    whole["paths"] = {path: item for path, item in whole["paths"].items() if path.startswith(prefixes)}
    return whole


def loaded(described: dict[str, Any]) -> Any:
    """Return a document as schemathesis takes it, its operations answered by this process."""
    schema = schemathesis.openapi.from_dict(described)
    schema.app = get_wsgi_application()
    return schema


def examples(count: int) -> Any:
    """Return the decorator that tries so many examples an operation, the same ones on every machine.

    ``SCHEMA_EXAMPLES`` asks for another number: 200 are worth their half hour now and then.
    """
    return settings(
        max_examples=int(os.environ.get("SCHEMA_EXAMPLES", count)), deadline=None, derandomize=True, database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
