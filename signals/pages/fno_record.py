"""The page of what F&O signals came to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from core import clock
from core.clock import IST
from signals.pages.fno import gate
from signals.pages.fno_record_presenters import MOST_ROWS, Asked, Read, record_context
from signals.pages.fno_replay_presenters import replay_context
from signals.services import disclosure, record
from signals.services.fno.markets import present_market
from signals.services.fno.shown import lessons, priced, recent
from signals.services.fno.track_record import markets_there, track_record


class TrackRecordPage(LoginRequiredMixin, View):
    """``/signals/record/?index=NIFTY&days=7&outcome=SL``. Forward only; a replay stands apart."""

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        if disclosure.acknowledged_at(request.user, on=now.astimezone(IST).date()) is None:
            return gate(request, current="track_record")
        return render(request, "signals/track_record.html", {"place": "signals"} | page_context(request.GET, now=now))


def page_context(address: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
    """Read what an address asks for, and return what the page shows."""
    markets = markets_there()
    asked = Asked.of(address, market=present_market(), markets=markets)
    index, market = asked.index or None, asked.market
    shown, count = recent(index, market, days=asked.days, outcome=asked.outcome, now=now, most=MOST_ROWS)
    lines, head = record.head()
    read = Read(
        record=track_record(index, now=now, market=market),
        priced=priced(index, market),
        shown=shown,
        count=count,
        lessons=lessons(index, market),
        markets=markets,
        lines=lines,
        head=head,
    )
    return record_context(asked, read, signal=address.get("signal", "")) | {"replay": replay_context()}
