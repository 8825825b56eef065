"""Makes the answers that the documentation shows: one story on the simulated market, over the API, at a set time.

What the documentation prints as an example is sent as it is printed.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from core import clock, events
from core.tests.servers import answer, serving
from partners.api.docs_content import ENDPOINTS, EXAMPLES, Endpoint
from partners.constants import Environment
from partners.models import Endpoint as Receiver
from partners.models import Partner
from partners.services.dispatch import deliver_due
from partners.services.partners import partner_create
from partners.services.welcome import welcome_due
from partners.tests.test_surface import V1, client
from signals.tests.fno_market import at, first_signal, only
from tests.flows.pocket import make_universe

WEBHOOK: Final = "https://example.com/webhooks/tc"
#: What nobody else should see, or is another each time.
MASKED: Final = (
    (r"(tc_live|tc_test)_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", r"\1_0a1b2c3d4e5f_…"),
    (r"(tc_live|tc_test)_[0-9a-f]{12}", r"\1_0a1b2c3d4e5f"),
    (r"whsec_[A-Za-z0-9+/=]+", "whsec_…"),
    (r"evt_[0-9a-f]+", "evt_5f2c81d09b7e4a63"),
    (r"sha256=[0-9a-f]+", "sha256=…"),
    (r"v1,[A-Za-z0-9+/=]+", "v1,…"),
    (r"http://127\.0\.0\.1:\d+/\w*", WEBHOOK),
)


@dataclass(frozen=True, slots=True)
class Made:
    """``request`` as the page prints it."""

    request: str
    status: int
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: a path with its query below the root, a body, headers."""

    method: str
    path: str
    body: Any = None
    scenario: str = ""

    def words(self) -> str:
        """Return it in short."""
        line = f"{self.method} {self.path}"
        return line if self.body is None else f"{line} {json.dumps(self.body, ensure_ascii=False)}"


def printed(name: str) -> Request:
    """Return the request of a printed example."""
    words = [word for word in shlex.split((EXAMPLES / f"{name}.sh").read_text()) if word != "\n"]
    given = dict(pairwise(words))
    path = next(word for word in words if word.startswith("$TC_ROOT")).removeprefix("$TC_ROOT")
    scenario = next((word.split(": ")[1] for word in words if word.startswith("X-TC-Test-Scenario")), "")
    return Request(given.get("-X", "GET"), path, json.loads(given["-d"]) if "-d" in given else None, scenario)


def made() -> dict[str, Made]:
    """Return an answer of every endpoint, by its anchor, and the two bodies of events."""
    with only(), serving(answer(200, b"ok")) as receiver:
        make_universe("nifty_100")
        return dict(_story(receiver.url("/hook")))


def _story(hook: str) -> Iterator[tuple[str, Made]]:
    with clock.frozen(at(500)):
        partner = partner_create(
            name="Acme Broking", organisation="Acme Broking Ltd", contact_email="desk@example.com", is_admin=True,
            actor="test", now=clock.now(),
        ).partner  # fmt: skip
        Partner.objects.filter(pk=partner.pk).update(plan="pro")
        partner.refresh_from_db()
        api, admin = client(partner, Environment.TEST), client(partner)
        api.patch(f"{V1}/me", {"webhook_url": hook}, format="json")
        Receiver.objects.filter(partner=partner, environment=Environment.LIVE).update(url=WEBHOOK)
        subscribed = _sent(api, printed("subscribe"))
        number = subscribed.answer["subscription"]["id"]
        api.patch(f"{V1}/subscriptions/{number}", {"min_confidence": 50}, format="json")
    _, minute = first_signal()
    with clock.frozen(at(minute)):
        events.consume("partners.fno", now=clock.now())
        api.post(f"{V1}/subscriptions", {"engine": "iscore", "symbol": "RELIANCE", "min_confidence": 0}, format="json")
        welcome_due()
        deliver_due()
        for engine in ("iscore", "fno"):
            (sent,) = _sent(api, Request("GET", f"/deliveries?engine={engine}")).answer["deliveries"]
            yield f"webhook-{engine}", Made(f"X-TC-Event: {sent['event']}", 200, sent["payload"])
        requests = _requests(number, sent["id"], partner.pk)
        yield "post-subscriptions", subscribed
        for endpoint in ENDPOINTS:
            if endpoint.anchor != "post-subscriptions":
                sender = admin if endpoint.path.startswith("/admin/") else api
                yield endpoint.anchor, _sent(sender, _request(endpoint, requests, admin))


def _requests(subscription: int, delivery: int, partner: int) -> dict[str, tuple[str, Any]]:
    return {
        "patch-me": ("/me", {"rotate_webhook_secret": True}),
        "get-fno-signals-history": ("/fno/signals/history?index=NIFTY&days=7&limit=1", None),
        "get-subscriptions-subscription-id": (f"/subscriptions/{subscription}", None),
        "patch-subscriptions-subscription-id": (f"/subscriptions/{subscription}", {"min_confidence": 75}),
        "delete-subscriptions-subscription-id": (f"/subscriptions/{subscription}", None),
        "get-deliveries": ("/deliveries?limit=1&engine=fno", None),
        "post-deliveries-delivery-id-resend": (f"/deliveries/{delivery}/resend", None),
        "post-deliveries-resend-failed": ("/deliveries/resend-failed", {"since": "2026-11-26T00:00:00Z"}),
        "post-webhooks-test": ("/webhooks/test", {"event": "ping"}),
        "post-admin-partners": ("/admin/partners", {"name": "Beta Advisers", "plan": "pro"}),
        "post-admin-partners-partner-id-keys": (f"/admin/partners/{partner}/keys", {"overlap_hours": 24, "test": True}),
    }


def _request(endpoint: Endpoint, requests: dict[str, tuple[str, Any]], admin: Any) -> Request:
    if endpoint.example:
        return printed(endpoint.example)
    if endpoint.anchor == "delete-admin-keys-key-id":
        spare = client(admin.key.row.partner, Environment.TEST)
        return Request("DELETE", f"/admin/keys/{spare.key.row.pk}")
    path, body = requests.get(endpoint.anchor, (endpoint.path, None))
    return Request(endpoint.method, path, body)


def _sent(api: Any, request: Request) -> Made:
    send: Callable[..., Any] = getattr(api, request.method.lower())
    headers = {"HTTP_X_TC_TEST_SCENARIO": request.scenario} if request.scenario else {}
    kind = {} if request.body is None else {"format": "json"}
    got = send(f"{V1}{request.path}", request.body, **kind, **headers)
    assert got.status_code < 300, (request, got.content)
    text = json.dumps(got.json(), ensure_ascii=False)
    for pattern, instead in MASKED:
        text = re.sub(pattern, instead, text)
    return Made(request.words(), got.status_code, json.loads(text))
