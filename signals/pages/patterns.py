"""The Patterns page: the last sessions of a universe, one symbol on its chart, and similar stretches of history."""

from datetime import datetime
from typing import Any, Final

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from core import clock
from core.errors import PlatformError
from engines.exchange.naming import normalise_key
from market.models import Universe
from market.pages.figures import grouped
from market.pages.presenters import instrument_url
from market.selectors.instruments import names_of
from signals.pages import pattern_presenters as presenters
from signals.pages.refusals import refused
from signals.services.patterns.reading import UniversePatterns, symbol_patterns, universe_patterns
from signals.services.patterns.scanning import DEFAULT_UNIVERSE

SESSIONS: Final = ((1, "Last session"), (5, "5 sessions"), (20, "20 sessions"))
WINDOWS: Final = (15, 30, 60, 120)
AFTER: Final = (5, 10, 20)
DEFAULT_WINDOW, DEFAULT_AFTER = 30, 20
#: Sessions of a symbol that are marked on its chart.
MARKED: Final = 120


class PatternsPage(LoginRequiredMixin, View):
    """``/patterns/?universe=nifty_100&sessions=1|5|20&symbol=NSE:TCS&bars=30&after=20``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        chosen = {
            "universe": request.GET.get("universe", DEFAULT_UNIVERSE).lower()[:60],
            "sessions": _choice(request, "sessions", [value for value, _ in SESSIONS], 1),
        }
        context: dict[str, Any] = {"place": "signals", **chosen}
        try:
            found = universe_patterns(**chosen, now=now)
        except PlatformError as error:
            return refused(request, "signals/patterns.html", context | _choices(chosen), error)
        symbol = _symbol(request, found)
        context |= _choices(chosen) | universe_context(found, chosen) | symbol_context(symbol, chosen["universe"], now)
        context |= {
            "windows": _buttons(WINDOWS, _choice(request, "bars", WINDOWS, DEFAULT_WINDOW)),
            "afters": _buttons(AFTER, _choice(request, "after", AFTER, DEFAULT_AFTER)),
        }
        return render(request, "signals/patterns.html", context)


def _choice(request: HttpRequest, name: str, values: Any, default: int) -> int:
    text = request.GET.get(name, "")
    return int(text) if text in {str(value) for value in values} else default


def _buttons(values: tuple[int, ...], current: int) -> list[dict[str, Any]]:
    return [{"value": value, "current": value == current} for value in values]


def _choices(chosen: dict[str, Any]) -> dict[str, Any]:
    universes = list(Universe.objects.order_by("name").values("name", "title"))
    return {
        "universes": [
            {"value": row["name"], "label": row["title"] or row["name"], "current": row["name"] == chosen["universe"]}
            for row in universes
        ],
        "spans": [
            {"value": value, "label": label, "current": value == chosen["sessions"]} for value, label in SESSIONS
        ],
    }


def _symbol(request: HttpRequest, found: UniversePatterns) -> str:
    """Return the symbol asked for, else that of the newest session's best signal; empty if there is none."""
    asked = request.GET.get("symbol", "").strip()
    if asked:
        try:
            return normalise_key(asked)
        except ValueError:
            return asked[:60]
    best = next((signal for signal in found.signals if signal.score > 0.0), None)
    return best.instrument.key if best is not None else ""


def universe_context(found: UniversePatterns, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return the table of signals and the record."""
    rows = [presenters.scan_row(at, signal, chosen) for at, signal in enumerate(found.signals)]
    return {
        "rows": rows,
        "pointing": sum(bool(row.confidence) for row in rows),
        "members": found.symbols,
        "history_sessions": grouped(found.sessions, 0),
        "kinds": presenters.kind_rows(found.record),
        "data_source": found.data_source,
        "as_of": clock.isoformat_z(found.as_of),
        "last_session": found.session,
    }


def symbol_context(symbol: str, universe: str, now: datetime) -> dict[str, Any]:
    """Return one symbol's signals and what its chart marks, or the sentence that says why there are none."""
    if not symbol:
        return {"symbol": ""}
    try:
        found = symbol_patterns(symbol=symbol, universe=universe, sessions=MARKED, now=now)
    except PlatformError as error:
        return {"symbol": symbol, "symbol_failure": error.detail}
    return {
        "symbol": symbol,
        "code": symbol.partition(":")[2],
        "name": names_of([symbol]).get(symbol, ""),
        "instrument_url": instrument_url(symbol),
        "symbol_rows": [presenters.symbol_row(at, signal, symbol) for at, signal in enumerate(found.signals)],
        "marks": presenters.marks(found.signals),
        "symbol_session": found.session,
        "marked": MARKED,
    }
