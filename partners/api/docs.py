"""The documentation of the partner surface, a page for everybody."""

from functools import cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.views import SurfaceView
from partners.api.base import Scenario
from partners.api.docs_content import CHANGES, ENDPOINTS, LANGUAGES, Endpoint, example
from partners.api.docs_fields import field_rows
from partners.api.docs_samples import sample
from partners.catalogue import ERRORS
from partners.constants import (
    DEFAULT_DELTA_THRESHOLD,
    DEFAULT_MIN_CONFIDENCE,
    IDEMPOTENCY_TTL,
    KEPT,
    PAUSE_AFTER,
    REQUESTS_PER_MINUTE,
    RETRY_WAITS,
    SECRET_OVERLAP,
    Engine,
    Plan,
    RetryPolicy,
)
from partners.services.keys import LIVE_MAX

SCENARIOS: Final = {
    Scenario.BULLISH: "A bullish signal of confidence 80 with three trades; an I-Score of 82.",
    Scenario.BEARISH: "A bearish signal of confidence 80; an I-Score of 30.",
    Scenario.NEUTRAL: "No direction and no trades; an I-Score of 55.",
    Scenario.STALE: "200, actionable: false, veto DATA_STALE, data_age_s of two minutes and more.",
    Scenario.ENGINE_ERROR: "500 ENGINE_ERROR.",
    Scenario.RATE_LIMITED: "429 RATE_LIMITED with Retry-After.",
}


class DocsPage(SurfaceView):
    """``/api/partner/v1/docs``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = _fixed() | {"root": f"{settings.PUBLIC_URL}/api/partner/v1", "support": settings.SUPPORT_EMAIL}
        response = render(request, "partners/docs.html", context)
        response.headers["Cache-Control"] = "public, max-age=300"
        return response


@cache
def _fixed() -> dict[str, Any]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for endpoint in ENDPOINTS:
        groups.setdefault(endpoint.group, []).append(_shown(endpoint))
    return {
        "plans": [(plan.label, REQUESTS_PER_MINUTE[plan]) for plan in Plan],
        "errors": [(code, status, meaning.replace("`", ""), safe) for code, status, meaning, safe in ERRORS],
        "groups": groups,
        "languages": [(name, label) for name, _, label in LANGUAGES],
        "verify": example("verify"),
        "bodies": {"fno": sample("webhook-fno"), "iscore": sample("webhook-iscore")},
        "waits": [(policy.label, [_words(wait.total_seconds()) for wait in RETRY_WAITS[policy]])
                  for policy in RetryPolicy],
        "scenarios": list(SCENARIOS.items()),
        "defaults": {"fno": DEFAULT_MIN_CONFIDENCE[Engine.FNO], "iscore": DEFAULT_MIN_CONFIDENCE[Engine.ISCORE],
                     "delta": DEFAULT_DELTA_THRESHOLD},
        "kept_days": KEPT.days,
        "keys_most": LIVE_MAX,
        "pause_days": PAUSE_AFTER.days,
        "overlap_h": round(SECRET_OVERLAP.total_seconds() / 3600),
        "idempotency_h": round(IDEMPOTENCY_TTL.total_seconds() / 3600),
        "changes": CHANGES,
    }  # fmt: skip


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "is": endpoint,
        "sends": field_rows(endpoint.sends) if endpoint.sends else [],
        "answers": field_rows(endpoint.answer, answer=True) if endpoint.answer else [],
        "example": example(endpoint.example) if endpoint.example else [],
        "sample": sample(endpoint.anchor),
    }


def _words(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 3600 else f"{whole // 3600} h"
