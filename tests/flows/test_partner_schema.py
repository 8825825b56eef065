"""The partner surface against its own description, with a key of each kind: no 5xx, no answer the schema knows not."""

from datetime import timedelta
from typing import Any

import pytest
from schemathesis.specs.openapi.checks import negative_data_rejection

from accounts.tests.support import fresh_limits
from core import clock
from partners.api.base import SCENARIO_HEADER
from partners.constants import Environment, Plan
from partners.models import Partner
from partners.services.keys import key_create
from tests.flows.described import ALL, document, examples, loaded

__all__ = ["fresh_limits"]
pytestmark = [pytest.mark.django_db, pytest.mark.anydb, pytest.mark.slow]
KINDS = {"live": (Environment.LIVE, False), "test": (Environment.TEST, False), "admin": (Environment.LIVE, True)}


def partner_document() -> dict[str, Any]:
    """Return the OpenAPI document of the partner surface, without the header that forces failures: live keys ignore it,
    and what it forces on test keys has tests of its own.
    """
    whole = document("/api/partner/v1/")
    for operation in [one for item in whole["paths"].values() for one in item.values()]:
        parameters = operation.get("parameters", [])
        operation["parameters"] = [one for one in parameters if one["name"] != SCENARIO_HEADER]
    return whole


SCHEMA = loaded(partner_document())


@pytest.mark.parametrize("kind", [*KINDS, "none"])
@SCHEMA.parametrize()
@examples(5)
def test_operations(case: Any, kind: str) -> None:
    headers = {}
    if kind in KINDS:
        environment, is_admin = KINDS[kind]
        fields = {"plan": Plan.ELITE, "is_admin": is_admin, "created_at": clock.now()}
        partner, _ = Partner.objects.get_or_create(name="Schema", defaults=fields)
        at_once = timedelta(0)  # the keys of earlier examples end: an environment has few
        made = key_create(partner=partner, environment=environment, actor="test", now=clock.now(), overlap=at_once)
        headers["Authorization"] = f"Bearer {made.text}"
    # A query parameter nobody knows is ignored, here as everywhere; those that are known have tests of their own.
    checks = [check for check in ALL if case.method != "GET" or check is not negative_data_rejection]
    case.call_and_validate(headers=headers, checks=checks)
