"""The I-Score's pages: a universe's table, one stock's card for its instrument's page, and one stock in full."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from core import clock
from core.errors import DataUnavailable, NotFound, PlatformError
from engines.exchange.naming import normalise_key
from market.models import Universe
from market.pages.figures import percent
from market.pages.presenters import instrument_url
from market.selectors.instruments import names_of
from signals.pages import iscore_presenters as presenters
from signals.pages import iscore_stock as stock
from signals.pages import iscore_words as words
from signals.pages.iscore_measured import measured, measured_words, validation_of
from signals.pages.refusals import refused
from signals.services.history import session_close
from signals.services.iscore.reading import Table, iscore_history, iscore_of, iscore_table, ranking_source
from signals.services.iscore.scoring import reference_if_any

#: Sessions of the ledger on a stock's page, and of the course on its card.
LEDGER: Final = 30
_FACTORS: Final = 5


class IScorePage(LoginRequiredMixin, View):
    """``/iscore/?universe=nifty_100&sector=&tier=buy&q=&sort=-iscore&page=1``; with ``as=csv`` all rows as a file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = presenters.Asked.of(request.GET)
        context: dict[str, Any] = {"place": "signals", "asked": asked, "retry": asked.address()}
        try:
            table = iscore_table(universe=asked.universe, sort=asked.sort, now=clock.now())
        except PlatformError as error:
            context["universes"] = _universes(asked.universe or reference_if_any())
            return refused(request, "signals/iscore.html", context, error)
        rows = presenters.matching(table.rows, asked)
        if request.GET.get("as") == "csv":
            return _csv(presenters.csv_text(rows), table)
        response = render(request, "signals/iscore.html", context | _table_context(table, rows, asked))
        if request.headers.get("HX-Request"):  # the address without what the form left empty
            response["HX-Push-Url"] = f"{request.path}{asked.address()}"
        return response


def _universes(current: str) -> list[dict[str, Any]]:
    rows = Universe.objects.order_by("name").values("name", "title")
    return [
        {"value": row["name"], "label": row["title"] or row["name"], "current": row["name"] == current} for row in rows
    ]


def _table_context(table: Table, rows: Sequence[Any], asked: presenters.Asked) -> dict[str, Any]:
    pages = max(1, -(-len(rows) // presenters.PAGE_ROWS))
    page = min(asked.page, pages)
    shown = rows[(page - 1) * presenters.PAGE_ROWS : page * presenters.PAGE_ROWS]
    session = date.fromisoformat(table.session)
    return {
        "universes": _universes(table.universe),
        "sectors": presenters.sector_choices(table.rows, asked),
        "tiers": presenters.tier_choices(table.rows, asked),
        "heads": presenters.heads(asked),
        "sorts": presenters.sort_choices(asked),
        "rows": [presenters.table_row(row) for row in shown],
        "total": len(rows),
        "members": len(table.rows),
        "page": page,
        "pages": pages,
        "earlier": asked.on_page(page - 1) if page > 1 else "",
        "later": asked.on_page(page + 1) if page < pages else "",
        "csv_url": asked.address(**{"as": "csv"}),
        "data_source": table.data_source,
        "measured_words": measured_words(table.data_source),
        "session": session,
        "ranked_in": _ranked_in(table),
        "as_of": clock.isoformat_z(session_close(session, table.data_source)),
    }


def _ranked_in(table: Table) -> str:
    """Return the title of the universe that scores are ranks of where another one is shown, else nothing.

    With whose prices are of another source than its own: only a stock beside it can have such.
    """
    if table.ranked_in == table.universe:
        return ""
    title = Universe.objects.filter(name=table.ranked_in).values_list("title", flat=True).first()
    return f"{title or table.ranked_in}{presenters.other_sources(table.rows, table.data_source)}"


def _csv(text: str, table: Table) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="iscore-{table.universe}-{table.session}.csv"'
    return response


def _key(symbol: str) -> str:
    try:
        return normalise_key(symbol)
    except ValueError as error:
        raise Http404(str(error)) from None


class IScoreCard(LoginRequiredMixin, View):
    """``/iscore/card/NSE:TCS/``: the card of an instrument's page, fetched after the page itself."""

    def get(self, request: HttpRequest, symbol: str) -> HttpResponse:
        key = _key(symbol)
        now = clock.now()
        try:
            context = stock_context(key, now)
        except PlatformError as error:
            return refused(request, "signals/_iscore_card.html", {"retry": instrument_url(key)}, error)
        return render(request, "signals/_iscore_card.html", context)


class IScoreStockPage(LoginRequiredMixin, View):
    """``/iscore/NSE:TCS/``: components down to their inputs, waterfall, history, ledger, and how all is computed."""

    def get(self, request: HttpRequest, symbol: str) -> HttpResponse:
        key = _key(symbol)
        if key != symbol:
            return redirect(presenters.detail_url(key))
        now = clock.now()
        try:
            context = stock_context(key, now)
        except NotFound as error:
            raise Http404(error.detail) from None
        except DataUnavailable as error:
            return _not_ready(request, key, error)
        context |= {
            "place": "signals",
            "bands": [{"title": title, "least": least} for title, least in words.BANDS],
        }
        if request.user.is_staff:
            validation = validation_of(ranking_source(now))
            context |= {"validation": validation, "measured": measured(validation)}
        return render(request, "signals/iscore_stock.html", context)


def _not_ready(request: HttpRequest, symbol: str, error: DataUnavailable) -> HttpResponse:
    """Return the page that says in words why there is no answer now, with a button to ask again."""
    context = {
        "place": "signals",
        "code": symbol.partition(":")[2],
        "listing": presenters.listing(symbol),
        "instrument_url": instrument_url(symbol),
        "retry": presenters.detail_url(symbol),
    }
    return refused(request, "signals/iscore_not_ready.html", context, error)


def stock_context(symbol: str, now: datetime) -> dict[str, Any]:
    """Return what card and page print of a stock. Raises NotFound for a symbol that nobody knows, DataUnavailable."""
    answer = iscore_of(symbol, now=now)
    rows = iscore_history(symbol, now=now).defer("result")[: stock.SPARK_SESSIONS]
    history = [{name: getattr(row, name) for name in stock.HISTORY} for row in rows]
    session = date.fromisoformat(answer["as_of_session"]) if answer["as_of_session"] else None
    return _score_context(answer) | {
        "symbol": symbol,
        "code": symbol.partition(":")[2],
        "listing": presenters.listing(symbol),
        "name": names_of([symbol]).get(symbol, ""),
        "instrument_url": instrument_url(symbol),
        "detail_url": presenters.detail_url(symbol),
        "spark": stock.spark(history),
        "ledger": stock.ledger(history)[:LEDGER],
        "kept": len(history),
        "session": session,
        "data_source": answer["data_source"] or "",
        "measured_words": measured_words(ranking_source(now)),
        "as_of": clock.isoformat_z(session_close(session, answer["data_source"])) if session else "",
        "cached_until": answer["cached_until"].astimezone(clock.IST),
    }


def _score_context(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the score with its tier, confidence, components and what moved it."""
    score, before = answer["iscore"], answer["previous"]
    known = score is not None and before is not None and before["iscore"] is not None
    lacks = bool(answer["missing_inputs"])  # nothing is missing of an index or a fund: they are no companies
    return {
        "answer": answer,
        "score": words.score_text(score),
        "ring": score or 0.0,
        "tier": words.tier(answer["recommendation"], answer["code"] if score is not None or lacks else None),
        "confidence": percent(answer["confidence"]),
        "known": words.confidence_word(answer["confidence"]),
        "coverage": percent(answer["coverage"]),
        "dispersion": words.score_text(answer["dispersion"]),
        "change": words.change_words(round(score - before["iscore"], 1)) if known else None,
        "previous": before,
        "parts": stock.parts(answer),
        "unknown": stock.unknown(answer),
        "factors": answer["score_factors"][:_FACTORS],
        "fall": stock.waterfall(answer),
        "moves": stock.moves(answer["changes"]),
    }
