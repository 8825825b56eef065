"""The operations of this package against their own description: no 5xx, no answer the schema does not know."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services.agent_keys import agent_key_create
from accounts.tests.support import fresh_limits, login
from core import clock
from tests.flows.described import ALL, document, examples, loaded

__all__ = ["fresh_limits"]
pytestmark = [pytest.mark.django_db, pytest.mark.anydb]
DOCUMENT = document("/api/auth/", "/api/agent/key", "/api/agent/pending-token")
SCHEMA = loaded(DOCUMENT)


def test_the_document_names_every_credential() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert set(schemes) >= {"kite_session", "jwt", "jwt_cookie", "agent_key"}
    paths = DOCUMENT["paths"]
    assert len(paths) >= 24
    assert "requestBody" in paths["/api/auth/account"]["delete"]
    assert paths["/api/agent/pending-token"]["get"]["security"] == [{"agent_key": []}]
    for item in paths.values():
        for operation in item.values():
            assert operation["description"]


@pytest.mark.parametrize("signed", [True, False], ids=["signed in", "nobody"])
@SCHEMA.parametrize()
@examples(8)
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
    case.call_and_validate(headers=headers, checks=ALL)
