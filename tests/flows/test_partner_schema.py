"""The partner surface against its own description, with a key of each kind: no 5xx, no answer the schema knows not."""

from typing import Any

import pytest
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

from accounts.tests.support import fresh_limits
from core import clock
from partners.api.base import SCENARIO_HEADER
from partners.constants import Environment, Plan
from partners.models import Partner
from partners.services.keys import key_create

__all__ = ["fresh_limits"]
pytestmark = [pytest.mark.django_db, pytest.mark.anydb, pytest.mark.slow]
EXAMPLES = 5
CHECKS = [
    not_a_server_error, negative_data_rejection, content_type_conformance, response_headers_conformance,
    response_schema_conformance, status_code_conformance,
]  # fmt: skip
PREFIX = "/api/partner/v1/"
KINDS = {"live": (Environment.LIVE, False), "test": (Environment.TEST, False), "admin": (Environment.LIVE, True)}


def document() -> dict[str, Any]:
    """Return the OpenAPI document of the partner surface, without the header that forces failures: live keys ignore it,
    and what it forces on test keys has tests of its own.
    """
    from drf_spectacular.generators import SchemaGenerator

    whole = SchemaGenerator().get_schema(request=None, public=True)
    whole["paths"] = {path: item for path, item in whole["paths"].items() if path.startswith(PREFIX)}
    for operation in [one for item in whole["paths"].values() for one in item.values()]:
        parameters = operation.get("parameters", [])
        operation["parameters"] = [one for one in parameters if one["name"] != SCENARIO_HEADER]
    return whole


SCHEMA = schemathesis.openapi.from_dict(document())
SCHEMA.app = get_wsgi_application()


@pytest.mark.parametrize("kind", [*KINDS, "none"])
@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_operations(case: Any, kind: str) -> None:
    headers = {}
    if kind in KINDS:
        environment, is_admin = KINDS[kind]
        fields = {"plan": Plan.ELITE, "is_admin": is_admin, "created_at": clock.now()}
        partner, _ = Partner.objects.get_or_create(name="Schema", defaults=fields)
        made = key_create(partner=partner, environment=environment, actor="test", now=clock.now())
        headers["Authorization"] = f"Bearer {made.text}"
    # A query parameter nobody knows is ignored, here as everywhere; those that are known have tests of their own.
    checks = [check for check in CHECKS if case.method != "GET" or check is not negative_data_rejection]
    case.call_and_validate(headers=headers, checks=checks)
