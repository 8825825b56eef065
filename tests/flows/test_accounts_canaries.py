"""Secrets sent through every flow are found nowhere afterwards: database, logs, mails, queue, cache, disk."""

import base64
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from celery.signals import before_task_publish
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts.services.totp import totp_code, totp_step
from accounts.tests.support import bearer, deliver, fresh_limits, last_mail, post
from core import clock

__all__ = ["fresh_limits"]
pytestmark = pytest.mark.django_db

PASSWORDS = ["canary-first-3f81", "canary-wrong-90aa", "canary-second-77b2", "canary-third-c0de"]
BROKER = {"api_key": "canarykey51d0f1b7", "api_secret": "canarysecret8e22aa41"}
REQUEST_TOKEN = "canaryrequesttoken4477"


@pytest.fixture
def queued() -> Iterator[list[str]]:
    """Everything that is put into the queue, as text."""
    seen: list[str] = []

    def note(body: Any = None, headers: Any = None, **_: Any) -> None:
        seen.append(f"{body!r} {headers!r}")

    before_task_publish.connect(note, weak=False)
    yield seen
    before_task_publish.disconnect(note)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, at every level, as the platform writes it."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    formatting = settings.LOGGING["formatters"]["line"] | {}
    handler.setFormatter(formatting.pop("()")(**formatting))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def sign_ins(client: Client, email: str) -> dict[str, str]:
    """Go through registration, every way in, password change and reset. Return the secrets that were seen."""
    first, wrong, second, third = PASSWORDS
    made = post(client, "auth/register", {"email": email, "password": first})
    seen = {"first token": made.json()["access_token"]}
    post(client, "auth/login", {"email": email, "password": wrong})
    post(client, "auth/password-login", {"email": email, "password": wrong})
    client.post("/login/", {"email": email, "password": wrong})
    post(client, "auth/magic-link", {"email": email, "password": wrong})  # a key that does not belong there
    post(client, "auth/magic-link", {"email": email})
    deliver()
    mailed = last_mail()
    seen |= {"link": mailed.token, "browser": client.cookies["code_request"].value}
    client.get(f"/login/verify?token={mailed.token}")
    assert post(client, "auth/verify-link", {"email": email, "otp": mailed.code}).status_code == 200
    assert post(client, "auth/password", {"new_password": second}).status_code == 200
    assert post(client, "auth/password", {"current_password": wrong, "new_password": second}).status_code == 422
    post(client, "auth/password-reset", {"email": email})
    deliver()
    seen["reset link"] = last_mail().token
    body = {"token": last_mail().token, "new_password": third}
    assert post(client, "auth/password-reset/confirm", body).status_code == 200
    seen["token"] = post(client, "auth/login", {"email": email, "password": third}).json()["access_token"]
    assert post(client, "auth/password-login", {"email": email, "password": third}).status_code == 200
    return seen | {"session": client.cookies["kite_session"].value}


def credentials(client: Client) -> dict[str, str]:
    """Make an agent key, store broker credentials, go to Kite and back, switch the second factor on."""
    seen = {"agent key": post(client, "agent/key").json()["key"]}
    client.get("/api/agent/pending-token", headers=bearer(seen["agent key"] + "x"))
    for broker in ("kite", "icici"):
        assert post(client, f"auth/{broker}-credentials", BROKER).status_code == 200
        post(client, f"auth/{broker}-credentials", BROKER | {"api_secret": ["canarysecret8e22aa41"]})
    url = client.get("/api/auth/kite/login")["Location"]
    seen["state"] = parse_qs(parse_qs(urlsplit(url).query)["redirect_params"][0])["state"][0]
    back = {"status": "success", "request_token": REQUEST_TOKEN}
    assert client.get("/api/auth/kite/callback", back | {"state": "wrong"}).status_code == 400
    assert client.get("/api/auth/kite/callback", back | {"state": seen["state"]}).status_code == 302
    assert client.get("/api/agent/pending-token", headers=bearer(seen["agent key"])).json()["request_token"]
    seen["authenticator"] = post(client, "auth/totp").json()["secret"]
    code = totp_code(base64.b32decode(seen["authenticator"]), totp_step(clock.now()))
    codes = post(client, "auth/totp/confirm", {"otp": code}).json()["recovery_codes"]
    return seen | {f"recovery code {n}": text for n, text in enumerate(codes)}


def dump() -> str:
    """Return every value of every table."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            texts.append(f"{table} {cursor.fetchall()!r}")
    return "\n".join(texts)


def disk() -> str:
    """Return everything below the state directory that a server would leave there."""
    everything = [path for path in Path(settings.STATE_DIR).rglob("*") if path.is_file()]
    files = [path for path in everything if path.stat().st_size < 50_000_000]
    return "\n".join(path.read_bytes().decode("latin-1") for path in files if path.name != "secret_key")


def cached() -> str:
    """Return what caches hold, Redis included where there is one."""
    texts = [repr(getattr(cache, "_cache", ""))]
    if settings.REDIS_URL:
        import redis

        client = redis.Redis.from_url(settings.REDIS_URL)
        for key in client.scan_iter("*"):
            kind = client.type(key)
            value = {b"string": client.get, b"list": lambda k: client.lrange(k, 0, -1)}.get(kind, lambda k: b"")(key)
            texts.append(f"{key!r} {value!r}")
    return "\n".join(texts)


def test_canaries(client: Any, queued: list[str], logged: io.StringIO, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        seen = sign_ins(client, "canary@example.com") | credentials(client)
        pages = ("export", "activity", "sessions", "me", "profile", "kite-credentials")
        answers = [client.get(f"/api/auth/{name}").content.decode() for name in pages]
    fixed = {name: name for name in [*PASSWORDS, *BROKER.values(), REQUEST_TOKEN]}
    secrets = fixed | seen | {"token's identity": json.loads(_payload(seen["token"]))["jti"]}
    places = {
        "database": dump(), "logs": logged.getvalue(), "queue": "\n".join(queued), "cache": cached(), "disk": disk(),
        "answers": "\n".join(answers),
        "mail": "\n".join(str(message.message()) for message in mail.outbox),
    }  # fmt: skip
    assert "accounts_user" in places["database"]
    assert "password-login" in places["logs"]
    assert queued
    found = [
        f"{name} in {place}"
        for place, text in places.items()
        for name, secret in secrets.items()
        if secret in text and not (place == "mail" and "link" in name)
    ]
    assert found == []


def _payload(token: str) -> bytes:
    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
