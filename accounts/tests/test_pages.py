"""What the pages of accounts answer without a browser."""

import re
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory

from accounts.models import User
from accounts.pages import presenters
from accounts.pages.dev_mail import newest_mails
from accounts.pages.settings import TABS, owned_rows
from accounts.pages.sign_in import next_target
from accounts.tests.support import ask_for_mail, eager_tasks, fresh_limits
from core import audit, clock

__all__ = ["eager_tasks", "fresh_limits"]
PATHS = ("", "security/", "brokers/", "agent/", "notifications/", "appearance/", "data/", "delete")


def test_every_recorded_action_has_words() -> None:
    sources = [path for path in Path(presenters.__file__).parents[1].rglob("*.py") if "tests" not in path.parts]
    named = {action for path in sources for action in re.findall(r'action="([a-z_]+\.[a-z_]+)"', path.read_text())}
    assert len(named) > 12
    assert named - set(presenters.ACTIONS) == set()


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("/market/?watchlist=3", "/market/?watchlist=3"), ("https://evil.example/", "/"), ("//evil.example", "/"),
        ("/\\evil.example", "/"), ("javascript:alert(1)", "/"), ("", "/"),
    ],
)  # fmt: skip
def test_only_own_addresses_are_gone_to(asked: str, target: str) -> None:
    assert next_target(RequestFactory().get("/login/", {"next": asked})) == target


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_settings_are_for_who_is_signed_in_and_are_not_kept(client: Any, signed_in: Any, path: str) -> None:
    answer = signed_in.get(f"/settings/{path}")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert answer.content.count(b'aria-current="page"') >= 2
    for inline in (b"<script>", b"<style", b" style=", b" onclick="):
        assert inline not in answer.content
    stranger = Client().get(f"/settings/{path}")
    assert stranger.status_code == 302
    assert stranger["Location"].startswith("/login/?next=/settings/")


def test_every_tab_is_tried() -> None:
    assert len(TABS) == len(PATHS) - 1  # two addresses lead to Data


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login/", "/login/mail", "/register/", "/login/forgot"])
def test_who_is_signed_in_is_led_on(signed_in: Any, path: str) -> None:
    answer = signed_in.get(path, {"next": "/settings/data/"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/data/")


@pytest.mark.django_db
def test_the_first_proof_leads_to_the_settings_and_the_second_home(client: Any, user: User) -> None:
    for target in ("/settings/?welcome=1", "/"):
        mailed = ask_for_mail(client, user.email)
        assert client.post("/login/verify", {"token": mailed.token})["Location"] == target


@pytest.mark.django_db
def test_a_reset_link_is_read_and_not_consumed(client: Any, user: User) -> None:
    mailed = ask_for_mail(client, user.email, "auth/password-reset")
    for _ in range(2):
        page = client.get("/login/reset", {"token": mailed.token})
        assert page.status_code == 200
        assert b"New password" in page.content
    assert client.head("/login/reset", {"token": mailed.token}).status_code == 200
    assert client.get("/login/reset", {"token": "unknown"}).status_code == 401


@pytest.mark.django_db
def test_a_deletion_link_of_somebody_else_confirms_nothing(signed_in: Any, other_user: User) -> None:
    other = Client()
    other.force_login(other_user)
    mailed = ask_for_mail(other, other_user.email, "auth/account/deletion-code")
    signed_in.get("/api/auth/export")
    page = signed_in.get("/settings/delete", {"token": mailed.token}).content.decode()
    assert "The link is for another account." in page
    assert mailed.token not in page


@pytest.mark.django_db
def test_what_goes_with_an_account_is_counted(user: User) -> None:
    assert presenters.counted(owned_rows(user)) == []
    for name in ("Banks", "Cars"):
        user.watchlists.create(name=name)
    assert "2 watchlists" in presenters.counted(owned_rows(user))


@pytest.mark.django_db
def test_activity_says_who_and_how(user: User, other_user: User) -> None:
    own = audit.record(actor=user, action="auth.signed_in", data={"by": "link", "second_factor": True})
    row = presenters.activity_row(own, user.pk)
    assert (row.what, row.detail) == ("Signed in", "by mailed link, with authenticator")
    done = audit.record(actor=other_user, action="sessions.ended", object=user, user_id=user.pk)
    assert presenters.activity_row(done, user.pk).detail == "by an administrator"
    unknown = audit.record(actor=user, action="cart.was_placed")
    assert presenters.activity_row(unknown, user.pk).what == "Cart: was placed"


def test_mails_are_shown_newest_first_with_their_instant(tmp_path: Path) -> None:
    sent = clock.now().replace(microsecond=0)
    for number, moment in enumerate((sent - timedelta(hours=1), sent)):
        date = format_datetime(moment.replace(tzinfo=None))  # "-0000", as Django writes it
        text = f"To: a@example.com\nSubject: Mail {number}\nDate: {date}\n\nHello {number}\n{'-' * 79}\n"
        (tmp_path / f"{number}.log").write_text(text)
    shown = newest_mails(tmp_path)
    assert [mail["subject"] for mail in shown] == ["Mail 1", "Mail 0"]
    assert shown[0]["at"] == sent
    assert shown[0]["body"] == "Hello 1"
