"""The operations of this package against their own description: no 5xx, no answer the schema does not know."""

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from accounts.services.agent_keys import agent_key_create
from accounts.tests.support import fresh_limits, login
from core import clock

__all__ = ["fresh_limits"]
pytestmark = [pytest.mark.django_db, pytest.mark.anydb]
EXAMPLES = 8
CHECKS = [
    not_a_server_error, negative_data_rejection, content_type_conformance, response_headers_conformance,
    response_schema_conformance, status_code_conformance,
]  # fmt: skip


def document() -> dict[str, Any]:
    """Return the OpenAPI document of the operations of this package."""
    from drf_spectacular.generators import SchemaGenerator

    whole = SchemaGenerator().get_schema(request=None, public=True)
    ours = ("/api/auth/", "/api/agent/key", "/api/agent/pending-token")
    whole["paths"] = {path: item for path, item in whole["paths"].items() if path.startswith(ours)}
    return whole


SCHEMA = schemathesis.openapi.from_dict(document())
SCHEMA.app = get_wsgi_application()


def test_the_document_names_every_credential() -> None:
    schemes = document()["components"]["securitySchemes"]
    assert set(schemes) >= {"kite_session", "jwt", "jwt_cookie", "agent_key"}
    paths = document()["paths"]
    assert len(paths) >= 24
    assert "requestBody" in paths["/api/auth/account"]["delete"]
    assert paths["/api/agent/pending-token"]["get"]["security"] == [{"agent_key": []}]
    for item in paths.values():
        for operation in item.values():
            assert operation["description"]


@pytest.mark.parametrize("signed", [True, False], ids=["signed in", "nobody"])
@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_operations(case: Any, signed: bool, user: User) -> None:
    headers = {}
    if signed:
        User.objects.filter(pk=user.pk).update(is_active=True)
        if case.path.startswith("/api/agent/p"):
            headers["Authorization"] = f"Bearer {agent_key_create(user=user, ip='', now=clock.now()).text}"
        else:
            user.set_password("correct horse")
            user.save()
            headers["Authorization"] = f"Bearer {login(Client(), user.email)}"
    case.call_and_validate(headers=headers, checks=CHECKS)
