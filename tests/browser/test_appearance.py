"""Every page in both themes, on a phone and on a desk: no error, no sideways scroll, nothing axe calls serious."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visitor, sideways_px

WIDTHS = (360, 1440)
THEMES = ("light", "dark")
#: Keeps what <html> says at the moment <body> begins, before anything is painted.
AT_FIRST_BODY = """
new MutationObserver((_, observer) => {
  if (!document.body) return;
  window.atBody = { ...document.documentElement.dataset };
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });
"""


def settled(page: Page) -> None:
    """Wait until prices flow and the drawings are there."""
    expect(page.locator("html")).to_have_attribute("data-feed", "simulated")
    if page.locator("#heatmap").count():
        expect(page.locator("#heatmap canvas").first).to_be_visible()
    if page.locator(".chart-panel").count():
        expect(page.locator(".chart-note")).to_be_hidden()


def check(visitor: Visitor, page: Page) -> None:
    assert sideways_px(page) <= 0
    assert visitor.findings(page) == []
    assert visitor.errors == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    "path", ["/market/", "/market/NSE:RELIANCE/?overlays=sma20,bb20&panes=rsi14", "/market/NSE:NIFTY%2050/"]
)
def test_pages(visitor: Visitor, path: str, theme: str, width: int) -> None:
    page = visitor.open(path, theme=theme, width=width)
    settled(page)
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    check(visitor, page)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_every_component(visitor: Visitor, theme: str, width: int) -> None:
    page = visitor.open("/styleguide", theme=theme, width=width, who="Admin")
    expect(page.locator("#heatmap canvas").first).to_be_visible()
    check(visitor, page)


@pytest.mark.parametrize("theme", THEMES)
def test_sign_in(visitor: Visitor, theme: str) -> None:
    page = visitor.open("/login/", theme=theme, width=360, who=None)
    check(visitor, page)
    page.get_by_label("E-mail").fill("demo@example.com")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert visitor.findings(page) == []


def test_a_stranger_is_asked_to_sign_in(visitor: Visitor) -> None:
    page = visitor.open("/market/NSE:INFY/", who=None)
    assert "/login/?next=/market/NSE" in page.url


def test_the_style_guide_is_for_staff(visitor: Visitor) -> None:
    page = visitor.page()
    response = page.goto(visitor.url + "/styleguide")
    assert response is not None
    assert response.status == 403


def test_a_missing_page_says_so_with_its_request_id(visitor: Visitor) -> None:
    page = visitor.open("/market/NSE:NOSUCHSHARE/", width=360)
    expect(page.get_by_role("heading", name="This page does not exist")).to_be_visible()
    expect(page.locator(".request-id")).to_be_visible()
    assert sideways_px(page) <= 0
    assert visitor.findings(page) == []


def test_a_chosen_theme_holds_from_the_first_paint(visitor: Visitor) -> None:
    page = visitor.open("/market/", theme="light")
    page.get_by_role("button", name="Your menu").click()
    page.locator("#user-menu").get_by_text("Dark", exact=True).click()
    page.locator("#user-menu").get_by_text("Compact", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.add_init_script(AT_FIRST_BODY)
    page.reload()
    at_body = page.evaluate("window.atBody")
    assert (at_body["theme"], at_body["density"]) == ("dark", "compact")
