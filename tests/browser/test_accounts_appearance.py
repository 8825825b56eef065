"""The pages of accounts in both themes, on a phone and on a desk: no error, no sideways scroll, nothing serious."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.mailbox import Mailbox
from tests.browser.pages import Visitor, sideways_px
from tests.server.running import Server

LOOKS = [(theme, width) for theme in ("light", "dark") for width in (360, 1440)]
SETTINGS = ("", "security/", "brokers/", "agent/", "notifications/", "appearance/", "data/")
ENTRIES = ("/login/", "/login/mail", "/register/", "/login/forgot")

look = pytest.mark.parametrize(("theme", "width"), LOOKS)


def check(visitor: Visitor, page: Page, *, refused: bool = False) -> None:
    """A page that is an error itself is logged by the browser (``refused``); nothing else may be."""
    assert sideways_px(page) <= 0, page.url
    assert visitor.findings(page) == [], page.url
    said = [text for text in visitor.errors if not (refused and "status of 401" in text)]
    assert said == [], page.url
    visitor.errors.clear()


@look
def test_settings(visitor: Visitor, theme: str, width: int) -> None:
    visitor.api("POST", "/api/auth/kite-credentials", {"api_key": "kitekey0123456789", "api_secret": "s3"})
    visitor.api("POST", "/api/agent/key")
    page = visitor.page(theme=theme, width=width)
    for tab in SETTINGS:
        page.goto(f"{visitor.url}/settings/{tab}")
        expect(page.locator("html")).to_have_attribute("data-feed", "simulated")
        current = page.get_by_role("navigation", name="Settings").locator("[aria-current=page]")
        expect(current).to_be_in_viewport()
        check(visitor, page)


@look
def test_what_opens_on_the_settings_pages(visitor: Visitor, theme: str, width: int) -> None:
    page = visitor.open("/settings/security/", theme=theme, width=width)
    page.get_by_role("button", name="Set up").click()
    expect(page.locator(".qr svg")).to_be_visible()
    check(visitor, page)
    page.get_by_role("button", name="Go on").click()
    check(visitor, page)
    page.goto(visitor.url + "/settings/agent/")
    page.get_by_role("button", name="Make a").click()
    agree = page.locator("#confirm").get_by_role("button", name="Make a new key")
    if agree.count() and agree.is_visible():
        check(visitor, page)
        agree.click()
    expect(page.get_by_label("Your new agent key")).to_be_visible()
    check(visitor, page)
    page.goto(visitor.url + "/settings/data/")
    with page.expect_download():
        page.get_by_role("link", name="Download my data").click()
    expect(page.locator("#delete-form")).to_be_visible()
    page.get_by_role("button", name="Delete the account…").click()
    expect(page.locator("#confirm")).to_be_visible()
    check(visitor, page)


@look
def test_pages_before_sign_in(visitor: Visitor, server: Server, theme: str, width: int) -> None:
    page = visitor.page(theme=theme, width=width, who=None)
    for path in ENTRIES:
        page.goto(visitor.url + path)
        check(visitor, page)
    for path in ("/login/reset?token=unknown", "/login/verify?token=unknown"):
        page.goto(visitor.url + path)
        expect(page.get_by_role("alert")).to_be_visible()
        check(visitor, page, refused=True)
    address = f"look-{theme}-{width}@example.com"
    mails = Mailbox(server.state_dir, address)
    page.goto(visitor.url + "/login/mail")
    page.get_by_label("E-mail").fill(address)
    page.get_by_role("button", name="Mail me a link and a code").click()
    expect(page.get_by_label("Code in the mail")).to_be_visible()
    check(visitor, page)
    page.goto(mails.next("Sign in").link)
    expect(page.get_by_role("button", name="Sign in as")).to_be_visible()
    check(visitor, page)
    page.goto(visitor.url + "/dev/mail/")
    expect(page.get_by_role("heading", name="Sign in to the trading platform").first).to_be_visible()
    check(visitor, page)


def test_sign_in_works_without_scripts(visitor: Visitor, server: Server) -> None:
    email, password = server.demo_login()
    context = visitor._browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(visitor.url + "/settings/data/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(visitor.url + "/settings/data/")
    finally:
        context.close()
