"""The settings at work: password, sessions, agent key, brokers, notifications, appearance; by pointer and by keys."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visitor
from tests.browser.test_accounts import PASSWORD, REFUSED, Person
from tests.server.running import ROOT, Server


@pytest.fixture
def person(visitor: Visitor, server: Server) -> Iterator[Person]:
    made = Person(visitor, server)
    made.register()
    yield made
    assert [text for text in visitor.errors if not REFUSED.match(text)] == []


def confirmed(page: Page, action: str, consequence: str | re.Pattern[str]) -> None:
    """Read what will happen, then agree."""
    dialog = page.locator("#confirm")
    expect(dialog.locator(".consequence")).to_contain_text(consequence)
    dialog.get_by_role("button", name=action, exact=True).click()
    expect(dialog).to_be_hidden()


def told(page: Page, text: str) -> None:
    expect(page.locator(".toast").last).to_contain_text(text)


def second_session(person: Person) -> Page:
    """Return a page of another browser of the same person, signed in."""
    other = person.visitor.open("/login/?next=/settings/", who=None)
    other.get_by_label("E-mail").fill(person.email)
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Sign in", exact=True).click()
    other.wait_for_url(person.visitor.url + "/settings/")
    return other


def is_out(page: Page) -> None:
    """Assert that the next page this browser opens asks to sign in."""
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_settings_is_a_place_with_tabs_that_have_addresses(person: Person) -> None:
    page = person.page
    person.goto("/market/")
    page.locator("body").press("g")
    page.keyboard.press("e")
    person.at("/settings/")
    expect(page.locator(".rail").get_by_role("link", name="Settings")).to_have_attribute("aria-current", "page")
    tabs = page.get_by_role("navigation", name="Settings")
    for name, path in (("Security and sessions", "security"), ("Data", "data"), ("Appearance", "appearance")):
        tabs.get_by_role("link", name=name).click()
        person.at(f"/settings/{path}/")
        expect(tabs.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    person.press("Your menu")
    page.locator("#user-menu").get_by_role("link", name="Settings").click()
    person.at("/settings/")
    person.fill("Name", 'Meera <b>&" Iyer')
    page.keyboard.press("Enter")
    told(page, "Your name is saved.")
    expect(page.locator("#user-who strong")).to_have_text('Meera <b>&" Iyer')
    expect(page.locator("#main").get_by_label("Name", exact=True)).to_have_value('Meera <b>&" Iyer')


def test_changing_the_password_ends_other_sessions(person: Person) -> None:
    other, page = second_session(person), person.page
    person.goto("/settings/security/")
    expect(page.locator("[data-session]")).to_have_count(2)
    person.fill("Present password", "not it")
    person.fill("New password", "eleven slow herons")
    person.press("Change the password")
    expect(page.locator("#current_password-error")).to_have_text("The password is not right.")
    expect(page.get_by_label("Present password")).to_be_focused()
    person.fill("Present password", PASSWORD)
    person.press("Change the password")
    told(page, "All other sessions and tokens have ended.")
    expect(page.locator("[data-session]")).to_have_count(1)
    expect(page.get_by_label("Present password")).to_have_value("")
    expect(page.locator("#activity tbody tr").first).to_contain_text("Password changed")
    other.get_by_role("button", name="Save the name").click()
    other.wait_for_url(person.visitor.url + "/login/?next=%2Fsettings%2F")
    is_out(other)
    person.goto("/settings/security/")
    person.sign_out()
    person.sign_in("eleven slow herons")
    person.is_in()


def test_sessions_are_ended_one_by_one_and_together(person: Person) -> None:
    first, second, page = second_session(person), second_session(person), person.page
    person.goto("/settings/security/")
    rows = page.locator("[data-session]")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="This one").get_by_role("button")).to_have_count(0)
    ids = [row.get_attribute("data-session") for row in rows.all()]
    person.visitor.errors.clear()
    rows.get_by_role("button", name="End the session").first.focus()
    page.keyboard.press("Enter")
    page.locator("#confirm").get_by_role("button", name="Cancel").click()
    expect(rows.get_by_role("button", name="End the session").first).to_be_focused()
    page.keyboard.press("Enter")
    confirmed(page, "End it", "is signed out at once")
    told(page, "The session has ended.")
    expect(rows).to_have_count(2)
    assert rows.first.get_attribute("data-session") in ids
    person.press("End all others")
    confirmed(page, "End them", "1 other sign-in (browsers and programs) ends at once")
    told(page, "All other sessions have ended.")
    expect(rows).to_have_count(1)
    expect(page.locator("#activity")).to_contain_text("Other sessions were ended")
    is_out(first)
    is_out(second)


def test_an_agent_key_is_shown_once_and_revoked(person: Person) -> None:
    page = person.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    person.goto("/settings/agent/")
    person.press("Make a key")
    field = page.get_by_label("Your new agent key")
    expect(field).to_have_value(re.compile(r"^zt_[0-9a-f]{12}_\S{43}$"))
    key = field.input_value()
    copy = page.locator("#agent-key-once [data-copy]")
    expect(copy).to_be_focused()
    page.keyboard.press("Enter")
    expect(copy).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == key
    assert agent_status(page, key) == 200
    page.reload()
    assert key not in page.content()
    expect(page.locator("#agent-key")).to_contain_text(key[:15])
    expect(page.locator("#agent-key .age")).to_contain_text("ago")
    person.press("Make a new key")
    confirmed(page, "Make a new key", "stops working at once")
    expect(field).to_be_visible()
    newer = field.input_value()
    assert (agent_status(page, key), agent_status(page, newer)) == (401, 200)
    person.press("Revoke")
    confirmed(page, "Revoke", "No agent can read or report signals")
    told(page, "The agent key is revoked.")
    expect(page.get_by_role("button", name="Make a key")).to_be_visible()
    assert agent_status(page, newer) == 401


def agent_status(page: Page, key: str) -> int:
    """Return how the agent surface answers ``key``."""
    url = page.url.split("/settings")[0] + "/api/agent/pending-token"
    return page.request.get(url, headers={"Authorization": f"Bearer {key}"}).status


def test_broker_credentials_are_stored_masked_and_deleted(person: Person) -> None:
    page = person.page
    person.goto("/settings/brokers/")
    card = page.locator("#broker-kite")
    card.get_by_role("button", name="Store Zerodha credentials").click()
    expect(page.locator("#kite-api-key-error")).to_have_text("This field may not be blank.")
    card.get_by_label("API key").fill("kitekey0123456789")
    card.get_by_label("API secret").fill("kite-secret-value")
    page.keyboard.press("Enter")
    told(page, "The credentials of Zerodha are stored, encrypted.")
    expect(card).to_contain_text("••••••••6789")
    assert "kite-secret-value" not in page.content()
    assert "kitekey" not in page.content()
    connect = card.get_by_role("link", name="Connect at Zerodha")
    expect(connect).to_have_attribute("href", "/api/auth/kite/login")
    answer = page.request.get(person.visitor.url + "/api/auth/kite/login", max_redirects=0)
    assert answer.status == 302
    assert "/connect/login?v=3&api_key=kitekey0123456789" in answer.headers["location"]
    page.goto(person.visitor.url + "/api/auth/kite/callback?state=forged&request_token=x&status=success")
    expect(page.get_by_text("Nobody was connected.")).to_be_visible()
    card.get_by_role("button", name="Delete credentials").click()
    confirmed(page, "Delete", "the connection ends at once")
    told(page, "The credentials of Zerodha are deleted.")
    expect(card).to_contain_text("Not stored")
    icici = page.locator("#broker-icici")
    icici.get_by_label("API key").fill("breezekey0123456789")
    icici.get_by_label("API secret").fill("breeze-secret-value")
    icici.get_by_role("button", name="Store ICICI Direct credentials").click()
    expect(icici).to_contain_text("••••••••6789")
    expect(card).to_contain_text("Not stored")


def test_a_connection_counts_down_and_ends_with_its_credentials(person: Person, server: Server) -> None:
    page = person.page
    url = person.visitor.url + "/api/auth/kite-credentials"
    assert page.request.post(url, data={"api_key": "kitekey0123456789", "api_secret": "s3"}).ok
    connect(server, person.email)
    person.goto("/settings/brokers/")
    card = page.locator("#broker-kite")
    expect(card).to_contain_text("Connected")
    expect(card).to_contain_text("As ZZ0001; ends in 2 h 59 min")
    card.get_by_role("button", name="Delete credentials").click()
    confirmed(page, "Delete", "the connection ends at once")
    expect(card).to_contain_text("Not connected")


def connect(server: Server, email: str) -> None:
    """Write the row of a live connection, as the exchange of Kite's token will."""
    code = (
        "from datetime import timedelta; from core import clock; from accounts.models import BrokerSession, User;"
        "now = clock.now();"
        f"BrokerSession.objects.create(user=User.objects.get(email={email!r}), broker='kite', broker_user_id='ZZ0001',"
        " access_token_sealed='-', connected_at=now, expires_at=now + timedelta(hours=3))"
    )
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
    subprocess.run(command, cwd=ROOT, env=os.environ | server.env, check=True, capture_output=True)


def test_notifications_are_saved(person: Person) -> None:
    page = person.page
    person.goto("/settings/notifications/")
    page.get_by_label("Orders by mail").uncheck()
    page.get_by_label("Daily digest by mail").check()
    person.press("Save")
    told(page, "Your choices are saved.")
    page.reload()
    expect(page.get_by_label("Orders by mail")).not_to_be_checked()
    expect(page.get_by_label("Daily digest by mail")).to_be_checked()
    expect(page.get_by_label("Risk by mail")).to_be_checked()


def test_appearance_is_the_choice_of_the_menu(person: Person) -> None:
    page = person.page
    person.goto("/settings/appearance/")
    page.locator("main").get_by_text("Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("main").get_by_text("Blue ↑").click()
    expect(page.locator("html")).to_have_attribute("data-updown", "blue-orange")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    for place in ("main", "#user-menu"):
        expect(page.locator(f"{place} input[name=theme][value=dark]")).to_be_checked()


def test_activity_goes_back_page_by_page(person: Person) -> None:
    page = person.page
    for _ in range(26):
        body = {"name": "Meera"}
        assert page.request.patch(person.visitor.url + "/api/auth/profile", data=body).ok
    person.goto("/settings/security/")
    expect(page.locator("#activity tbody tr")).to_have_count(25)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("#activity tbody")).to_contain_text("Account made")
    expect(page.locator("#activity tbody")).to_contain_text("Address proved")
    page.get_by_role("link", name="Newest").click()
    person.at("/settings/security/#activity")


def test_an_unproved_address_says_what_a_proof_ends(visitor: Visitor, server: Server) -> None:
    person = Person(visitor, server)
    person.goto("/register/?next=/settings/")
    person.fill("E-mail", person.email)
    person.fill("Password", PASSWORD)
    person.press("Make the account")
    person.page.get_by_role("link", name="Later, in the settings").click()
    person.at("/settings/")
    expect(person.page.get_by_text("The first proof ends the present password")).to_be_visible()
    person.mails.next("Sign in")
    person.press("Mail me a code")
    person.fill("Code in the mail", person.mails.next("Sign in").code)
    person.press("Prove the address")
    person.at("/settings/?welcome=1")
    person.page.get_by_role("link", name="set a password").click()
    person.fill("New password", PASSWORD)
    person.press("Set a password")
    told(person.page, "Your password is set.")
    expect(person.page.get_by_label("Present password")).to_be_visible()


def test_only_admins_are_shown_the_way_to_the_administration(visitor: Visitor) -> None:
    for who, count in (("Sign in", 0), ("Admin", 1)):
        page = visitor.open("/settings/", who=who)
        page.get_by_role("button", name="Your menu").click()
        expect(page.locator("#user-menu").get_by_role("link", name="Administration")).to_have_count(count)
    assert visitor.errors == []
