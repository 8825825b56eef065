"""Two-factor sign-in."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import TotpDevice, User
from accounts.services.totp import totp_code, totp_step
from accounts.tests.support import ask_for_mail, bearer, fresh_limits, post
from core import clock
from core.request_id import new

__all__ = ["fresh_limits"]
pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)

# RFC 6238, appendix B, SHA-1, last six of its eight digits.
VECTORS = [
    (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
    (20000000000, "353130"),
]  # fmt: skip


@pytest.mark.parametrize(("second", "code"), VECTORS)
def test_published_vectors(second: int, code: str) -> None:
    assert totp_code(b"12345678901234567890", second // 30) == code


def code_at(secret: str, moment: datetime) -> str:
    return totp_code(base64.b32decode(secret), totp_step(moment))


@pytest.fixture
def enrolled(user: User) -> tuple[str, list[str]]:
    """The secret of the user's app, set up at START, and his recovery codes."""
    client = Client()
    with clock.frozen(START):
        client.force_login(user)
        made = post(client, "auth/totp")
        assert made.status_code == 201
        secret = made.json()["secret"]
        assert f"secret={secret}" in made.json()["uri"]
        assert made.json()["qr_svg"].startswith("<svg")
        assert post(client, "auth/totp/confirm", {"otp": "000000"}).status_code == 400
        confirmed = post(client, "auth/totp/confirm", {"otp": code_at(secret, START)})
        assert confirmed.status_code == 200
        assert client.get("/api/auth/totp").json()["recovery_codes_left"] == 10
        assert post(client, "auth/totp").status_code == 409
    return secret, confirmed.json()["recovery_codes"]


GOOD = {"email": "asha@example.com", "password": "correct horse"}


@pytest.mark.parametrize("path", ["auth/password-login", "auth/login"])
def test_signing_in_asks_for_the_code(client: Any, enrolled: tuple[str, list[str]], path: str) -> None:
    secret, recovery = enrolled
    with clock.frozen(START + timedelta(minutes=5)):
        asked = post(client, path, GOOD)
        assert asked.status_code == 401
        assert asked.json()["code"] == "TOTP_REQUIRED"
        assert not asked.cookies
        assert post(client, path, GOOD | {"otp": "123456"}).json()["code"] == "UNAUTHENTICATED"
        code = code_at(secret, clock.now())
        assert post(client, path, GOOD | {"otp": code}).status_code == 200
        assert post(client, path, GOOD | {"otp": code}).status_code == 401  # each code counts once
        former = code_at(secret, clock.now() - timedelta(seconds=30))
        assert post(client, path, GOOD | {"otp": former}).status_code == 401
        assert post(client, path, GOOD | {"otp": recovery[0].upper()}).status_code == 200
        assert post(client, path, GOOD | {"otp": recovery[0]}).status_code == 401


def test_a_neighbouring_step_counts_and_no_further_one(client: Any, enrolled: tuple[str, list[str]]) -> None:
    secret = enrolled[0]
    with clock.frozen(START + timedelta(minutes=5)):
        for seconds, status in ((-60, 401), (60, 401), (-30, 200), (30, 200)):
            code = code_at(secret, clock.now() + timedelta(seconds=seconds))
            assert post(client, "auth/login", GOOD | {"otp": code}).status_code == status, seconds


def test_ten_wrong_codes(client: Any, enrolled: tuple[str, list[str]]) -> None:
    secret = enrolled[0]
    with clock.frozen(START + timedelta(minutes=5)):
        for _ in range(10):
            assert post(client, "auth/login", GOOD | {"otp": "12345"}).status_code == 401
        assert post(client, "auth/login", GOOD | {"otp": code_at(secret, clock.now())}).status_code == 429


def test_signing_in_by_mail_asks_too_and_keeps_the_mail_usable(client: Any, enrolled: tuple[str, list[str]]) -> None:
    User.objects.update(email_verified_at=START)
    with clock.frozen(START + timedelta(minutes=5)):
        mailed = ask_for_mail(client, GOOD["email"])
        asked = post(client, "auth/verify-link", {"token": mailed.token})
        assert asked.json()["code"] == "TOTP_REQUIRED"
        body = {"email": GOOD["email"], "otp": mailed.code}
        assert post(client, "auth/verify-link", body).json()["code"] == "TOTP_REQUIRED"
        body["totp"] = code_at(enrolled[0], clock.now())
        assert post(client, "auth/verify-link", body).status_code == 200


def test_the_first_proof_of_an_address_ends_a_second_factor_set_before(
    client: Any, enrolled: tuple[str, list[str]]
) -> None:
    mailed = ask_for_mail(client, GOOD["email"])
    assert post(client, "auth/verify-link", {"token": mailed.token}).status_code == 200
    assert not TotpDevice.objects.exists()


def test_switching_it_off_takes_a_code(client: Any, user: User, enrolled: tuple[str, list[str]]) -> None:
    client.force_login(user)
    assert post(client, "auth/totp/disable", {"otp": "000000"}).status_code == 401
    assert post(client, "auth/totp/disable", {"otp": enrolled[1][3]}).json() == {"enabled": False}
    assert post(client, "auth/totp/disable", {"otp": enrolled[1][4]}).status_code == 409
    assert post(client, "auth/login", GOOD).status_code == 200


def test_the_sign_in_page_takes_the_code(client: Any, enrolled: tuple[str, list[str]]) -> None:
    with clock.frozen(START + timedelta(minutes=5)):
        asked = client.post("/login/", GOOD)
        assert asked.status_code == 401
        assert asked.context["needs_otp"]
        assert client.post("/login/", GOOD | {"otp": code_at(enrolled[0], clock.now())}).status_code == 302


def test_administrators_need_it_when_the_deployment_says_so(client: Any, settings: Any, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    assert client.get("/api/auth/admin/users").status_code == 200
    settings.ADMIN_REQUIRE_TOTP = True
    refused = client.get("/api/auth/admin/users", headers={"x-request-id": new()})
    assert refused.status_code == 403
    assert refused.json()["code"] == "TOTP_REQUIRED"
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/login/").status_code == 403
    with clock.frozen(START):
        secret = post(client, "auth/totp").json()["secret"]
        post(client, "auth/totp/confirm", {"otp": code_at(secret, START)})
    assert client.get("/admin/").status_code == 200
    assert client.get("/api/auth/admin/users").status_code == 200
    with clock.frozen(START + timedelta(minutes=5)):
        token = post(Client(), "auth/login", GOOD | {"otp": code_at(secret, clock.now())}).json()["access_token"]
        assert Client().get("/api/auth/admin/users", headers=bearer(token)).status_code == 200
