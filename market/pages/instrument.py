"""One instrument: chart, live quote, depth, 52-week range, key figures."""

from datetime import date, datetime
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from core import clock
from core.errors import NotFound
from engines.exchange.calendar import CalendarUnknown
from engines.exchange.naming import parse_key
from market.constants import InstrumentType, Segment
from market.pages import figures, presenters
from market.services.exchanges import clock_for
from market.services.quote_view import quote_view

#: Value of the API and label, in the order of the keys 1 to 5.
INTERVALS = (("minute", "1m"), ("5minute", "5m"), ("15minute", "15m"), ("60minute", "1h"), ("day", "1D"))
OVERLAYS = (
    ("sma20", "Simple average, 20"),
    ("sma50", "Simple average, 50"),
    ("ema20", "Exponential average, 20"),
    ("bb20", "Bollinger bands, 20"),
    ("supertrend", "Supertrend"),
    ("vwap", "Volume-weighted average"),
)
PANES = (("rsi14", "RSI, 14"), ("macd", "MACD"))


class InstrumentPage(LoginRequiredMixin, View):
    """``/market/NSE:RELIANCE/``; the chart's choices (interval, overlays, panes, adjusted) are in the query."""

    def get(self, request: HttpRequest, symbol: str) -> HttpResponse:
        try:
            key = str(parse_key(symbol))
        except ValueError as error:
            raise Http404(str(error)) from None
        if key != symbol:
            return redirect(presenters.instrument_url(key))
        now = clock.now()
        try:
            view = quote_view(symbol=key, now=now)
        except NotFound as error:
            raise Http404(error.detail) from None
        context = instrument_context(view) | {
            "place": "market",
            "trade_date": trade_date(key, now).isoformat(),
            "intervals": intervals(request.GET.get("interval", "day")),
            "overlays": choices(OVERLAYS),
            "panes": choices(PANES),
            "stale_after_s": presenters.STALE_AFTER_S,
        }
        return render(request, "market/instrument.html", context)


def trade_date(key: str, now: datetime) -> date:
    """Return the market's date, from which the chart counts back; the date in India in a year without a calendar."""
    try:
        return clock_for(key).trade_date(now)
    except CalendarUnknown:
        return now.astimezone(clock.IST).date()


def choices(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    """Return value and label by name, as the components read them."""
    return [{"value": value, "label": label} for value, label in pairs]


def intervals(current: str) -> list[dict[str, Any]]:
    """Return the interval buttons; an unknown interval in the address means days."""
    chosen = current if current in dict(INTERVALS) else "day"
    return [{"value": value, "label": label, "current": value == chosen} for value, label in INTERVALS]


def instrument_context(view: dict[str, Any]) -> dict[str, Any]:
    """Return what the template prints of a quote view."""
    is_index = view["segment"] == Segment.INDEX
    return {
        "view": view,
        "code": view["symbol"].partition(":")[2],
        "kind": InstrumentType(view["instrument_type"]).label,
        "last": figures.price(view["last_price"]),
        "change": figures.change(view["change"]),
        "change_pct": figures.change_pct(view["change_pct"]),
        "quote": live_figures(view, is_index=is_index),
        "facts": facts(view, is_index=is_index),
        "day": presenters.range_meter(view["low"], view["high"], view["last_price"]),
        "year": presenters.range_meter(view["week52"]["low"], view["week52"]["high"], view["last_price"]),
        "depth": None if is_index else presenters.depth(view["depth"]),
        "as_of": clock.isoformat_z(view["as_of"]) if view["as_of"] else "",
    }


def live_figures(view: dict[str, Any], *, is_index: bool) -> list[dict[str, Any]]:
    """Return the figures that follow the ticks; an index trades nothing, so it has no volume."""
    rows = [
        ("Open", "open", figures.price),
        ("High", "high", figures.price),
        ("Low", "low", figures.price),
        ("Previous close", "prev_close", figures.price),
    ]
    if not is_index:
        rows += [("Volume", "volume", figures.compact), ("Average price", "average_price", figures.price)]
    if view["oi"] is not None:
        rows.append(("Open interest", "oi", figures.compact))
    return [{"label": label, "field": field, "figure": show(view[field])} for label, field, show in rows]


def facts(view: dict[str, Any], *, is_index: bool) -> list[dict[str, str]]:
    """Return what does not change during the day. What is unknown is left out."""
    rows = [("Sector", view["sector"]), ("ISIN", view["isin"])]
    if not is_index:
        rows += [
            ("Lower circuit", _price(view["lower_circuit"])),
            ("Upper circuit", _price(view["upper_circuit"])),
            ("Lot", figures.grouped(view["lot_size"], 0)),
            ("Tick", figures.grouped(float(view["tick_size"]), 2)),
        ]
    if view["expiry"]:
        rows += [("Expiry", f"{view['expiry']:%-d %b %Y}"), ("Strike", _price(view["strike"]))]
    return [{"label": label, "text": text} for label, text in rows if text]


def _price(value: float | None) -> str:
    return "" if value is None else figures.grouped(float(value), 2)
