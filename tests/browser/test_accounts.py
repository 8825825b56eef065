"""A person and the account: making it, every way in, the second factor, leaving."""

import base64
import hashlib
import hmac
import json
import re
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.mailbox import Mailbox
from tests.browser.pages import Visitor
from tests.server.running import Server

PASSWORD = "seven quiet herons"
#: A refused request is logged by the browser itself; it is what some of these tests want to see.
REFUSED = re.compile(r"error: Failed to load resource: the server responded with a status of 4\d\d")
_NUMBER = iter(range(1000))


class Person:
    """Somebody with an address, a mailbox and a browser of his own."""

    def __init__(self, visitor: Visitor, server: Server, *, width: int = 1440) -> None:
        self.email = f"person{next(_NUMBER)}@example.com"
        self.mails = Mailbox(server.state_dir, self.email)
        self.visitor = visitor
        self.page = visitor.page(who=None, width=width)

    def goto(self, path: str) -> None:
        self.page.goto(self.visitor.url + path)

    def at(self, path: str) -> None:
        """Wait until the page at ``path`` is open."""
        self.page.wait_for_url(self.visitor.url + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def fill(self, label: str, text: str) -> None:
        self.page.locator("#main").get_by_label(label, exact=True).fill(text)

    def register(self) -> None:
        """Make the account and prove its address by the code."""
        self.goto("/register/?next=/settings/")
        self.fill("Name", "Meera Iyer")
        self.fill("E-mail", self.email)
        self.fill("Password", PASSWORD)
        self.press("Make the account")
        self.fill("Code in the mail", self.mails.next("Sign in").code)
        self.at("/settings/")

    def sign_out(self) -> None:
        self.press("Your menu")
        self.page.locator("#user-menu").get_by_role("button", name="Sign out").click()
        self.at("/login/?done=out")
        expect(self.page.get_by_role("status")).to_have_text("You are signed out.")

    def sign_in(self, password: str = PASSWORD) -> None:
        """Enter address and password on the present page's form and send it."""
        self.fill("E-mail", self.email)
        self.fill("Password", password)
        self.press("Sign in")

    def is_in(self) -> None:
        """Assert that the market page of a signed-in person is open."""
        self.at("/market/")
        expect(self.page.get_by_role("button", name="Your menu")).to_be_visible()


@pytest.fixture
def person(visitor: Visitor, server: Server) -> Iterator[Person]:
    yield Person(visitor, server)
    unexpected = [text for text in visitor.errors if not REFUSED.match(text)]
    assert unexpected == []


def alert(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("alert")).to_contain_text(text)


def test_register_verify_and_sign_in_by_password(person: Person) -> None:
    person.goto("/login/?next=/settings/security/")
    person.page.get_by_role("link", name="Make an account").click()
    person.fill("E-mail", "not an address")
    person.fill("Password", "short")
    person.press("Make the account")
    expect(person.page.locator("#email-error")).to_contain_text("valid email address")
    expect(person.page.locator("#password-error")).to_contain_text("at least 8 characters")
    expect(person.page.get_by_label("E-mail", exact=True)).to_be_focused()
    person.fill("Name", "Meera Iyer")
    person.fill("E-mail", person.email)
    person.fill("Password", PASSWORD)
    person.press("Make the account")
    expect(person.page.get_by_role("heading", name="Prove your address")).to_be_visible()
    expect(person.page.get_by_label("Code in the mail")).to_be_focused()
    person.fill("Code in the mail", person.mails.next("Sign in").code)
    person.at("/settings/security/")
    # The password typed before the proof is the account's, and nothing else is open.
    expect(person.page.locator("[data-session]")).to_have_count(1)
    person.sign_out()
    person.sign_in("not it")
    alert(person.page, "The e-mail address or the password is not right.")
    person.sign_in()
    person.is_in()
    person.goto("/settings/")
    expect(person.page.get_by_text("Proved", exact=True)).to_be_visible()


def test_an_address_that_has_an_account_is_said_at_the_field(person: Person) -> None:
    person.register()
    other = person.visitor.open("/register/", who=None)
    other.get_by_label("E-mail").fill(person.email)
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Make the account").click()
    expect(other.locator("#email-error")).to_have_text("There is an account with this address.")


def test_the_mailed_link_opens_a_button_and_consumes_nothing(person: Person) -> None:
    person.goto("/login/mail")
    person.fill("E-mail", person.email)
    person.press("Mail me a link and a code")
    expect(person.page.get_by_role("heading", name="Look at your mail")).to_be_visible()
    link = person.mails.next("Sign in").link
    robot = person.visitor.open("/login/", who=None)
    for _ in range(2):
        robot.goto(link)
    expect(robot.get_by_role("button", name=f"Sign in as {person.email}")).to_be_visible()
    person.page.goto(link)
    person.press(f"Sign in as {person.email}")
    # A new address became an account, and its owner is led to what he may set.
    person.at("/settings/?welcome=1")
    expect(person.page.get_by_text("Your address is proved.")).to_be_visible()
    robot.goto(link)
    alert(robot, "was used")
    robot.get_by_role("link", name="Ask for a new link").click()
    robot.wait_for_url("**/login/mail")


def test_sign_in_by_code(person: Person) -> None:
    person.register()
    person.sign_out()
    person.page.get_by_role("link", name="Link or code by mail").click()
    person.fill("E-mail", person.email)
    person.press("Mail me a link and a code")
    code = person.mails.next("Sign in").code
    person.fill("Code in the mail", "000000" if code != "000000" else "000001")
    alert(person.page, "The link or code is not right")
    person.fill("Code in the mail", code)
    person.is_in()


def test_two_factor_sign_in(person: Person) -> None:
    person.register()
    person.goto("/settings/security/")
    page = person.page
    person.press("Set up")
    drawn = page.get_by_role("img", name="QR code of the secret below").locator("path").last
    assert drawn.evaluate("path => path.getBBox().width") > 20  # modules, not an empty square
    secret = page.get_by_label("Secret", exact=True).input_value().replace(" ", "")
    assert page.locator("#totp-link").get_attribute("href").startswith("otpauth://totp/")  # type: ignore[union-attr]
    person.press("Go on")
    expect(page.get_by_label("Code the app shows now")).to_be_focused()
    person.fill("Code the app shows now", "12")
    person.press("Switch on")
    alert(page, "The code is not right.")
    person.fill("Code the app shows now", app_code(secret, -1))
    person.press("Switch on")
    expect(page.locator(".codes li")).to_have_count(10)
    recovery = page.locator(".codes li").first.inner_text()
    with page.expect_download() as saved:
        person.press("Save as a file")
    assert recovery in Path(saved.value.path()).read_text()
    person.press("I have kept them")
    expect(page.locator("#totp")).to_contain_text("10 recovery codes are unused")
    person.sign_out()

    person.sign_in()
    expect(page.get_by_label("Code of the authenticator app")).to_be_focused()
    person.fill("Code of the authenticator app", "000000")
    person.press("Sign in")
    alert(page, "not right")
    person.fill("Code of the authenticator app", app_code(secret))
    person.press("Sign in")
    person.is_in()
    person.sign_out()

    page.get_by_role("link", name="Link or code by mail").click()
    person.fill("E-mail", person.email)
    person.press("Mail me a link and a code")
    link = person.mails.next("Sign in").link
    page.goto(link)
    person.press(f"Sign in as {person.email}")
    person.fill("Code of the authenticator app", recovery)
    person.press("Sign in")
    person.is_in()
    person.goto("/settings/security/")
    expect(page.locator("#totp")).to_contain_text("9 recovery codes are unused")
    person.fill("Code of the authenticator app", app_code(secret, 1))
    person.press("Switch off")
    expect(page.locator("#confirm .consequence")).to_contain_text("Your password or your mail alone")
    page.locator("#confirm").get_by_role("button", name="Switch off").click()
    expect(page.locator(".toast")).to_contain_text("Two-factor sign-in is off.")
    expect(page.get_by_role("button", name="Set up")).to_be_visible()


def test_a_new_password_by_mail(person: Person) -> None:
    person.register()
    stays = person.page
    page = person.visitor.open("/login/", who=None)
    page.get_by_role("link", name="Set a new password").click()
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_role("button", name="Mail me a link and a code").click()
    mail = person.mails.next("Set a new password")
    page.goto(mail.link)
    field = page.get_by_label("New password", exact=True)
    field.fill("password1")
    page.get_by_role("button", name="Set the password").click()
    expect(page.locator("#new_password-error")).to_contain_text("too common")
    field.fill("nine loud herons")
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/login/?done=reset")
    expect(page.get_by_role("status")).to_contain_text("Your new password is set")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill("nine loud herons")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/market/")
    stays.goto(person.visitor.url + "/settings/")
    stays.wait_for_url("**/login/?next=/settings/")


def test_export_then_deletion(person: Person) -> None:
    person.register()
    person.goto("/settings/data/")
    page = person.page
    expect(page.locator("#delete-account")).to_contain_text("Download your data first.")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download my data").click()
    export = json.loads(Path(saved.value.path()).read_text())
    assert export["sections"]["profile"]["email"] == person.email
    assert saved.value.suggested_filename.startswith("export-")
    person.fill("Your password", "not it")
    person.press("Delete the account…")
    dialog = page.locator("#confirm")
    final = dialog.get_by_role("button", name="Delete for good")
    expect(dialog.locator(".consequence")).to_contain_text("This cannot be undone.")
    expect(final).to_be_disabled()
    dialog.get_by_role("textbox").fill("something else")
    expect(final).to_be_disabled()
    dialog.get_by_role("textbox").fill(person.email)
    final.click()
    expect(page.locator("#delete-password-error")).to_have_text("The password is not right.")
    person.fill("Your password", PASSWORD)
    person.press("Delete the account…")
    dialog.get_by_role("textbox").fill(person.email)
    page.keyboard.press("Enter")
    person.at("/login/?done=deleted")
    expect(page.get_by_role("status")).to_have_text("Your account and everything it owned are deleted.")
    person.sign_in()
    alert(page, "not right")


def test_deletion_by_the_mailed_link(person: Person) -> None:
    person.register()
    person.goto("/settings/data/")
    page = person.page
    with page.expect_download():
        page.get_by_role("link", name="Download my data").click()
    person.press("Mail me a code")
    page.goto(person.mails.next("Delete your account").link)
    expect(page.get_by_text("You came by the link in the mail")).to_be_visible()
    person.press("Delete the account…")
    page.locator("#confirm").get_by_role("textbox").fill(person.email)
    page.locator("#confirm").get_by_role("button", name="Delete for good").click()
    person.at("/login/?done=deleted")
    expect(page.get_by_role("status")).to_contain_text("are deleted")


def app_code(secret: str, steps: int = 0) -> str:
    """Return what the authenticator app shows; codes of a neighbouring step count too, each once."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30 + steps), hashlib.sha1).digest()
    at = mac[-1] & 0x0F
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
