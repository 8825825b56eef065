"""I-Score and Record against their own description: no 5xx, no answer the schema does not know."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.support import fresh_limits, login
from tests.flows.described import ANSWERS, document, examples, loaded
from tests.flows.pocket import make_universe
from tests.memories import forget

__all__ = ["fresh_limits"]
pytestmark = [pytest.mark.django_db, pytest.mark.anydb]
DOCUMENT = document("/api/iscore", "/api/record")
SCHEMA = loaded(DOCUMENT)


@pytest.fixture
def _market(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    forget()
    make_universe("nifty_100")


def test_every_operation_is_described() -> None:
    paths = DOCUMENT["paths"]
    assert set(paths) == {
        "/api/iscore", "/api/iscore/{symbol}", "/api/iscore/{symbol}/history", "/api/record", "/api/record/verify",
    }  # fmt: skip
    for item in paths.values():
        assert item["get"]["description"]
        assert item["get"]["security"]


@pytest.mark.usefixtures("_market")
@pytest.mark.parametrize("signed", [True, False], ids=["signed in", "nobody"])
@SCHEMA.parametrize()
@examples(3)
def test_operations(case: Any, signed: bool, user: User) -> None:
    headers = {"Authorization": f"Bearer {login(Client(), user.email)}"} if signed else {}
    case.call_and_validate(headers=headers, checks=ANSWERS)
