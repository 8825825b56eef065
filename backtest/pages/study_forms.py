"""The forms of sweeps and walk-forward tests: a strategy, what is varied, and the run around it.

Everything filled in can be given in the address, so that other pages lead here with a run already described:
``strategy``, ``version``, ``universe``, ``start_date``, ``end_date``, the numbers of a run by their names,
``params.NAME`` for a parameter. ``run`` or ``study`` takes all of it from a run or an earlier study of the reader.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpRequest

from accounts.models import User
from backtest.access import access_run, access_study
from backtest.constants import MAX_SETS, MAX_WINDOWS
from backtest.models import Study
from backtest.services.options import options
from core.errors import NotFound, ValidationFailed
from signals.access import access_strategy
from signals.models import Strategy
from signals.selectors.strategies import strategies_of
from signals.services.strategies.language import read_body, read_version
from signals.services.strategies.saving import current_version
from signals.services.strategies.templates import ensure_templates

TEXTS: Final = ("universe", "start_date", "end_date", "costs", "benchmark")
NUMBERS: Final = (
    "starting_capital", "position_size_pct", "max_positions", "max_per_sector", "slippage_bps", "seed",
)  # fmt: skip
RUN_LABELS: Final = {
    "position_size_pct": ("Position size", "% of equity", 0.01, 100.0),
    "max_positions": ("Most positions", "at once", 1.0, 500.0),
    "max_per_sector": ("Most per sector", "at once; 0 is no limit", 0.0, 500.0),
    "slippage_bps": ("Slippage", "hundredths of a percent", 0.0, 1_000.0),
}
#: What the best set may be chosen by, with the words for it. The same metrics as the API.
METRICS: Final = (
    ("sharpe", "Sharpe ratio"), ("cagr", "Return a year"), ("calmar", "Return over deepest fall"),
    ("sortino", "Sortino ratio"), ("profit_factor", "Profit factor"), ("total_return_pct", "Total return"),
    ("win_rate", "Winning trades"),
)  # fmt: skip
COSTS: Final = (("zerodha", "Zerodha"), ("icici", "ICICI Direct (Prime 299)"), ("none", "None"))
#: Numbers that are whole: their range is offered in whole steps.
YEARS_BACK: Final = 5


@dataclass(frozen=True, slots=True)
class Knob:
    """A number that may be varied. ``values``: what an earlier study tried, as text, empty otherwise."""

    name: str
    label: str
    hint: str
    value: float | None
    values: str = ""
    low: float | None = None
    high: float | None = None


def form_context(request: HttpRequest, *, kind: str, now: datetime) -> dict[str, Any]:
    """Return what the form shows. Raises Http404 for what the reader cannot see."""
    user = request.user
    ensure_templates()
    try:
        given = from_address(request, kind)
        chosen = chosen_strategy(user, given)
    except NotFound as error:
        raise Http404(error.detail) from None
    except ValidationFailed as error:
        raise Http404(error.detail) from None
    offered = options(user=user, now=now)
    values = filled(given, chosen, offered)
    return {
        "place": "strategies",
        "strategies": listed(user, chosen),
        "chosen": chosen,
        "values": values,
        "universes": offered["universes"],
        "costs": cost_choices(values["costs"]),
        "metrics": METRICS,
        "knobs": knobs(chosen["parameters"], values, given.get("varied", {})),
        "tries": offered["tries"],
        "limits": {"sets": MAX_SETS, "windows": MAX_WINDOWS},
        "inline": {"strategy": chosen["body"], "params": values["params"]},
    }


def from_address(request: HttpRequest, kind: str) -> dict[str, Any]:
    """Return what the address asks for, as a stored request spells it."""
    query = request.GET
    if number := _number(query.get("run", "")):
        return _stored(access_run(request.user, number).request)
    if number := _number(query.get("study", "")):
        study = access_study(request.user, number, query.get("kind", kind))
        return _stored(study.request) | {"varied": varied(study)}
    given: dict[str, Any] = {name: query[name] for name in TEXTS if query.get(name)}
    given |= {name: value for name in NUMBERS if (value := _float(query.get(name, ""))) is not None}
    params = {name.removeprefix("params."): _float(text) for name, text in query.items() if name.startswith("params.")}
    given["params"] = {name: value for name, value in params.items() if value is not None}
    given["strategy_key"] = query.get("strategy", "")
    given["version"] = _number(query.get("version", ""))
    return given


def _stored(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored request; its strategy by number where it still is one, else its body."""
    return {**request, "strategy_key": str(request.get("strategy_id") or ""), "body": request["strategy"]}


def varied(study: Study) -> dict[str, list[float]]:
    """Return the values a study tried, by name."""
    if axes := study.request.get("axes"):
        return axes
    sets = study.request["sets"]
    names = dict.fromkeys(name for one in sets for name in one)
    return {name: sorted({one[name] for one in sets if name in one}) for name in names}


def chosen_strategy(user: User, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the strategy of the form: the one named, else a body that was sent inline, else the first template."""
    key = given.get("strategy_key") or ""
    if not key and given.get("body"):
        read = read_body(given["body"])
        return _chosen("", read.rules.name, None, read.rules, body=dict(given["body"]))
    try:
        strategy = access_strategy(user, key) if key else _first(user)
    except NotFound:
        if not given.get("body"):
            raise
        return chosen_strategy(user, {"body": given["body"]})  # deleted since, or no longer shared
    version = current_version(strategy)
    if given.get("version") and given["version"] != version.number:
        version = strategy.versions.filter(number=given["version"]).first() or version
    rules = read_version(version).rules
    return _chosen(str(strategy.pk), strategy.name, version.number, rules, strategy=strategy)


def _chosen(
    key: str, name: str, version: int | None, rules: Any, *, body: Any = None, strategy: Strategy | None = None
) -> dict[str, Any]:
    return {
        "key": key, "name": name, "version": version, "universe": rules.universe, "parameters": rules.parameters,
        "body": body, "strategy": strategy,
    }  # fmt: skip


def _first(user: User) -> Strategy:
    own = strategies_of(user).first()
    return own or strategies_of(user, is_template=True).order_by("id")[0]


def listed(user: User, chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the strategies to choose from, in groups: one's own, templates, and a shared one if it is chosen."""
    groups = [
        {"label": "Yours", "rows": list(strategies_of(user, is_active=True))},
        {"label": "Templates", "rows": list(strategies_of(user, is_template=True))},
    ]
    known = {str(one.pk) for group in groups for one in group["rows"]}
    if chosen["strategy"] is not None and chosen["key"] not in known:
        groups.insert(0, {"label": "Chosen", "rows": [chosen["strategy"]]})
    return [group for group in groups if group["rows"]]


def filled(given: Mapping[str, Any], chosen: Mapping[str, Any], offered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of all fields: given ones, else the defaults."""
    values = {**offered["defaults"], "universe": chosen["universe"] or "nifty_100"}
    end = values["end_date"]
    values["start_date"] = end.replace(year=end.year - YEARS_BACK, day=min(end.day, 28)).isoformat()
    values["end_date"] = end.isoformat()
    # An empty number means "the strategy's own, else the default", as the API has it.
    values |= {"position_size_pct": None, "max_positions": None, "metric": "sharpe"}
    values |= {"train_months": 24, "test_months": 6}
    values |= {name: value for name, value in given.items() if name in values and value is not None}
    values["params"] = {name: value for name, value in given.get("params", {}).items() if name in chosen["parameters"]}
    return values


def cost_choices(current: Any) -> list[dict[str, Any]]:
    """Return the plans of charges; a flat percentage of an earlier run stays on offer."""
    rows = [{"value": value, "label": label, "current": value == current} for value, label in COSTS]
    if isinstance(current, Mapping):
        flat = current["flat_pct"]
        rows.append({"value": json.dumps(current), "label": f"{flat:g} % of each order", "current": True})
    return rows


def knobs(
    parameters: Mapping[str, float], values: Mapping[str, Any], tried: Mapping[str, list[float]]
) -> dict[str, list[Knob]]:
    """Return what may be varied: the strategy's parameters, and numbers of the run."""
    own = [
        Knob(name, name, "", values["params"].get(name, value), joined(tried.get(name)))
        for name, value in sorted(parameters.items())
    ]
    run = [
        Knob(name, label, hint, values.get(name), joined(tried.get(name)), low, high)
        for name, (label, hint, low, high) in RUN_LABELS.items()
    ]
    return {"own": own, "run": run}


def joined(values: list[float] | None) -> str:
    """Return values as a list to be typed: 5, 7.5, 10."""
    return ", ".join(f"{value:.10g}" for value in values or ())


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 19 else None


def _float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= 1e15 else None
