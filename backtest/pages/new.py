"""The form that runs a backtest: it fills the fields and says where values come from; running is up to the API.

``?strategy=`` a number or a template's name; ``?run=`` an earlier run whose answers are filled in, to change one.
Any field may be named in the address too (``&start_date=2022-04-01``), so that a form half filled has a link.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.models import User
from backtest.access import access_run
from backtest.models import Run
from backtest.pages import words
from backtest.services.options import options
from core import clock
from core.errors import NotFound, PlatformError
from engines.strategy.nodes import Number, ParamRef
from engines.strategy.nodes import Strategy as Rules
from market.constants import Segment
from market.models import Instrument
from signals.access import access_strategy
from signals.models import Strategy
from signals.selectors.strategies import strategies_of
from signals.services.strategies.language import read_body, read_version, words_of
from signals.services.strategies.saving import current_version
from signals.services.strategies.templates import ensure_templates

DEFAULT_YEARS: Final = 5
MAX_FLAT_PCT: Final = 50
FINANCIAL_YEARS: Final = 8
MOST_LISTED: Final = 300
DEFAULT_STRATEGY: Final = "v3_dip_buyer"
DEFAULT_UNIVERSE: Final = "nifty_100"
FIELDS: Final = (
    "universe", "start_date", "end_date", "starting_capital", "position_size_pct", "max_positions", "max_per_sector",
    "slippage_bps", "same_day_sale_credit", "benchmark", "seed",
)  # fmt: skip
CAPITALS: Final = ((100_000, "₹1 lakh"), (1_000_000, "₹10 lakh"), (10_000_000, "₹1 crore"), (100_000_000, "₹10 crore"))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The strategy of the form. ``version``: 0 for the current one; ``body``: rules that no stored version holds."""

    rules: Rules
    name: str
    key: str
    version: int
    current: int
    sentence: str
    body: dict[str, Any] | None = None


@method_decorator(never_cache, name="dispatch")
class NewBacktestPage(LoginRequiredMixin, View):
    """``/backtests/new/?strategy=v3_dip_buyer``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        ensure_templates()
        earlier = earlier_run(request)
        chosen = chosen_strategy(request, earlier)
        offered = options(user=request.user, now=clock.now())
        return render(request, "backtest/new.html", form_context(request, chosen, earlier, offered))


def earlier_run(request: HttpRequest) -> Run | None:
    """Return the run named in the address; somebody else's is reported as absent."""
    text = request.GET.get("run", "")
    if not text:
        return None
    try:
        return access_run(request.user, int(text) if text.isdecimal() and len(text) < 19 else 2**63)
    except NotFound as error:
        raise Http404(error.detail) from None


def chosen_strategy(request: HttpRequest, earlier: Run | None) -> Chosen:
    """Return the strategy named in the address, else that of the earlier run, else a template."""
    named = request.GET.get("strategy", "")
    if earlier is not None and not named:
        return _of_run(request.user, earlier)
    try:
        return _current(access_strategy(request.user, named or DEFAULT_STRATEGY))
    except NotFound as error:
        raise Http404(error.detail) from None


def _current(strategy: Strategy) -> Chosen:
    version = current_version(strategy)
    read = read_version(version)
    text = version.sentence or words_of(read.rules)["sentence"]
    return Chosen(read.rules, strategy.name, str(strategy.slug or strategy.pk), 0, version.number, text)


def _of_run(user: User, run: Run) -> Chosen:
    """Return the strategy of a run in the version that ran, or its stored body where the strategy is gone."""
    body = run.request["strategy"]
    try:
        read = read_body(body)
        text = words_of(read.rules)["sentence"]
        strategy = access_strategy(user, str(run.strategy_id)) if run.strategy_id else None
    except NotFound:
        strategy = None
    except PlatformError as error:
        raise Http404(f"The rules of that run can no longer be read: {error}") from None
    if strategy is None or run.version_id is None:
        return Chosen(read.rules, run.name, "", 0, 0, text, body=body)
    current = current_version(strategy).number
    number = run.request["version"] or current
    return Chosen(read.rules, strategy.name, str(strategy.slug or strategy.pk), number, current, text)


def form_context(request: HttpRequest, chosen: Chosen, earlier: Run | None, offered: dict[str, Any]) -> dict[str, Any]:
    """Return everything the form prints."""
    asked = earlier.request if earlier else {}
    costs = _costs(request.GET.get("costs", ""), offered) or asked.get("costs", offered["defaults"]["costs"])
    return {
        "place": "strategies",
        "tab": "backtests",
        "earlier": earlier,
        "chosen": chosen,
        "groups": strategy_groups(request.user, chosen),
        "values": values(request, chosen, asked, offered),
        "params": parameters(request, chosen, asked),
        "effective": effective(chosen.rules, offered["defaults"]),
        "universes": [{"value": one["name"], "label": words.universe(one["name"], one["title"]),
                       "as_of": one["as_of"], "lists": one["lists"]} for one in offered["universes"]],
        "benchmarks": benchmarks(),
        "plans": [{"value": name, "label": words.PLANS.get(name, name)} for name in offered["costs"]],
        "cost_kind": "flat" if isinstance(costs, dict) else costs,
        "flat_pct": costs["flat_pct"] if isinstance(costs, dict) else "",
        "capitals": [{"value": value, "label": label} for value, label in CAPITALS],
        "financial_years": financial_years(offered["defaults"]["end_date"]),
        "limits": offered["limits"],
        "tries": offered["tries"],
        "today": offered["defaults"]["end_date"].isoformat(),
    }  # fmt: skip


def strategy_groups(user: User, chosen: Chosen) -> list[dict[str, Any]]:
    """Return the strategies to choose from, one's own first."""

    def choices(found: Any) -> list[dict[str, Any]]:
        return [
            {"value": str(one.slug or one.pk), "label": one.name, "current": str(one.slug or one.pk) == chosen.key}
            for one in found[:MOST_LISTED]
        ]

    groups = [
        {"label": "Mine", "choices": choices(strategies_of(user))},
        {"label": "Templates", "choices": choices(strategies_of(user, is_template=True))},
    ]
    known = {one["value"] for group in groups for one in group["choices"]}
    if chosen.key and chosen.key not in known:
        one = {"value": chosen.key, "label": chosen.name, "current": True}
        groups.append({"label": "Shared", "choices": [one]})
    return [group for group in groups if group["choices"]]


def _costs(text: str, offered: dict[str, Any]) -> str | dict[str, float] | None:
    """Return the charges named in the address: a plan, or ``{"flat_pct": 0.1}``; None for anything else."""
    if text in offered["costs"]:
        return text
    try:
        flat = float(json.loads(text)["flat_pct"])
    except (ValueError, TypeError, KeyError):
        return None
    return {"flat_pct": flat} if 0 <= flat <= MAX_FLAT_PCT else None


def values(request: HttpRequest, chosen: Chosen, asked: dict[str, Any], offered: dict[str, Any]) -> dict[str, str]:
    """Return what stands in the fields: the address first, then the earlier run, then the defaults."""
    defaults = offered["defaults"]
    end: date = defaults["end_date"]
    first = {
        "universe": chosen.rules.universe or DEFAULT_UNIVERSE,
        "start_date": years_before(end, DEFAULT_YEARS).isoformat(),
        "end_date": end.isoformat(),
        "starting_capital": defaults["starting_capital"],
        "slippage_bps": defaults["slippage_bps"],
        "same_day_sale_credit": defaults["same_day_sale_credit"],
        "benchmark": defaults["benchmark"],
        "seed": defaults["seed"],
    }
    found = {}
    for name in FIELDS:
        value = request.GET.get(name, asked.get(name, first.get(name)))
        found[name] = "" if value is None else words.plain(value)
    return found


def years_before(day: date, years: int) -> date:
    """Return the same day so many years earlier; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def parameters(request: HttpRequest, chosen: Chosen, asked: dict[str, Any]) -> list[dict[str, str]]:
    """Return the strategy's parameters with their defaults and, where another value was asked for, that."""
    given = asked.get("params", {})
    rows = []
    for name, default in dict(chosen.rules.params).items():
        value = request.GET.get(f"params.{name}", given.get(name))
        rows.append(
            {
                "name": f"params.{name}",
                "label": words.parameter(name),
                "default": words.plain(float(default)),
                "shown": words.number(default),
                "value": "" if value is None else words.plain(value),
            }
        )
    return rows


def effective(rules: Rules, defaults: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return, for each number that may stay empty, what it is then and who says so."""

    def shown(own: Number | None, default: float | None, unit: str, none: str) -> dict[str, str]:
        number = rules.parameters.get(own.name) if isinstance(own, ParamRef) else own
        if number:
            return {"value": f"{words.number(number)}{unit}", "from": "the strategy"}
        return {"value": none if default is None else f"{default:g}{unit}", "from": "the default"}

    own_size = None if rules.sizing is None else rules.sizing.pct
    return {
        "position_size_pct": shown(own_size, defaults["position_size_pct"], "%", ""),
        "max_positions": shown(rules.setting("max_positions"), defaults["max_positions"], "", ""),
        "max_per_sector": shown(rules.setting("max_per_sector"), defaults["max_per_sector"], "", "no cap"),
    }


def benchmarks() -> list[dict[str, str]]:
    """Return the indices there are."""
    found = Instrument.objects.filter(segment=Segment.INDEX).exclude(symbol="").order_by("exchange", "symbol")
    pairs = found.values_list("exchange", "symbol")[:MOST_LISTED]
    return [{"value": f"{exchange}:{symbol}", "label": symbol} for exchange, symbol in pairs]


def financial_years(today: date) -> list[dict[str, str]]:
    """Return the last financial years, the present one first; each runs from 1 April to 31 March."""
    first = today.year if today.month >= 4 else today.year - 1
    return [
        {
            "value": f"{year}-04-01/{min(today, date(year + 1, 3, 31)).isoformat()}",
            "label": f"FY {year}-{(year + 1) % 100:02d}",
        }
        for year in range(first, first - FINANCIAL_YEARS, -1)
    ]
