"""The Signals page: four indices live, and one of them in detail."""

from typing import Any, Final

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from core import clock
from core.clock import IST
from engines.exchange.naming import INDEX_KEYS
from engines.metrics.risk_free import risk_free_pct
from signals.lifecycle import LIVE
from signals.models import FnoLatest, FnoSignal
from signals.pages import fno_words
from signals.services import disclosure
from signals.services.fno.indices import INDICES
from signals.services.fno.wire import signal_row

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


def newest() -> dict[str, Any]:
    """Return the newest stored answer of every index that has one, however old: the page says its age."""
    live = {row.index: signal_row(row) for row in FnoSignal.objects.filter(status=LIVE)}
    rows = FnoLatest.objects.filter(index__in=INDICES)
    return {row.index: {"index": row.index, "analysis": row.payload, "signal": live.get(row.index)} for row in rows}


def last_signals() -> dict[str, Any]:
    """Return the last signal of every index that had one, live or over."""
    found = {index: FnoSignal.objects.filter(index=index).first() for index in INDICES}
    return {index: signal_row(row) for index, row in found.items() if row is not None}
