"""The ways in and out over HTTP, as the printed documents call them."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import OneTimeCode, User, UserSession
from accounts.tests.support import ask_for_mail, bearer, deliver, eager_tasks, fresh_limits, last_mail, login, post
from core import clock
from core.models import AuditEntry
from tests.flows.test_surface_errors import assert_user_shape

__all__ = ["eager_tasks", "fresh_limits"]
pytestmark = pytest.mark.django_db


def test_magic_link_then_button(client: Any, user: User) -> None:
    mailed = ask_for_mail(client, user.email)
    page = client.get(f"/login/verify?token={mailed.token}")
    assert page.status_code == 200
    assert b"<button" in page.content
    assert client.head(f"/login/verify?token={mailed.token}").status_code == 200
    assert client.get("/api/auth/me").status_code == 401
    answer = post(client, "auth/verify-link", {"token": mailed.token})
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == user.email
    assert answer.cookies["kite_session"]["httponly"]
    assert answer.cookies["kite_session"]["samesite"] == "Lax"
    assert client.get("/api/auth/me").json()["user"]["id"] == user.pk
    assert post(Client(), "auth/verify-link", {"token": mailed.token}).status_code == 401


def test_the_button_of_the_page(client: Any, user: User) -> None:
    mailed = ask_for_mail(client, user.email)
    answer = client.post("/login/verify", {"token": mailed.token})
    assert answer.status_code == 302
    assert client.get("/api/auth/me").status_code == 200
    assert Client().post("/login/verify", {"token": mailed.token}).status_code == 401


def test_a_code_signs_in_and_the_link_of_the_same_mail_is_used_up(client: Any, user: User) -> None:
    mailed = ask_for_mail(client, user.email)
    assert post(client, "auth/verify-link", {"email": user.email.upper(), "otp": mailed.code}).status_code == 200
    assert post(client, "auth/verify-link", {"token": mailed.token}).status_code == 401


def test_an_unknown_address_becomes_an_account(client: Any) -> None:
    mailed = ask_for_mail(client, "New.Person@Example.com")
    assert not User.objects.exists()
    answer = post(client, "auth/verify-link", {"email": "new.person@example.com", "otp": mailed.code})
    assert answer.status_code == 200
    user = User.objects.get()
    assert user.email == "new.person@example.com"
    assert user.email_verified
    assert not user.has_usable_password()


def test_one_answer_for_every_address(client: Any, user: User) -> None:
    answers = [post(client, "auth/magic-link", {"email": email}) for email in (user.email, "nobody@example.com")]
    assert answers[0].content == answers[1].content
    assert [a.status_code for a in answers] == [200, 200]
    assert set(answers[0].headers) == set(answers[1].headers)


def test_deactivated_users_get_no_mail_and_no_session(client: Any, user: User) -> None:
    mailed = ask_for_mail(client, user.email)
    User.objects.update(is_active=False)
    assert post(client, "auth/verify-link", {"token": mailed.token}).status_code == 403
    sent = len(mail.outbox)
    assert post(client, "auth/magic-link", {"email": user.email}).status_code == 200
    deliver()
    assert len(mail.outbox) == sent


def test_first_proof_ends_what_a_stranger_prepared(client: Any, user: User) -> None:
    session, token = Client(), login(client, user.email)
    session.force_login(user)
    key = post(session, "agent/key").json()["key"]
    mailed = ask_for_mail(client, user.email)
    assert post(client, "auth/verify-link", {"token": mailed.token}).status_code == 200
    assert session.get("/api/auth/me").status_code == 401
    assert Client().get("/api/auth/me", headers=bearer(token)).status_code == 401
    assert Client().get("/api/agent/pending-token", headers=bearer(key)).status_code == 401
    refused = post(Client(), "auth/password-login", {"email": user.email, "password": "correct horse"})
    assert refused.status_code == 401
    # The second proof ends nothing.
    other = Client()
    mailed = ask_for_mail(other, user.email)
    assert post(other, "auth/verify-link", {"token": mailed.token}).status_code == 200
    assert client.get("/api/auth/me").status_code == 200


def test_codes_are_refused_when_used_guessed_old_or_superseded(client: Any, user: User) -> None:
    first = ask_for_mail(client, user.email)
    second = ask_for_mail(client, user.email)
    assert post(client, "auth/verify-link", {"token": first.token}).status_code == 401
    if first.code != second.code:
        assert post(client, "auth/verify-link", {"email": user.email, "otp": first.code}).status_code == 401
    wrong = "000000" if second.code != "000000" else "000001"
    for _ in range(4 if first.code != second.code else 5):
        assert post(client, "auth/verify-link", {"email": user.email, "otp": wrong}).status_code == 401
    assert post(client, "auth/verify-link", {"email": user.email, "otp": second.code}).status_code == 401
    third = ask_for_mail(client, user.email)
    with clock.frozen(clock.now() + timedelta(minutes=10, seconds=1)):
        assert post(client, "auth/verify-link", {"email": user.email, "otp": third.code}).status_code == 401
        assert post(client, "auth/verify-link", {"token": third.token}).status_code == 401
    assert post(client, "auth/verify-link", {"email": user.email, "otp": third.code}).status_code == 200
    assert post(Client(), "auth/verify-link", {"email": user.email, "otp": third.code}).status_code == 401


def test_a_code_is_refused_to_a_browser_that_did_not_ask(client: Any, user: User) -> None:
    other = Client()
    ask_for_mail(other, "somebody@example.com")  # gives the other browser its own name
    mailed = ask_for_mail(client, user.email)
    assert post(other, "auth/verify-link", {"email": user.email, "otp": mailed.code}).status_code == 401
    assert post(client, "auth/verify-link", {"email": user.email, "otp": mailed.code}).status_code == 200


def test_five_mails_an_hour_and_address(client: Any, user: User) -> None:
    for _ in range(7):
        assert post(client, "auth/magic-link", {"email": user.email}).status_code == 200
    assert OneTimeCode.objects.count() == 5


def test_thirty_an_hour_and_client_whatever_it_says_of_itself(client: Any) -> None:
    for number in range(30):
        answer = post(
            client, "auth/magic-link", {"email": f"a{number}@example.com"}, **{"X-Forwarded-For": f"10.0.0.{number}"}
        )
        assert answer.status_code == 200
        assert answer["X-RateLimit-Remaining"] == str(29 - number)
    refused = post(client, "auth/magic-link", {"email": "a@example.com"}, **{"X-Forwarded-For": "10.1.1.1"})
    assert assert_user_shape(refused, 429)["code"] == "RATE_LIMITED"
    assert int(refused["Retry-After"]) > 3000


def test_ten_wrong_passwords_block_the_pair_and_nothing_else(client: Any, user: User) -> None:
    bad = {"email": user.email, "password": "wrong"}
    for number in range(10):
        answer = post(client, "auth/password-login" if number % 2 else "auth/login", bad)
        assert answer.status_code == 401
        assert answer["X-RateLimit-Remaining"] == str(9 - number)
    good = {"email": user.email, "password": "correct horse"}
    blocked = post(client, "auth/password-login", good, **{"X-Forwarded-For": "10.1.1.1"})
    assert blocked.status_code == 429
    assert "Retry-After" in blocked
    elsewhere = client.post("/api/auth/login", good, content_type="application/json", REMOTE_ADDR="10.2.3.4")
    assert elsewhere.status_code == 200
    mailed = ask_for_mail(client, user.email)
    assert post(client, "auth/verify-link", {"token": mailed.token}).status_code == 200


def test_register_login_and_me(client: Any) -> None:
    body = {"email": "asha@example.com", "password": "a very long phrase", "name": "Asha"}
    made = post(client, "auth/register", body)
    assert made.status_code == 201, made.content
    assert set(made.json()) == {"access_token", "token_type", "expires_in", "user"}
    assert made.json()["expires_in"] == 7 * 24 * 3600
    assert made.json()["access_token"].startswith("eyJ")
    assert "kite_session" not in made.cookies
    again = post(client, "auth/register", body)
    assert assert_user_shape(again, 400)["errors"][0]["loc"] == ["email"]
    token = login(client, body["email"], body["password"])
    me = client.get("/api/auth/me", headers=bearer(token)).json()
    assert set(me) == {"user", "brokers", "roles"}
    assert set(me["user"]) == {"id", "email", "name", "is_admin", "created_at"}
    assert me["brokers"]["kite"] == {"connected": False, "user_id": None, "expires_at": None, "expires_in_s": None}
    client.cookies["access_token_cookie"] = token
    assert client.get("/api/auth/me").status_code == 200
    assert client.get("/api/auth/status").json() == me["brokers"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"email": "x", "password": "long enough"}, {"email": "a@example.com", "password": "short"},
        {"email": "a@example.com", "password": "password1"}, {"email": "a@example.com", "password": 12345678},
        {"email": "a@example.com", "password": "long enough", "role": "admin"}, {"email": ["a@example.com"]},
        {"email": "a@example.com", "password": "nul\u0000nul-nul"}, {"email": "a" * 300 + "@example.com"},
    ],
)  # fmt: skip
def test_register_answers_400_to_what_is_not_valid(client: Any, body: dict[str, Any]) -> None:
    shape = assert_user_shape(post(client, "auth/register", body), 400)
    assert shape["errors"]
    assert not User.objects.exists()


def test_logout_ends_the_credential_it_came_with(client: Any, user: User) -> None:
    token, second = login(client, user.email), login(client, user.email)
    client.force_login(user)
    assert post(client, "auth/logout", **bearer(token)).json() == {"signed_out": True}
    assert Client().get("/api/auth/me", headers=bearer(token)).status_code == 401
    assert Client().get("/api/auth/me", headers=bearer(second)).status_code == 200
    assert client.get("/api/auth/me").status_code == 200
    cookie = client.cookies["kite_session"].value
    assert post(client, "auth/logout").status_code == 200
    stolen = Client()
    stolen.cookies["kite_session"] = cookie
    assert stolen.get("/api/auth/me").status_code == 401
    by_cookie = Client()
    by_cookie.cookies["access_token_cookie"] = second
    assert post(by_cookie, "auth/logout").status_code == 200
    assert by_cookie.get("/api/auth/me").status_code == 401


def test_signing_in_gives_a_new_session_id(client: Any, user: User) -> None:
    body = {"email": user.email, "password": "correct horse"}
    ids = []
    for _ in range(3):
        assert post(client, "auth/password-login", body).status_code == 200
        ids.append(client.cookies["kite_session"].value)
    assert len(set(ids)) == 3
    assert client.get("/api/auth/me").status_code == 200
    former = Client()
    former.cookies["kite_session"] = ids[0]
    assert former.get("/api/auth/me").status_code == 401


def test_password_change_ends_everything_older(client: Any, user: User) -> None:
    other, token = Client(), login(client, user.email)
    other.force_login(user)
    client.force_login(user)
    before = client.cookies["kite_session"].value
    wrong = post(client, "auth/password", {"current_password": "wrong", "new_password": "another phrase"})
    assert assert_user_shape(wrong, 422)["errors"][0]["loc"] == ["current_password"]
    right = {"current_password": "correct horse", "new_password": "another phrase"}
    assert post(client, "auth/password", right).json() == {"changed": True}
    old = Client()
    old.cookies["kite_session"] = before
    assert old.get("/api/auth/me").status_code == 401
    assert other.get("/api/auth/me").status_code == 401
    assert Client().get("/api/auth/me", headers=bearer(token)).status_code == 401
    assert client.get("/api/auth/me").status_code == 200
    assert post(Client(), "auth/login", {"email": user.email, "password": "another phrase"}).status_code == 200


def test_password_of_somebody_who_signed_in_by_mail(client: Any) -> None:
    mailed = ask_for_mail(client, "new@example.com")
    post(client, "auth/verify-link", {"token": mailed.token})
    assert post(client, "auth/password", {"new_password": "a first phrase"}).status_code == 200
    assert post(client, "auth/password", {"new_password": "a second phrase"}).status_code == 422


def test_password_reset(client: Any, user: User) -> None:
    token = login(client, user.email)
    mailed = ask_for_mail(client, user.email, "auth/password-reset")
    assert "/login/reset?token=" in mailed.text
    assert post(client, "auth/verify-link", {"token": mailed.token}).status_code == 401  # another purpose
    weak = post(client, "auth/password-reset/confirm", {"token": mailed.token, "new_password": "password1"})
    assert weak.status_code == 422
    body = {"token": mailed.token, "new_password": "a new long phrase"}
    assert post(client, "auth/password-reset/confirm", body).json() == {"changed": True}
    assert post(client, "auth/password-reset/confirm", body).status_code == 401
    assert Client().get("/api/auth/me", headers=bearer(token)).status_code == 401
    assert login(client, user.email, "a new long phrase")


def test_password_reset_of_nobody(client: Any) -> None:
    assert post(client, "auth/password-reset", {"email": "nobody@example.com"}).status_code == 200
    deliver()
    assert mail.outbox == []


def test_sessions_are_listed_and_ended(client: Any, user: User) -> None:
    phone, token = Client(), login(client, user.email)
    agent = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36"
    body = {"email": user.email, "password": "correct horse"}
    post(phone, "auth/password-login", body, **{"User-Agent": agent})
    post(client, "auth/password-login", body)
    rows = client.get("/api/auth/sessions").json()
    assert [row["current"] for row in rows].count(True) == 1
    by_device = {row["device"]: row for row in rows}
    assert by_device["Chrome on Android"]["kind"] == "web"
    assert {row["kind"] for row in rows} == {"web", "token"}
    ended = client.delete(f"/api/auth/sessions/{by_device['Chrome on Android']['id']}")
    assert ended.json() == {"deleted": True}
    assert phone.get("/api/auth/me").status_code == 401
    assert client.delete(f"/api/auth/sessions/{by_device['Chrome on Android']['id']}").status_code == 404
    assert client.delete("/api/auth/sessions").json() == {"deleted": True, "ended": 1}
    assert Client().get("/api/auth/me", headers=bearer(token)).status_code == 401
    assert client.get("/api/auth/me").status_code == 200


def test_last_use_is_noted_once_a_minute(client: Any, user: User) -> None:
    client.force_login(user)
    row = UserSession.objects.get()
    with clock.frozen(row.last_used_at + timedelta(seconds=30)):
        client.get("/api/auth/me")
    assert UserSession.objects.get().last_used_at == row.last_used_at
    with clock.frozen(row.last_used_at + timedelta(seconds=90)):
        client.get("/api/auth/me")
        assert UserSession.objects.get().last_used_at == clock.now()


def test_the_two_cookieless_credentials_keep_to_their_surfaces(client: Any, user: User) -> None:
    token = login(client, user.email)
    key = post(client, "agent/key", **bearer(token)).json()["key"]
    assert client.get("/api/agent/pending-token", headers=bearer(key)).json() == {"request_token": None}
    refused = client.get("/api/agent/pending-token", headers=bearer(token))
    body = assert_user_shape(refused, 401)
    assert body["code"] == "INVALID_API_KEY"
    assert refused["WWW-Authenticate"] == 'Bearer realm="agent"'
    client.force_login(user)
    assert client.get("/api/agent/pending-token").status_code == 401
    for path in ("auth/me", "agent/key", "auth/sessions", "market/watchlists"):
        answer = client.get(f"/api/{path}", headers=bearer(key))
        assert answer.status_code == 401, path
        assert answer["WWW-Authenticate"] == 'Bearer realm="user"'
    for key in ("tc_live_abc_def", "tc_test_abc", "", "zt_"):
        assert client.get("/api/auth/me", headers={"authorization": f"Bearer {key}"}).status_code == 401
    assert client.get("/api/auth/me", headers={"authorization": "Basic YTpi"}).status_code == 401


def test_agent_key_is_shown_once_and_replaced(signed_in: Any) -> None:
    assert signed_in.get("/api/agent/key").status_code == 404
    made = post(signed_in, "agent/key")
    assert made.status_code == 201
    assert set(made.json()) == {"key", "prefix", "created_at"}
    assert made.json()["key"].startswith(made.json()["prefix"])
    shown = signed_in.get("/api/agent/key").json()
    assert shown == {"prefix": made.json()["prefix"], "created_at": made.json()["created_at"], "last_used_at": None}
    program = Client()
    old, new = made.json()["key"], post(signed_in, "agent/key").json()["key"]
    assert program.get("/api/agent/pending-token", headers=bearer(old)).status_code == 401
    assert program.get("/api/agent/pending-token", headers=bearer(new)).status_code == 200
    assert signed_in.get("/api/agent/key").json()["last_used_at"]
    assert signed_in.delete("/api/agent/key").json() == {"deleted": True}
    assert program.get("/api/agent/pending-token", headers=bearer(new)).status_code == 401


def test_activity_tells_what_happened_to_the_account(client: Any, user: User) -> None:
    post(client, "auth/password-login", {"email": user.email, "password": "wrong"})
    post(client, "auth/password-login", {"email": user.email, "password": "correct horse"})
    rows = client.get("/api/auth/activity?limit=2").json()
    assert [row["action"] for row in rows] == ["auth.signed_in", "auth.password_failed"]
    assert rows[0]["data"]["by"] == "password"
    assert user.email not in str(list(AuditEntry.objects.values()))


def test_mail_is_queued_when_the_request_commits(
    client: Any, user: User, eager_tasks: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        post(client, "auth/magic-link", {"email": user.email})
        assert mail.outbox == []
    assert post(client, "auth/verify-link", {"token": last_mail().token}).status_code == 200


def test_registration_says_where_its_limit_stands(client: Any) -> None:
    body = {"email": "limits@example.com", "password": "a very long phrase"}
    answers = [post(client, "auth/register", one) for one in (body, body, body | {"password": "short"})]
    assert [answer.status_code for answer in answers] == [201, 400, 400]
    assert [answer["X-RateLimit-Limit"] for answer in answers] == ["300"] * 3
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["299", "298", "298"]
