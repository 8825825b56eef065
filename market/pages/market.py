"""The market at a glance, and the reader's watchlists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from core import clock, request_id
from core.errors import PlatformError
from market.access import access_watchlist
from market.adapters.registry import QuoteBatch
from market.models import Watchlist
from market.pages import presenters
from market.selectors.instruments import names_of
from market.services.overview import overview
from market.services.providers import registry
from market.services.watchlists import watchlists_of

NO_QUOTES = QuoteBatch({}, {}, [])


@dataclass(frozen=True, slots=True)
class WatchlistPanel:
    """The reader's lists and the one that is open, with its lines.

    ``data_source`` names all sources of its prices; ``newest`` is the symbol of the youngest price,
    ``as_of`` that price's instant.
    """

    lists: Sequence[Watchlist]
    current: Watchlist | None
    rows: Sequence[presenters.Row]
    data_source: str = ""
    newest: str = ""
    as_of: str = ""


class MarketPage(LoginRequiredMixin, View):
    """Indices, sectors, breadth, movers and watchlists. ``?watchlist=ID`` opens one; htmx asks for single panels."""

    PANELS: ClassVar = {"movers": "market/_movers.html", "watchlist": "market/_watchlist.html"}

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        panel = request.htmx.target if request.htmx else None
        context: dict[str, Any] = {"place": "market", "stale_after_s": presenters.STALE_AFTER_S}
        if panel != "watchlist":
            context |= overview_context(now)
        if panel != "movers":
            context |= {"watch": watch_panel(request, now), "row_pattern": presenters.row("NSE:SYMBOL")}
        return render(request, self.PANELS.get(panel, "market/market.html"), context)


def overview_context(now: datetime) -> dict[str, Any]:
    """Return the overview's parts, or the sentence that says why there are none."""
    try:
        payload = overview.at(now)
    except PlatformError as error:
        return {"failure": error.detail, "request_id": request_id.get()}
    return {
        "indices": presenters.overview_rows(payload["indices"]),
        "sectors": presenters.sector_rows(payload["sectors"]),
        "sector_data": payload["sectors"],
        "breadth": presenters.breadth(payload["breadth"]),
        "gainers": presenters.overview_rows(payload["gainers"]),
        "losers": presenters.overview_rows(payload["losers"]),
        "data_source": payload["data_source"],
        "as_of": _instant(payload["as_of"]),
    }


def watch_panel(request: HttpRequest, now: datetime) -> WatchlistPanel:
    """Return the list named in the address, else the first. Somebody else's list is reported as absent."""
    lists = list(watchlists_of(owner=request.user))
    chosen = request.GET.get("watchlist", "")
    current = access_watchlist(request.user, int(chosen)) if chosen.isdecimal() else (lists[0] if lists else None)
    symbols = current.symbols if current else []
    try:
        batch = registry().quotes(symbols, now=now) if symbols else NO_QUOTES
    except PlatformError:
        batch = NO_QUOTES  # the lines stay, with dashes; the feed state says that prices have stopped
    newest = max(batch.quotes.values(), key=lambda quote: quote.as_of, default=None)
    return WatchlistPanel(
        lists=lists,
        current=current,
        rows=presenters.watch_rows(symbols, batch.quotes, names_of(symbols)),
        data_source=", ".join(sorted(set(batch.sources.values()))),
        newest=newest.symbol if newest else "",
        as_of=_instant(newest.as_of) if newest else "",
    )


def _instant(moment: datetime | None) -> str:
    return clock.isoformat_z(moment) if moment else ""
