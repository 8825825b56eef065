"""What the settings pages do: brokers, profile, notifications, export, deletion; administration."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import AgentKey, BrokerCredential, BrokerLogin, OneTimeCode, User, UserSession
from accounts.services.account import account_export
from accounts.tests.support import ask_for_mail, bearer, deliver, fresh_limits, last_mail, login, post
from core import clock
from core.models import AuditEntry
from tests.flows.test_surface_errors import assert_user_shape
from tradeplatform.config import Config, mail_settings

__all__ = ["fresh_limits"]
pytestmark = pytest.mark.django_db

KITE = {"api_key": "kitekey-1234567890", "api_secret": "kitesecret-abcdef"}
HTML = {"accept": "text/html,*/*"}


@pytest.mark.parametrize("broker", ["kite", "icici"])
def test_broker_credentials_are_written_and_shown_masked(signed_in: Any, broker: str) -> None:
    path = f"/api/auth/{broker}-credentials"
    empty = {"api_key": None, "has_api_secret": False, "updated_at": None}
    assert signed_in.get(path).json() == empty
    stored = post(signed_in, f"auth/{broker}-credentials", KITE)
    assert stored.status_code == 200
    for answer in (stored, signed_in.get(path)):
        assert answer.json()["api_key"] == "••••••••7890"
        assert answer.json()["has_api_secret"] is True
        assert "kitesecret" not in answer.content.decode()
    post(signed_in, f"auth/{broker}-credentials", KITE | {"api_key": "another-key-000042"})
    assert signed_in.get(path).json()["api_key"].endswith("0042")
    assert BrokerCredential.objects.count() == 1
    assert signed_in.delete(path).json() == {"deleted": True}
    assert signed_in.get(path).json() == empty
    broken = post(signed_in, f"auth/{broker}-credentials", {"api_key": "x"})
    assert assert_user_shape(broken, 422)["errors"][0]["loc"] == ["api_secret"]


def begin(client: Any) -> str:
    """Go to Kite's sign-in page; return the state that was sent along."""
    answer = client.get("/api/auth/kite/login")
    assert answer.status_code == 302
    url = urlsplit(answer["Location"])
    query = parse_qs(url.query)
    assert f"{url.scheme}://{url.netloc}{url.path}" == "http://kite.test:8/connect/login"
    assert query["v"] == ["3"]
    assert query["api_key"] == [KITE["api_key"]]
    assert "redirect_params=state%3D" in url.query
    return parse_qs(query["redirect_params"][0])["state"][0]


def back(client: Any, **query: str) -> Any:
    return client.get("/api/auth/kite/callback", {"action": "login", "type": "login", "status": "success"} | query)


def test_the_trip_to_kite(signed_in: Any, user: User, other_user: User, settings: Any) -> None:
    settings.KITE_LOGIN_ROOT = "http://kite.test:8"
    assert assert_user_shape(signed_in.get("/api/auth/kite/login"), 409)["code"] == "BROKER_NOT_CONFIGURED"
    post(signed_in, "auth/kite-credentials", KITE)
    state, key = begin(signed_in), post(signed_in, "agent/key").json()["key"]
    stranger = Client()
    stranger.force_login(other_user)
    second = Client()
    second.force_login(user)
    for client, query, status in (
        (signed_in, {"request_token": "tok1"}, 400), (signed_in, {"request_token": "tok1", "state": "made-up"}, 400),
        (stranger, {"request_token": "tok1", "state": state}, 400), (Client(), {"state": state}, 401),
        (second, {"request_token": "tok1", "state": state}, 400),  # the same user's other session
    ):  # fmt: skip
        assert_user_shape(back(client, **query), status)
    pending = Client()
    assert pending.get("/api/agent/pending-token", headers=bearer(key)).json() == {"request_token": None}
    answer = back(signed_in, request_token="tok1", state=state)
    assert answer.status_code == 302
    assert answer["Location"] == "/settings/brokers/?kite=returned"
    assert pending.get("/api/agent/pending-token", headers=bearer(key)).json() == {"request_token": "tok1"}
    assert back(signed_in, request_token="tok2", state=state).status_code == 400
    refused = signed_in.get("/api/auth/kite/callback", {"state": state, "request_token": "tok2"}, headers=HTML)
    assert refused["Location"] == "/settings/brokers/?kite=refused"
    assert pending.get("/api/agent/pending-token", headers=bearer(key)).json() == {"request_token": "tok1"}
    with clock.frozen(clock.now() + timedelta(minutes=5, seconds=1)):
        assert pending.get("/api/agent/pending-token", headers=bearer(key)).json() == {"request_token": None}
    assert set(BrokerLogin.objects.values_list("request_token_sealed", flat=True)) == {""}


@pytest.mark.parametrize("query", [{"status": "failed"}, {"request_token": "a b"}, {"request_token": "x" * 500}])
def test_what_kite_refused_connects_nobody(signed_in: Any, settings: Any, query: dict[str, str]) -> None:
    settings.KITE_LOGIN_ROOT = "http://kite.test:8"
    post(signed_in, "auth/kite-credentials", KITE)
    state = begin(signed_in)
    assert back(signed_in, **({"request_token": "tok", "state": state} | query)).status_code == 400
    assert back(signed_in, request_token="tok", state=state).status_code == 400  # the state is used up


def test_a_state_lives_ten_minutes(signed_in: Any, settings: Any) -> None:
    settings.KITE_LOGIN_ROOT = "http://kite.test:8"
    post(signed_in, "auth/kite-credentials", KITE)
    state = begin(signed_in)
    with clock.frozen(clock.now() + timedelta(minutes=10, seconds=1)):
        assert back(signed_in, request_token="tok", state=state).status_code == 400


def test_a_token_may_make_the_trip_too(client: Any, user: User, settings: Any) -> None:
    settings.KITE_LOGIN_ROOT = "http://kite.test:8"
    header = bearer(login(client, user.email))
    post(client, "auth/kite-credentials", KITE, **header)
    answer = client.get("/api/auth/kite/login", headers=header)
    state = parse_qs(parse_qs(urlsplit(answer["Location"]).query)["redirect_params"][0])["state"][0]
    query = {"state": state, "request_token": "tok", "status": "success"}
    assert client.get("/api/auth/kite/callback", query, headers=header).status_code == 302


def test_profile_and_notifications(signed_in: Any) -> None:
    profile = signed_in.get("/api/auth/profile").json()
    assert profile["has_password"] is True
    assert profile["email_verified"] is False
    renamed = signed_in.patch("/api/auth/profile", {"name": "  Asha R  "}, "application/json")
    assert renamed.json()["name"] == "Asha R"
    choices = signed_in.get("/api/auth/notifications").json()
    assert set(choices) == {"signals", "orders", "risk", "imports", "digest"}
    put = signed_in.put("/api/auth/notifications", {"orders": {"email": False}}, "application/json")
    assert put.json()["orders"] == {"email": False, "web": True}
    assert signed_in.put("/api/auth/notifications", {}, "application/json").json() == choices
    for bad in ({"orders": {"sms": True}}, {"orders": {"email": "yes"}}, {"orders": 7}, {"news": {}}):
        assert_user_shape(signed_in.put("/api/auth/notifications", bad, "application/json"), 422)


def test_export_then_deletion(signed_in: Any, user: User) -> None:
    post(signed_in, "auth/kite-credentials", KITE)
    key = post(signed_in, "agent/key").json()["key"]
    refused = signed_in.delete("/api/auth/account", {"password": "correct horse"}, "application/json")
    assert assert_user_shape(refused, 409)["code"] == "EXPORT_REQUIRED"
    export = signed_in.get("/api/auth/export")
    assert "attachment" in export["Content-Disposition"]
    sections = export.json()["sections"]
    assert sections["profile"]["email"] == user.email
    assert {"sessions", "activity", "brokers", "agent_key", "grants", "notifications"} <= set(sections)
    assert "kitesecret" not in export.content.decode()
    assert key not in export.content.decode()
    for body, status in (({}, 422), ({"password": "wrong"}, 422), ({"otp": "123456"}, 401), ({"token": "x"}, 401)):
        assert signed_in.delete("/api/auth/account", body, "application/json").status_code == status
    answer = signed_in.delete("/api/auth/account", {"password": "correct horse"}, "application/json")
    assert answer.json() == {"deleted": True}
    assert signed_in.get("/api/auth/me").status_code == 401
    assert Client().get("/api/agent/pending-token", headers=bearer(key)).status_code == 401
    for model in (User, UserSession, AgentKey, BrokerCredential, BrokerLogin, OneTimeCode):
        assert not model.objects.exists(), model
    left = json.dumps([str(row) for row in AuditEntry.objects.values()])
    assert user.email not in left


def test_deletion_by_mailed_code(client: Any) -> None:
    mailed = ask_for_mail(client, "new@example.com")
    post(client, "auth/verify-link", {"token": mailed.token})
    client.get("/api/auth/export")
    assert post(client, "auth/account/deletion-code").status_code == 200
    deliver()
    with clock.frozen(clock.now() + timedelta(hours=25)):
        stale = client.delete("/api/auth/account", {"otp": last_mail().code}, "application/json")
        assert stale.status_code == 409
    body = {"otp": last_mail().code}
    assert client.delete("/api/auth/account", body, "application/json").json() == {"deleted": True}
    assert not User.objects.exists()
    assert post(Client(), "auth/account/deletion-code").status_code == 401


def test_the_last_administrator_stays(signed_in: Any, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    account_export(user=user, ip="", now=clock.now())
    answer = signed_in.delete("/api/auth/account", {"password": "correct horse"}, "application/json")
    assert answer.status_code == 409


def test_administration(client: Any, user: User, other_user: User) -> None:
    call_command("create_user", "admin@example.com", "--password", "administrator", "--admin")
    admin = Client()
    admin.force_login(User.objects.get(email="admin@example.com"))
    client.force_login(user)
    other, token = Client(), login(client, other_user.email, "battery staple")
    other.force_login(other_user)
    for path in ("users", f"users/{other_user.pk}", f"users/{other_user.pk}/sessions", "audit"):
        assert_user_shape(client.get(f"/api/auth/admin/{path}"), 403)
        assert_user_shape(Client().get(f"/api/auth/admin/{path}"), 401)
        assert admin.get(f"/api/auth/admin/{path}").status_code == 200
    listed = admin.get("/api/auth/admin/users?q=ravi")
    assert [row["email"] for row in listed.json()] == ["ravi@example.com"]
    assert listed["X-Total-Count"] == "1"
    key = post(other, "agent/key").json()["key"]
    assert admin.delete(f"/api/auth/admin/users/{other_user.pk}/agent-key").status_code == 200
    assert Client().get("/api/agent/pending-token", headers=bearer(key)).status_code == 401
    patched = admin.patch(f"/api/auth/admin/users/{other_user.pk}", {"is_active": False}, "application/json")
    assert patched.json()["is_active"] is False
    assert other.get("/api/auth/me").status_code == 401
    assert Client().get("/api/auth/me", headers=bearer(token)).status_code == 401
    assert post(Client(), "auth/login", {"email": other_user.email, "password": "battery staple"}).status_code == 401
    me = User.objects.get(email="admin@example.com")
    for body in ({"is_admin": False}, {"is_active": False}):
        assert admin.patch(f"/api/auth/admin/users/{me.pk}", body, "application/json").status_code == 409
    assert admin.patch("/api/auth/admin/users/999999", {}, "application/json").status_code == 404
    entries = admin.get(f"/api/auth/admin/audit?user_id={other_user.pk}&action=account.deactivated").json()
    assert entries[0]["actor"] == f"user:{me.pk}"
    schema = client.get("/api/schema").json()
    people = [path for path in schema["paths"] if not path.startswith("/api/partner/v1/")]
    assert not [path for path in people if "/admin/" in path]


def test_the_admin_pages_and_their_actions(admin_client: Any, user: User) -> None:
    session = Client()
    session.force_login(user)
    post(session, "agent/key")
    for page in ("user", "usersession", "agentkey"):
        answer = admin_client.get(f"/admin/accounts/{page}/")
        assert answer.status_code == 200
    assert admin_client.get("/admin/core/auditentry/").status_code == 200
    detail = admin_client.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    assert "argon2" not in detail
    listed = admin_client.get("/admin/accounts/usersession/").content.decode()
    assert UserSession.objects.get(user=user).key_hash not in listed
    for action in ("end_sessions", "revoke_keys", "deactivate"):
        body = {"action": action, "_selected_action": [user.pk]}
        assert admin_client.post("/admin/accounts/user/", body).status_code == 302
    assert session.get("/api/auth/me").status_code == 401
    assert not AgentKey.objects.filter(revoked_at=None).exists()
    assert not User.objects.get(pk=user.pk).is_active


def test_the_admin_has_no_sign_in_of_its_own(client: Any, user: User) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/login/?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": user.email, "password": "correct horse"}).status_code == 405
    client.force_login(user)
    assert client.get("/admin/login/").status_code == 403


def test_create_user_is_safe_to_repeat() -> None:
    for _ in range(2):
        call_command("create_user", "A@Example.com", "--password", "a long phrase", "--admin")
    user = User.objects.get()
    assert (user.email, user.is_staff, user.email_verified) == ("a@example.com", True, True)
    assert user.check_password("a long phrase")


def test_mails_without_a_server_are_files(client: Any, settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "accounts.mail_files.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.DEV_MAIL = True
    for name in ("a", "b"):
        post(client, "auth/magic-link", {"email": f"{name}@example.com"})
        deliver()
    files = list((tmp_path / "mail").iterdir())
    assert len(files) == 2
    assert [path.stat().st_mode & 0o077 for path in files] == [0, 0]
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0
    page = client.get("/dev/mail/").content.decode()
    assert page.index("b@example.com") < page.index("a@example.com")
    assert "/login/verify?token=" in page
    settings.DEV_MAIL = False
    assert client.get("/dev/mail/").status_code == 404


def test_settings_of_mail_and_keys(tmp_path: Path) -> None:
    made = mail_settings("smtp+tls://me%40x:p%2Fw@mail.example.com?from=hello@example.com")
    assert (made["EMAIL_HOST_USER"], made["EMAIL_HOST_PASSWORD"]) == ("me@x", "p/w")
    assert (made["EMAIL_PORT"], made["EMAIL_USE_TLS"], made["EMAIL_USE_SSL"]) == (587, True, False)
    assert made["DEFAULT_FROM_EMAIL"] == "hello@example.com"
    assert mail_settings("smtps://mail.example.com")["EMAIL_PORT"] == 465
    with pytest.raises(ValueError) as caught:
        Config(email_url="ftp://u:topsecret@h", state_dir=tmp_path, redis_url="")
    assert "topsecret" not in str(caught.value)
    own = Config(state_dir=tmp_path, database_url="", redis_url="", credentials_keys=())
    assert own.credential_keys() == own.credential_keys()
    assert (tmp_path / "credentials_key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError):
        Config(credentials_keys=("short",), state_dir=tmp_path, redis_url="")
    with pytest.raises(ValueError):
        Config(kite_login_root="https://kite.example.com/path", state_dir=tmp_path, redis_url="")
