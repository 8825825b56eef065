"""The Signals page: four indices live, and one of them in detail."""

from typing import Final

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from core import clock
from core.clock import IST
from engines.exchange.naming import INDEX_KEYS
from engines.metrics.risk_free import risk_free_pct
from signals.pages import fno_words
from signals.services import disclosure
from signals.services.fno.indices import INDICES
from signals.services.fno.shown import last_signals, newest

DEFAULT_INDEX: Final = INDICES[0]


class SignalsPage(LoginRequiredMixin, View):
    """``/signals/?index=NIFTY``. The first visit asks to acknowledge the risk disclosure."""

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        today = now.astimezone(IST).date()
        if disclosure.acknowledged_at(request.user, on=today) is None:
            return gate(request, current="fno")
        asked = request.GET.get("index", "").upper()
        context = {
            "place": "signals",
            "index": asked if asked in INDICES else DEFAULT_INDEX,
            "indices": [{"name": name, "key": INDEX_KEYS[name]} for name in INDICES],
            "hows": fno_words.HOWS,
            "start": {
                "keys": INDEX_KEYS,
                "answers": newest(),
                "signals": last_signals(),
                "rate": risk_free_pct(today) / 100.0,
            },
        }
        return render(request, "signals/signals.html", context)


def gate(request: HttpRequest, *, current: str) -> HttpResponse:
    """Return the page that shows the risk disclosure and asks to acknowledge it."""
    text = disclosure.current(clock.now().astimezone(IST).date())
    context = {"place": "signals", "current": current, "disclosure": text, "next": request.get_full_path()}
    return render(request, "signals/fno_gate.html", context)
