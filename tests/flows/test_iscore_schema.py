"""I-Score and Record against their own description: no 5xx, no answer the schema does not know."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from accounts.tests.support import fresh_limits, login
from signals.services import market_data
from signals.services.iscore import scoring
from tests.flows.pocket import make_universe

__all__ = ["fresh_limits"]
pytestmark = [pytest.mark.django_db, pytest.mark.anydb]
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


def document() -> dict[str, Any]:
    """Return the OpenAPI document of these operations."""
    from drf_spectacular.generators import SchemaGenerator

    whole = SchemaGenerator().get_schema(request=None, public=True)
    ours = ("/api/iscore", "/api/record")
    whole["paths"] = {path: item for path, item in whole["paths"].items() if path.startswith(ours)}
    return whole


SCHEMA = schemathesis.openapi.from_dict(document())
SCHEMA.app = get_wsgi_application()


@pytest.fixture
def _market(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    market_data.forget()
    scoring.forget()
    make_universe("nifty_100")


def test_every_operation_is_described() -> None:
    paths = document()["paths"]
    assert set(paths) == {
        "/api/iscore", "/api/iscore/{symbol}", "/api/iscore/{symbol}/history", "/api/record", "/api/record/verify",
    }  # fmt: skip
    for item in paths.values():
        assert item["get"]["description"]
        assert item["get"]["security"]


@pytest.mark.usefixtures("_market")
@pytest.mark.parametrize("signed", [True, False], ids=["signed in", "nobody"])
@SCHEMA.parametrize()
@settings(
    max_examples=3, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_operations(case: Any, signed: bool, user: User) -> None:
    headers = {"Authorization": f"Bearer {login(Client(), user.email)}"} if signed else {}
    case.call_and_validate(headers=headers, checks=CHECKS)
