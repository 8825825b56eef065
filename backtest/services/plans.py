"""What a run is made of, once everything about it is settled."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self

from accounts.models import User
from backtest.constants import DEFAULT_CAPITAL, DEFAULT_SLIPPAGE_BPS, MOST_CAPITAL
from core.errors import InvalidRequest, NotFound, ValidationFailed
from engines.exchange.naming import normalise_key
from engines.strategy.language import SERVER_OWNED
from engines.strategy.nodes import Strategy as Rules
from signals.access import access_strategy
from signals.models import StrategyVersion
from signals.services.market_data import DEFAULT_INDEX
from signals.services.strategies.language import read_body, read_version
from signals.services.strategies.saving import current_version
from signals.services.strategies.templates import ensure_templates

Costs = str | Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Money:
    """Money and limits as asked; None: the strategy's own value, else the default."""

    starting_capital: float = DEFAULT_CAPITAL
    position_size_pct: float | None = None
    max_positions: int | None = None
    max_per_sector: int | None = None
    slippage_bps: float = DEFAULT_SLIPPAGE_BPS
    same_day_sale_credit: float = 1.0
    costs: Costs = "zerodha"


@dataclass(frozen=True, slots=True)
class Plan:
    """A strategy, a market, money. ``rules`` still have parameters; ``params`` are the run's values for some.

    ``body``: the strategy's canonical body. ``version``: the stored version it came from, None for an inline one.
    """

    rules: Rules
    body: Mapping[str, Any]
    strategy_hash: str
    universe: str
    start: date
    end: date
    money: Money = field(default_factory=Money)
    params: Mapping[str, float] = field(default_factory=dict)
    benchmark: str = DEFAULT_INDEX
    seed: int = 0
    strategy_id: int | None = None
    version_id: int | None = None
    version: int | None = None

    @property
    def name(self) -> str:
        return self.rules.name

    def stored(self) -> dict[str, Any]:
        """Return the plan as plain values, from which `restored` makes it again."""
        names = ("universe", "benchmark", "seed", "strategy_id", "version_id", "version", "strategy_hash")
        money = {name: getattr(self.money, name) for name in Money.__dataclass_fields__}
        dates = {"start_date": self.start.isoformat(), "end_date": self.end.isoformat()}
        rest = {"params": dict(self.params), "strategy": dict(self.body)}
        return {name: getattr(self, name) for name in names} | dates | money | rest

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Self:
        """Return the plan that `stored` described."""
        read = read_body(stored["strategy"])
        names = ("universe", "benchmark", "seed", "strategy_id", "version_id", "version", "params")
        return cls(
            rules=read.rules,
            body=read.canonical,
            strategy_hash=read.hash,
            start=date.fromisoformat(stored["start_date"]),
            end=date.fromisoformat(stored["end_date"]),
            money=Money(**{name: stored[name] for name in Money.__dataclass_fields__}),
            **{name: stored[name] for name in names},
        )

    def varied(self, values: Mapping[str, float]) -> "Plan":
        """Return the plan with other numbers: parameters of the strategy, and numbers of the run by their names."""
        numbers = {name: value for name, value in values.items() if name in Money.__dataclass_fields__}
        whole = {name: int(value) for name, value in numbers.items() if name.startswith("max_")}
        money = replace(self.money, **(numbers | whole))
        params = {name: value for name, value in values.items() if name not in numbers}
        return replace(self, money=money, params={**self.params, **params})


def plan_of(*, user: User, data: Mapping[str, Any]) -> Plan:
    """Return the plan a request describes. ``data``: validated fields of `backtest.api.fields.RunInput`.

    Raises NotFound for a strategy the user cannot see, ValidationFailed for faults of an inline one, InvalidRequest
    for dates in the wrong order, no universe, a capital that is none.
    """
    source = _strategy(user, data)
    capital = data["starting_capital"]
    if not (math.isfinite(capital) and 0 < capital <= MOST_CAPITAL):
        raise InvalidRequest(
            f"The capital (starting_capital) must be more than 0 and at most {MOST_CAPITAL:,.0f} rupees."
        )
    if data["start_date"] > data["end_date"]:
        between = f"from {data['start_date']} to {data['end_date']}"
        raise InvalidRequest(f"The start is after the end: {between} (start_date, end_date).")
    universe = data.get("universe") or source["rules"].universe
    if not universe:
        raise InvalidRequest("Name a universe: the strategy has none of its own.")
    return Plan(
        **source,
        universe=universe.strip().lower(),
        start=data["start_date"],
        end=data["end_date"],
        money=Money(**{name: data[name] for name in Money.__dataclass_fields__ if data.get(name) is not None}),
        params=dict(sorted(data["params"].items())),
        benchmark=_symbol(data["benchmark"]),
        seed=data["seed"],
    )


def _strategy(user: User, data: Mapping[str, Any]) -> dict[str, Any]:
    inline, key = data.get("strategy"), data.get("strategy_id")
    if (inline is None) == (key is None):
        fault = "Give either strategy_id or strategy."
        raise ValidationFailed(errors=[{"loc": ["strategy_id"], "msg": fault, "type": "required"}])
    if inline is not None:
        known = {name: value for name, value in inline.items() if name not in SERVER_OWNED}
        read = read_body({"name": "Unnamed strategy", **known}, at=("strategy",))
        return {"rules": read.rules, "body": read.canonical, "strategy_hash": read.hash}
    if not str(key).isdecimal():
        ensure_templates()
    strategy = access_strategy(user, str(key))
    version = current_version(strategy)
    if data.get("version"):
        version = _version(strategy.versions.filter(number=data["version"]).first(), data["version"])
    read = read_version(version)
    return {
        "rules": read.rules,
        "body": read.canonical,
        "strategy_hash": read.hash,
        "strategy_id": strategy.pk,
        "version_id": version.pk,
        "version": version.number,
    }


def _version(found: StrategyVersion | None, number: int) -> StrategyVersion:
    if found is None:
        raise NotFound(f"The strategy has no version {number}.")
    return found


def _symbol(text: str) -> str:
    try:
        return normalise_key(text)
    except ValueError as error:
        raise InvalidRequest(f"benchmark: {error}.") from None
