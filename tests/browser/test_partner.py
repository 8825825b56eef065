"""A partner from provisioning to the first delivery and its resend, in Chromium; the console and the documentation."""

import base64
import hashlib
import hmac
import json
import re
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Locator, Page, expect
from standardwebhooks import Webhook

from tests.browser.pages import Visitor, sideways_px, sign_in
from tests.server.running import Server

PATHS = (
    "/partner/", "/partner/keys/", "/partner/subscriptions/", "/partner/deliveries/", "/partner/webhook/",
    "/partner/try/",
)  # fmt: skip
PASSWORD = "quiet river stone 9"


class Receiver:
    """A partner's server on loopback: remembers what it is told and answers ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.requests: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(b"thank you")

            def log_message(self, format: str, *args: object) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_for(self, count: int, timeout_s: float = 60.0) -> None:
        until = time.monotonic() + timeout_s
        while len(self.requests) < count:
            assert time.monotonic() < until, f"{len(self.requests)} of {count} requests came"
            time.sleep(0.1)

    def close(self) -> None:
        self._server.shutdown()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = tmp_path_factory.mktemp("partner") / "state"
    with Server(state, WEBHOOK_ALLOW_NETS="127.0.0.0/8") as running:
        yield running


@pytest.fixture(scope="module")
def cookies(server: Server) -> dict[str, str]:
    return {role: sign_in(server, role) for role in ("Sign in", "Admin")}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def register(visitor: Visitor, email: str) -> None:
    body = json.dumps({"email": email, "password": PASSWORD}).encode()
    request = urllib.request.Request(
        visitor.url + "/api/auth/register", data=body, headers={"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()


def provision(visitor: Visitor, name: str, email: str, url: str) -> tuple[str, str]:
    """Fill the admin's form; return the key and the secret of the page that shows them once."""
    page = visitor.open("/admin/partners/partner/add/", who="Admin")
    page.fill("[name=name]", name)
    page.fill("[name=webhook_url]", url)
    page.fill("[name=member_email]", email)
    page.fill("[name=reason]", "signed today")
    page.select_option("[name=environment]", "test")
    page.locator("main button[type=submit], #content button[type=submit]").first.click()
    page.wait_for_load_state()
    text = page.content()
    key = re.search(r"tc_test_[0-9a-f]{12}_[\w-]{43}", text)
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", text)
    assert key is not None
    assert secret is not None
    assert page.evaluate("document.title")
    return key.group(), secret.group()


def person(visitor: Visitor, email: str) -> Page:
    """Sign in as the partner's person, by the form."""
    page = visitor.open("/login/?next=/partner/", who=None)
    page.on("response", lambda answer: answer.status >= 400 and visitor.errors.append(f"{answer.status} {answer.url}"))
    page.fill("[name=email]", email)
    if page.locator("[name=password]").count() == 0:
        page.get_by_role("link", name=re.compile("password", re.I)).first.click()
        page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(visitor.url + "/partner/")
    return page


@pytest.mark.timeout(240)  # a server that has just begun works out a universe's scores first
def test_from_provisioning_to_the_first_delivery_and_its_resend(visitor: Visitor, receiver: Receiver) -> None:
    email = "desk@first.example.com"
    register(visitor, email)
    _, secret = provision(visitor, "First Broking", email, receiver.url)
    page = person(visitor, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("First Broking")
    expect(page.locator(".rail [data-place=partner]")).to_be_visible()
    page.get_by_role("navigation", name="Environment").get_by_role("link", name="Test").click()
    page.get_by_role("navigation", name="Partner", exact=True).get_by_role("link", name="Subscriptions").click()
    page.fill("#share", "RELI")
    page.locator("#share-list [role=option]").first.click()
    page.fill("#iscore-least", "0")
    page.locator("#add-share").get_by_role("button", name="Subscribe").click()
    row = page.locator("[data-subscription]")
    expect(row).to_contain_text("RELIANCE")
    receiver.wait_for(1, timeout_s=150.0)
    headers, body = receiver.requests[0]
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-tc-signature"] == expected
    assert Webhook(secret).verify(body, headers)["symbol"] == "RELIANCE"
    page.get_by_role("navigation", name="Partner", exact=True).get_by_role("link", name="Deliveries").click()
    attempt = page.locator("details.attempt")
    for _ in range(20):
        if attempt.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(attempt).to_have_count(1)
    expect(attempt).to_contain_text("Delivered")
    attempt.locator("summary").click()
    expect(attempt.locator(".attempt-body")).to_contain_text("thank you")
    attempt.get_by_role("button", name="Send again").click()
    page.locator("#confirm").get_by_role("button", name="Send again").click()
    receiver.wait_for(2)
    assert receiver.requests[1][1] == body
    assert receiver.requests[1][0]["webhook-id"] == headers["webhook-id"]
    assert visitor.errors == []


def test_a_subscription_is_told_by_mail_too_and_refusals_stand_at_their_field(visitor: Visitor) -> None:
    page = visitor.open("/partner/subscriptions/?environment=test")
    page.get_by_role("button", name="Subscribe").first.click()
    row = page.locator("[data-subscription]").first
    expect(row).to_contain_text("by webhook ·")
    row.locator("summary").click()
    row.get_by_label("Webhook").uncheck()
    row.get_by_role("button", name="Save").click()
    expect(row.locator("fieldset .error")).not_to_be_empty()
    row.get_by_label("Webhook").check()
    row.get_by_label("E-mail to the contact").check()
    row.get_by_role("button", name="Save").click()
    expect(page.locator("[data-subscription]").first).to_contain_text("by webhook and email")
    visitor.errors.clear()  # the refusal that was asked for
    page.goto(visitor.url + "/partner/webhook/?environment=test")
    page.fill("#webhook_url", "https://10.0.0.1/")
    page.locator("#receiver").get_by_role("button", name="Save").click()
    expect(page.locator("#webhook_url-error")).to_have_text(re.compile("^10.0.0.1 is not a public address"))


def test_an_administrator_sees_a_delivery_and_sends_it_again(visitor: Visitor, receiver: Receiver) -> None:
    email = "desk@second.example.com"
    register(visitor, email)
    key, _ = provision(visitor, "Second Broking", email, receiver.url)
    request = urllib.request.Request(
        visitor.url + "/api/partner/v1/webhooks/test", data=b"{}",
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )  # fmt: skip
    urllib.request.urlopen(request, timeout=10).close()
    receiver.wait_for(1)
    page = visitor.open("/admin/partners/delivery/", who="Admin")
    page.get_by_role("link", name=receiver.requests[0][0]["webhook-id"]).click()
    assert page.locator("#body").inner_text() == receiver.requests[0][1].decode()
    expect(page.locator("#attempt-1")).to_contain_text("thank you")
    expect(page.locator("#attempt-1")).to_contain_text(receiver.requests[0][0]["webhook-signature"])
    page.get_by_label("Reason: Resend").fill("they asked for it")
    page.get_by_role("button", name="Resend").click()
    receiver.wait_for(2)
    assert receiver.requests[1][1] == receiver.requests[0][1]
    expect(page.get_by_text("they asked for it")).to_be_visible()
    for _ in range(20):
        if page.locator("#attempt-2").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.locator("#attempt-2")).to_contain_text("asked for by hand")


def test_a_key_is_shown_once_and_its_end_is_told_before(visitor: Visitor) -> None:
    page = visitor.open("/partner/keys/?environment=test")
    page.fill("[name=label]", "web")
    page.get_by_role("button", name="Make the key").click()
    field = page.locator("#new-key")
    expect(field).to_have_value(re.compile(r"tc_test_[0-9a-f]{12}_[\w-]{43}"))
    expect(page.locator("[data-copy=new-key]")).to_be_focused()
    page.get_by_role("button", name=re.compile("Revoke tc_test")).first.click()
    expect(page.locator("#confirm .consequence")).to_contain_text("dead at once")
    page.locator("#confirm").get_by_role("button", name="Revoke").click()
    expect(page.locator("#keys")).to_contain_text("revoked")
    page.reload()
    assert "tc_test_" in page.content()
    assert not re.search(r"tc_test_[0-9a-f]{12}_[\w-]{43}", page.content())
    assert visitor.errors == []


def signed(secret: str, body: str) -> str:
    """Return the headers of a request, as a server logs them."""
    at, raw = str(int(time.time())), body.encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, f"evt_1.{at}.".encode() + raw, hashlib.sha256).digest()
    return "\n".join(
        (
            f"X-TC-Signature: sha256={hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}",
            "webhook-id: evt_1",
            f"Webhook-Timestamp: {at}",
            f"webhook-signature: v1,AAAA v1,{base64.b64encode(made).decode()}",
        )
    )


def attempts(page: Page, count: int) -> Locator:
    """Read the deliveries again until so many attempts stand there; return them."""
    found = page.locator("details.attempt")
    for _ in range(20):
        if found.count() >= count:
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(found).to_have_count(count)
    return found


def test_all_that_failed_is_sent_again_and_what_was_sent_passes_the_tester(
    visitor: Visitor, receiver: Receiver
) -> None:
    email = "desk@third.example.com"
    register(visitor, email)
    _, secret = provision(visitor, "Third Broking", email, receiver.url)
    page = person(visitor, email)
    receiver.status = 400
    page.goto(visitor.url + "/partner/webhook/?environment=test")
    page.get_by_role("button", name="I-Score update").dblclick()
    receiver.wait_for(1)
    page.goto(visitor.url + "/partner/deliveries/?environment=test")
    expect(attempts(page, 1)).to_contain_text("Refused")
    receiver.status = 200
    page.get_by_role("button", name="Resend all that failed").dblclick()
    dialog = page.locator("#resend-failed")
    dialog.get_by_role("button", name="Send again").click()
    expect(page.locator("#since-error")).to_contain_text("Choose a date and a time")
    visitor.errors.clear()  # the refusal that was asked for
    page.fill("#since", f"{datetime.now() - timedelta(days=1):%Y-%m-%dT%H:%M}")
    dialog.get_by_role("button", name="Send again").click()
    expect(page.locator(".toast")).to_contain_text("1 delivery is sent again.")
    expect(dialog).to_be_hidden()
    receiver.wait_for(2)
    assert receiver.requests[1][1] == receiver.requests[0][1]
    newest = attempts(page, 2).first
    newest.locator("summary").click()
    expect(newest).to_contain_text("Sent to")
    body = newest.get_by_label("Body that was sent").text_content()
    headers = newest.get_by_label("Headers that were sent").text_content()
    assert body == receiver.requests[1][1].decode()
    page.goto(visitor.url + "/partner/webhook/?environment=test")
    for place, text in (("#t-headers", headers), ("#t-body", body), ("#t-secret", secret)):
        page.fill(place, text or "")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#verdicts .badge.up")).to_have_count(2)
    assert visitor.errors == []


def test_a_double_click_is_one_press(visitor: Visitor) -> None:
    """It opens a question and leaves it open and unanswered; it makes one key."""
    page = visitor.open("/partner/keys/?environment=test")
    made: list[str] = []
    page.on("request", lambda request: made.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Make the key").dblclick()
    expect(page.locator("#new-key")).to_have_value(re.compile("tc_test_"))
    page.get_by_role("button", name=re.compile("Revoke tc_test")).first.dblclick()
    page.wait_for_timeout(300)
    expect(page.locator("#confirm")).to_be_visible()
    page.mouse.click(5, 5)  # the backdrop
    expect(page.locator("#confirm")).to_be_hidden()
    expect(page.get_by_role("button", name=re.compile("Revoke tc_test"))).not_to_have_count(0)
    page.select_option("#overlap_hours", "0")
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator("#confirm")).to_contain_text("End all other keys now?")
    page.keyboard.press("Escape")
    page.goto(visitor.url + "/partner/try/")
    page.get_by_role("button", name="Make one").dblclick()
    expect(page.locator("#try-key")).to_have_value(re.compile("tc_test_"))
    page.wait_for_timeout(300)
    assert [url.partition("?")[0].rpartition("/")[2] for url in made] == ["keys", "keys"]
    assert visitor.errors == []


def test_a_double_click_in_the_admin_makes_one_key_and_shows_it(visitor: Visitor) -> None:
    email = "desk@twice.example.com"
    register(visitor, email)
    provision(visitor, "Twice", email, "")
    page = visitor.open("/admin/partners/partner/?q=Twice", who="Admin")
    page.get_by_role("link", name="Twice").first.click()
    page.fill("form[action$='/key/'] [name=reason]", "for the second desk")
    page.get_by_role("button", name="Make a new key").dblclick()
    expect(page.locator("[data-told='api-key']")).to_have_text(re.compile(r"tc_(live|test)_"))
    page.get_by_role("link", name=re.compile("I have copied it")).click()
    expect(page.locator("code", has_text=re.compile(r"^tc_(live|test)_[0-9a-f]{12}…$"))).to_have_count(2)


def test_a_person_of_several_partners_chooses_on_a_telephone_too(visitor: Visitor) -> None:
    email = "desk@several.example.com"
    register(visitor, email)
    for name in ("Several Broking and Advisory Services of Maharashtra Private Limited", "Severalother" * 6, "Third"):
        provision(visitor, name, email, "")
    page = person(visitor, email)
    page.set_viewport_size({"width": 360, "height": 780})
    for path in PATHS:
        page.goto(visitor.url + path)
        assert sideways_px(page) <= 0, path
    page.get_by_role("navigation", name="Your partners").get_by_role("link", name="Third").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Third")
    assert visitor.findings(page) == []


def test_the_tester_says_which_signature_holds_and_why_not(visitor: Visitor) -> None:
    page = visitor.open("/partner/webhook/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    secret, body = "whsec_" + base64.b64encode(b"k" * 32).decode(), '{"summary": "₹ बढ़त"}'
    page.fill("#t-headers", signed(secret, body))
    page.fill("#t-body", body)
    page.fill("#t-secret", secret)
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#verdicts .badge.up")).to_have_count(2)
    page.fill("#t-headers", signed(secret, '{"summary":"₹ बढ़त"}'))
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#verdicts .badge.danger")).to_have_count(2)
    expect(page.locator("#verdicts")).to_contain_text("raw bytes")
    assert [url for url in sent if not url.endswith("/favicon.svg")] == []  # Chromium fetches it when it likes
    assert visitor.errors == []


def test_an_operation_is_tried_with_a_key_of_the_page(visitor: Visitor) -> None:
    page = visitor.open("/partner/try/")
    page.get_by_role("button", name="Make one").click()
    expect(page.locator("#try-key")).to_have_value(re.compile("tc_test_"))
    page.select_option("#try-operation", index=1)
    page.select_option("#try-scenario", "bullish")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#try-state")).to_contain_text("HTTP 200", timeout=30_000)
    expect(page.locator("#try-answer")).to_contain_text("BULLISH")
    expect(page.locator("#try-curl")).to_contain_text("X-TC-Test-Scenario: bullish")
    assert visitor.errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_holds_in_both_themes_and_widths(visitor: Visitor, theme: str, width: int) -> None:
    page = visitor.page(theme=theme, width=width)
    for path in (*PATHS, "/api/partner/v1/docs"):
        page.goto(visitor.url + path + ("?environment=test" if path.startswith("/partner") else ""))
        page.wait_for_load_state("networkidle")
        assert sideways_px(page) <= 0, path
        assert visitor.findings(page) == [], path
    assert visitor.errors == []


def test_the_documentation_changes_language_on_the_whole_page(visitor: Visitor) -> None:
    page = visitor.open("/api/partner/v1/docs", who=None)
    page.locator("[data-language=python]").first.click()
    assert page.locator("[data-code=curl]:visible").count() == 0
    assert page.locator("[data-code=python]:visible").count() >= 8
    page.reload()
    expect(page.locator("[data-code=python]").first).to_be_visible()
    assert visitor.errors == []
