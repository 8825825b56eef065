"""Things that may happen once, tried by many at the same time; and work that must not tell who has an account."""

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AgentKey, OneTimeCode, RecoveryCode, TotpDevice, User, UserSession
from accounts.services import codes
from accounts.tests.support import ask_for_mail, fresh_limits, post
from core.tests.racing import Race, race_fixture

__all__ = ["fresh_limits", "race_fixture"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", ["code", "link"])
def test_twenty_uses_of_one_code_at_once(user: User, race: Race, by: str) -> None:
    def prepare(worker: int) -> Any:
        return ask_for_mail(Client(), user.email)

    [mailed] = race(prepare, 1)
    body = {"token": mailed.token} if by == "link" else {"email": user.email, "otp": mailed.code}
    answers = race(lambda worker: post(Client(), "auth/verify-link", body).status_code, 20)
    assert Counter(answers) == {200: 1, 401: 19}
    [(sessions, attempts)] = race(lambda worker: (UserSession.objects.count(), OneTimeCode.objects.get().attempts), 1)
    assert sessions == 1
    assert attempts in (range(1, 6) if by == "code" else [0])


@pytest.mark.django_db(transaction=True)
def test_twenty_registrations_of_one_address_at_once(race: Race) -> None:
    body = {"email": "new@example.com", "password": "a very long phrase"}
    answers = race(lambda worker: post(Client(), "auth/register", body).status_code, 20)
    assert Counter(answers) == {201: 1, 400: 19}


@pytest.mark.django_db(transaction=True)
def test_many_new_agent_keys_at_once_leave_one_alive(user: User, race: Race) -> None:
    def make(worker: int) -> int:
        client = Client()
        client.force_login(user)
        return post(client, "agent/key").status_code

    assert race(make, 6) == [201] * 6
    assert race(lambda worker: AgentKey.objects.filter(revoked_at=None).count(), 1) == [1]


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_of_a_password_are_not_more_than_ten(user: User, race: Race) -> None:
    body = {"email": user.email, "password": "wrong"}
    answers = race(lambda worker: post(Client(), "auth/login", body).status_code, 20)
    assert Counter(answers) == {401: 10, 429: 10}


def work_of(call: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str], list[str]]:
    """Return status, the kinds of queries and the password operations of a call."""
    hashes: list[str] = []
    from accounts import authentication

    with monkeypatch.context() as patch, CaptureQueriesContext(connection) as queries:
        for name in ("check_password", "make_password"):
            real = getattr(authentication, name)
            patch.setattr(authentication, name, lambda *a, r=real: (hashes.append("hash"), r(*a))[1])
        answer = call()
    statements = [query["sql"] for query in queries.captured_queries if "SAVEPOINT" not in query["sql"]]
    return answer.status_code, [" ".join(sql.split('"')[:2]) for sql in statements], hashes


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["auth/magic-link", "auth/password-reset", "auth/password-login", "auth/login"])
def test_known_and_unknown_addresses_cost_the_same(
    client: Any, user: User, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    mail_only = User.objects.create_user("mail.only@example.com", None)
    gone = User.objects.create_user("gone@example.com", "some long phrase", is_active=False)
    addresses = ["nobody@example.com", user.email, mail_only.email, gone.email]
    body = {"password": "wrong"} if "login" in path else {}
    works = [work_of(lambda a=address: post(Client(), path, body | {"email": a}), monkeypatch) for address in addresses]
    assert works[0] == works[1] == works[2] == works[3]
    assert works[0][2] == (["hash"] if "login" in path else [])


@pytest.mark.django_db
def test_a_second_factor_is_asked_for_only_after_the_password(client: Any, user: User) -> None:
    TotpDevice.objects.create(user=user, secret_sealed="x", created_at=user.created_at, confirmed_at=user.created_at)
    RecoveryCode.objects.create(user=user, code_hash="x")
    answers = [
        post(client, "auth/login", {"email": email, "password": "wrong"}).json() | {"request_id": ""}
        for email in (user.email, "nobody@example.com")
    ]
    assert answers[0] == answers[1]


def test_codes_are_even(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand codes: every digit at every place about equally often (chi-squared, p > 0.001)."""
    drawn = [f"{codes.secrets.randbelow(1_000_000):06d}" for _ in range(10_000)]
    assert len(set(drawn)) > 9_900
    for place in range(6):
        counts = Counter(code[place] for code in drawn)
        chi2 = sum((counts[str(digit)] - 1000) ** 2 / 1000 for digit in range(10))
        assert chi2 < 27.9  # 9 degrees of freedom
