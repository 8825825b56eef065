"""What the documentation tells of each endpoint, and the examples that tests run as they are printed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rest_framework import serializers

from partners.api import answers, answers_engines, answers_reports
from partners.api.admin import KeyInput, PartnerInput
from partners.api.analysis import BehaviourInput, PortfolioInput
from partners.api.deliveries import DeliveriesQuery, ResendFailedInput, TestInput
from partners.api.engines import BatchInput, HistoryQuery
from partners.api.me import MeInput
from partners.api.subscriptions import Settings, SubscriptionInput
from partners.constants import INDICES
from partners.services.keys import LIVE_MAX

EXAMPLES: Final = Path(__file__).parent / "examples"
LANGUAGES: Final = (("curl", "sh", "curl"), ("python", "py", "Python"), ("javascript", "mjs", "JavaScript"))

Kind = type[serializers.Serializer] | None


class IndexQuery(serializers.Serializer):
    index = serializers.ChoiceField(INDICES)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation. ``sends``: its query or body; ``example``: name of the files that show it; ``no_key``: public."""

    group: str
    method: str
    path: str
    title: str
    text: str
    answer: Kind
    sends: Kind = None
    example: str = ""
    no_key: bool = False

    @property
    def anchor(self) -> str:
        """The place on the page."""
        words = "".join(letter if letter.isalnum() else "-" for letter in f"{self.method}{self.path}".lower())
        return "-".join(part for part in words.split("-") if part)

    @property
    def is_body(self) -> bool:
        """Whether what is sent is a body, not a query."""
        return self.method != "GET"


def example(name: str) -> list[dict[str, str]]:
    """Return the text of an example in each language."""
    return [
        {"language": language, "label": label, "code": (EXAMPLES / f"{name}.{ending}").read_text().strip()}
        for language, ending, label in LANGUAGES
    ]


_FNO, _SCORE, _PUSH = "F&O signals", "I-Score", "Subscriptions and deliveries"
_ANALYSES, _ACCOUNT, _ADMIN = "Analyses", "Your account", "Provisioning"

ENDPOINTS: Final = (
    Endpoint(
        _ACCOUNT, "GET", "/me", "Who the key belongs to",
        "Plan, limit, webhook, and how much this key has been used.", answers.PartnerMeAnswer, example="me",
    ),
    Endpoint(
        _ACCOUNT, "PATCH", "/me", "Change how you are told",
        "Set the webhook address, choose the retry policy, rotate the secret (the new one is in this answer only), "
        "pause the webhook with webhook_paused: true (events are kept), resume it with false (what was kept is sent).",
        answers.PartnerMeAnswer, MeInput,
    ),
    Endpoint(
        _ACCOUNT, "GET", "/errors", "The code catalogue", "Every code, whether or not trying again is safe.",
        answers.PartnerCodesAnswer, no_key=True,
    ),
    Endpoint(
        _FNO, "GET", "/fno/signals/live", "The present analysis of an index",
        "Runs the MVLA engine on the newest prices and option chain: direction, confidence, three ranked trades, what "
        "the confidence is made of, and why nothing should be done where nothing should. data_age_s says how old the "
        "oldest input is. While calibrated is false the confidence stops at 74.",
        answers_engines.PartnerLiveAnswer, IndexQuery, "live",
    ),
    Endpoint(
        _FNO, "GET", "/fno/signals/history", "Past signals",
        "Signals that fired, newest first, each with what became of it: target, stop, time exit or expiry.",
        answers_engines.PartnerHistoryAnswer, HistoryQuery,
    ),
    Endpoint(
        _SCORE, "GET", "/iscore/{symbol}", "The I-Score of a share",
        "The score after the last complete session, its six components, and the reasons. It is the mean of the "
        "components by effective_weight. Nulls and code INSUFFICIENT_DATA where too little is known.",
        answers_engines.PartnerScoreAnswer, example="iscore",
    ),
    Endpoint(
        _SCORE, "POST", "/iscore/batch", "Several at once",
        "1 to 25 symbols. Doubles are folded; one unknown symbol does not fail the rest.",
        answers_engines.PartnerBatchAnswer, BatchInput, "batch",
    ),
    Endpoint(
        _PUSH, "POST", "/subscriptions", "Subscribe",
        "One subscription for each engine and symbol: repeating it changes the fields you send (200), a new one is "
        "201. Without a webhook address it is accepted with a warning. The answer does not wait for the share's "
        "present score, which follows as the first event as soon as it is worked out.",
        answers.PartnerSubscribedAnswer, SubscriptionInput, "subscribe",
    ),
    Endpoint(
        _PUSH, "GET", "/subscriptions", "List subscriptions", "Those of the key's environment.",
        answers.PartnerSubscriptionsAnswer,
    ),
    Endpoint(
        _PUSH, "GET", "/subscriptions/{subscription_id}", "Read one", "404 also for what belongs to somebody else.",
        answers.PartnerSubscriptionAnswer,
    ),
    Endpoint(
        _PUSH, "PATCH", "/subscriptions/{subscription_id}", "Change one",
        "is_active: false pauses it; true resumes it, also after a 410, and sends what was kept.",
        answers.PartnerSubscriptionAnswer, Settings,
    ),
    Endpoint(
        _PUSH, "DELETE", "/subscriptions/{subscription_id}", "Delete one", "What was sent stays in the log.",
        answers.PartnerAnswer,
    ),
    Endpoint(
        _PUSH, "GET", "/deliveries", "The delivery log",
        "The newest attempts, each with its delivery's id, the number of the attempt, status, HTTP status, error, the "
        "exact payload and headers, and the beginning of the answer. Kept for 30 days.",
        answers.PartnerAttemptsAnswer, DeliveriesQuery,
    ),
    Endpoint(
        _PUSH, "POST", "/deliveries/{delivery_id}/resend", "Send one again",
        "The same bytes with the same event id, once; it counts apart from the automatic attempts, which are made at "
        "their times. While the webhook is paused nothing is sent (409). delivery_id is what a row of the log and the "
        "answer to a test call id, and what the header X-TC-Delivery holds.",
        answers.PartnerDeliveryAnswer,
    ),
    Endpoint(
        _PUSH, "POST", "/deliveries/resend-failed", "Send all again that failed",
        "Everything that failed, was refused or blocked since an instant.", answers.CountedAnswer, ResendFailedInput,
    ),
    Endpoint(
        _PUSH, "POST", "/webhooks/test", "Send a test", "A whole event with made-up content, signed like any other.",
        answers.PartnerDeliveryAnswer, TestInput,
    ),
    Endpoint(
        _ANALYSES, "POST", "/portfolio/analyze", "Risk of a portfolio",
        "Up to 50 holdings: risk score, concentration, allocation, heat map, warnings and what to do about them. "
        "what_if tells what purchases and sales would change. Nothing is stored.",
        answers_reports.PortfolioAnswer, PortfolioInput, "portfolio",
    ),
    Endpoint(
        _ANALYSES, "POST", "/behaviour/analyze", "Behaviour of trades",
        "Up to 100 trades of any date: eight patterns with the evidence, a discipline score, statistics, coaching, and "
        "what a 30-minute cool-down after losses would have changed. Times without a zone are Indian. Nothing is "
        "stored.",
        answers_reports.BehaviourAnswer, BehaviourInput, "behaviour",
    ),
    Endpoint(
        _ADMIN, "GET", "/admin/partners", "List partners", "Admin keys only; others get FORBIDDEN.",
        answers.PartnersAnswer,
    ),
    Endpoint(
        _ADMIN, "POST", "/admin/partners", "Make a partner", "Key and webhook secret are in this answer only.",
        answers.PartnerMadeAnswer, PartnerInput,
    ),
    Endpoint(
        _ADMIN, "POST", "/admin/partners/{partner_id}/keys", "Make a key",
        f"With overlap_hours the present keys end after it. At most {LIVE_MAX} work at a time (else 409).",
        answers.PartnerKeyAnswer, KeyInput,
    ),
    Endpoint(
        _ADMIN, "DELETE", "/admin/keys/{key_id}", "Revoke a key", "It is dead at once.", answers.PartnerAnswer,
    ),
)  # fmt: skip

#: Newest first; days in India.
CHANGES: Final = (
    ("2026-11-29", (
        "Test keys (tc_test_…) with scenarios; e-mail channel.",
        "Idempotency-Key on POST; X-RateLimit headers; GET /errors; request_id in every error.",
        "Standard Webhooks headers beside X-TC-Signature; event_id and sequence in every event; extended retries.",
        "Resend of single deliveries and of all that failed; what_if of a portfolio.",
        f"At most {LIVE_MAX} keys of an environment work at a time.",
    )),
    ("2026-05-03", ("Portfolio risk (50 holdings) and behavioural analysis (100 trades) on demand.",)),
    ("2026-05-01", ("First release: F&O live and history, I-Score single and batch, subscriptions, HMAC webhooks.",)),
)  # fmt: skip
