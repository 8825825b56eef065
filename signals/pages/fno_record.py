"""The page of what F&O signals came to."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from core import clock
from core.clock import IST
from signals.pages.fno import gate
from signals.pages.fno_record_presenters import record_context
from signals.services import disclosure


class TrackRecordPage(LoginRequiredMixin, View):
    """``/signals/record/?index=NIFTY&days=7&outcome=SL``. Forward only; a replay stands apart."""

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        if disclosure.acknowledged_at(request.user, on=now.astimezone(IST).date()) is None:
            return gate(request, current="track_record")
        return render(request, "signals/track_record.html", {"place": "signals"} | record_context(request.GET, now=now))
