"""What tests of accounts share: fresh limits, the mails a worker would send, short ways to call the API."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import tasks
from accounts.hashers import PlatformHasher
from accounts.models import OneTimeCode
from core.ratelimit import shared_limiter

PASSWORD = "correct horse"


class Mailed(NamedTuple):
    """The secrets a person finds in a mail."""

    token: str
    code: str
    text: str


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test begins with nothing counted, and hashes passwords cheaply."""
    for name, value in {"time_cost": 1, "memory_cost": 64, "parallelism": 1}.items():
        monkeypatch.setattr(PlatformHasher, name, value)
    shared_limiter.cache_clear()
    if settings.REDIS_URL:
        import redis

        client = redis.Redis.from_url(settings.REDIS_URL)
        for key in client.scan_iter("ratelimit:*"):
            client.delete(key)
    yield
    shared_limiter.cache_clear()


@pytest.fixture
def eager_tasks() -> Iterator[None]:
    """Tasks run where they are queued."""
    from celery import current_app as app

    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def deliver() -> None:
    """Do what the worker does with the requests that wait."""
    for code_id in OneTimeCode.objects.filter(minted_at__isnull=True).values_list("pk", flat=True):
        tasks.mail_code(code_id=code_id)


def last_mail() -> Mailed:
    """Return link token and code of the newest mail."""
    text = str(mail.outbox[-1].body)
    token = re.search(r"token=([0-9a-f]+)", text)
    code = re.search(r"^ {4}(\d{6})$", text, re.M)
    assert token, text
    assert code, text
    return Mailed(token[1], code[1], text)


def post(client: Client, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    """POST JSON below ``/api/``."""
    return client.post(f"/api/{path}", body or {}, content_type="application/json", headers=headers)


def ask_for_mail(client: Client, email: str, path: str = "auth/magic-link") -> Mailed:
    """Ask for a code, let the worker run, and read the mail."""
    answer = post(client, path, {"email": email})
    assert answer.status_code == 200, answer.content
    deliver()
    return last_mail()


def login(client: Client, email: str, password: str = PASSWORD, **more: str) -> str:
    """Return a JSON Web Token."""
    answer = post(client, "auth/login", {"email": email, "password": password, **more})
    assert answer.status_code == 200, answer.content
    return answer.json()["access_token"]


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token or a key."""
    return {"authorization": f"Bearer {token}"}
