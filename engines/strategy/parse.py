"""Reading a strategy's body (CONTRACT's rule language) into nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engines.strategy import language as words
from engines.strategy.nodes import Addon, Exit, Number, ParamRef, Score, Select, SizingRule, Strategy
from engines.strategy.reader import Fault, InvalidStrategy, Reader, shown
from engines.strategy.rules import read_condition, read_operand

BODY_KEYS: Final = (
    "name", "description", "base_model", "is_active", "universe", "params", "regime", "rebalance", "entry_rules",
    "exit_rules", "addon_rules", "conviction_scoring", "select", "sizing", "config",
)  # fmt: skip

# name: (least, most, whole)
CONFIG: Final[dict[str, tuple[float, float, bool]]] = {
    "min_hold": (0, 1000, True),
    "max_hold": (1, 5000, True),
    "stop_loss_pct": (0.01, 99.0, False),
    "take_profit_pct": (0.01, 10_000.0, False),
    "atr_stop_mult": (0.1, 50.0, False),
    "trail_atr_mult": (0.1, 50.0, False),
    "target_r": (0.1, 100.0, False),
    "exit_buffer_pct": (0.0, 50.0, False),
    "max_positions": (1, 500, True),
    "max_per_sector": (1, 500, True),
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A strategy and the server-owned keys of the body that were passed over."""

    strategy: Strategy
    ignored: tuple[str, ...]
    unused_params: tuple[str, ...]


def parse_strategy(body: Any) -> Parsed:
    """Return the strategy a body describes. Raises `InvalidStrategy` naming the place of every fault."""
    reader = Reader()
    ignored: tuple[str, ...] = ()
    if isinstance(body, Mapping):
        ignored = tuple(sorted(key for key in body if isinstance(key, str) and key in words.SERVER_OWNED))
        body = {key: value for key, value in body.items() if key not in ignored}
    fields = reader.object(body, "", BODY_KEYS, ("name", "entry_rules"))
    if fields is None:
        raise InvalidStrategy(Fault(fault.place or "body", fault.message) for fault in reader.faults)
    strategy = _strategy(reader, fields)
    if reader.faults or strategy is None:
        raise InvalidStrategy(reader.faults)
    unused = tuple(name for name in strategy.parameters if name not in reader.used)
    return Parsed(strategy, ignored, unused)


def _strategy(reader: Reader, fields: Mapping[str, Any]) -> Strategy | None:
    params = _params(reader, fields.get("params"))
    name = reader.text(fields["name"], "name", 120)
    entry = read_condition(reader, fields["entry_rules"], "entry_rules", position=False)
    regime = fields.get("regime")
    rebalance = fields.get("rebalance")
    strategy = {
        "universe": _optional_text(reader, fields.get("universe"), "universe", 60),
        "base_model": _optional_text(reader, fields.get("base_model"), "base_model", 60),
        "description": _optional_text(reader, fields.get("description"), "description", 4000) or "",
        "is_active": reader.flag(fields.get("is_active", True), "is_active"),
        "regime": None if regime is None else read_condition(reader, regime, "regime", position=False),
        "rebalance": "daily" if rebalance is None else reader.choice(rebalance, "rebalance", words.REBALANCES),
        "exit_rules": _exits(reader, fields.get("exit_rules")),
        "addon_rules": _addons(reader, fields.get("addon_rules")),
        "conviction_scoring": _scores(reader, fields.get("conviction_scoring")),
        "select": _select(reader, fields.get("select")),
        "sizing": _sizing(reader, fields.get("sizing")),
        "config": _config(reader, fields.get("config")),
    }
    if reader.faults or name is None or entry is None:
        return None
    return Strategy(name=name, entry_rules=entry, params=tuple(sorted(params.items())), **strategy)  # type: ignore[arg-type]


def _optional_text(reader: Reader, value: Any, place: str, most: int) -> str | None:
    if value is None or value == "":
        return None
    return reader.text(value, place, most, least=0)


def _params(reader: Reader, value: Any) -> dict[str, float]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        reader.fault("params", f"must be an object of numbers by name, was {shown(value)}")
        return {}
    if len(value) > words.MAX_PARAMS:
        reader.fault("params", f"declares {len(value)} parameters, at most {words.MAX_PARAMS} are allowed")
        return {}
    for key, number in value.items():
        place = f"params.{key[:40] if isinstance(key, str) else shown(key)}"
        if reader.identifier(key, place) is not None:
            read = reader.plain(number, place)
            reader.params[key] = 0.0 if read is None else read
    return reader.params


def _exits(reader: Reader, value: Any) -> tuple[Exit, ...]:
    rules = [] if value is None else reader.array(value, "exit_rules", words.MAX_EXIT_RULES) or []
    read = [_exit(reader, rule, f"exit_rules[{i}]", i) for i, rule in enumerate(rules)]
    exits = tuple(rule for rule in read if rule is not None)
    names: dict[str, int] = {}
    for i, rule in enumerate(exits):
        if rule.name in names:
            other = f"exit_rules[{names[rule.name]}]"
            reader.fault(f"exit_rules[{i}].name", f"{shown(rule.name)} is the name of {other} too")
        names.setdefault(rule.name, i)
    return exits


def _exit(reader: Reader, value: Any, place: str, number: int) -> Exit | None:
    keys = ("name", "priority", "ignore_min_hold", "condition", "exit_price")
    body = reader.object(value, place, keys, ("condition",))
    if body is None:
        return None
    before = len(reader.faults)
    name = reader.text(body.get("name", f"exit_{number + 1}"), f"{place}.name", 60)
    priority = reader.plain(body.get("priority", number), f"{place}.priority", -1000, 1000, whole=True)
    ignore = reader.flag(body.get("ignore_min_hold", False), f"{place}.ignore_min_hold")
    given = body.get("exit_price")
    price = "close" if given is None else reader.text(given, f"{place}.exit_price", 40)
    condition = read_condition(reader, body["condition"], f"{place}.condition", position=True)
    if len(reader.faults) > before or condition is None or name is None or priority is None or price is None:
        return None
    return Exit(name, int(priority), ignore, condition, price)


def _addons(reader: Reader, value: Any) -> Addon | None:
    """Read the add-on rule; a disabled one is read for faults, then left out."""
    if value is None or value == {} or value == []:
        return None
    place = "addon_rules"
    body = reader.object(value, place, ("enabled", "condition", "max_addons", "size_pct"))
    if body is None:
        return None
    enabled = reader.flag(body.get("enabled", body.get("condition") is not None), f"{place}.enabled")
    if body.get("condition") is None:
        if enabled:
            reader.fault(f"{place}.condition", "is missing")
        return None
    condition = read_condition(reader, body["condition"], f"{place}.condition", position=True)
    most = reader.number(body.get("max_addons", 1), f"{place}.max_addons", 1, 100, whole=True)
    size = reader.number(body.get("size_pct", 50), f"{place}.size_pct", 0.1, 1000)
    if not enabled or condition is None or most is None or size is None:
        return None
    return Addon(condition, most, size)


def _scores(reader: Reader, value: Any) -> tuple[Score, ...]:
    scores = [] if value is None else reader.array(value, "conviction_scoring", words.MAX_SCORES) or []
    read = [_score(reader, score, f"conviction_scoring[{i}]", i) for i, score in enumerate(scores)]
    return tuple(score for score in read if score is not None)


def _score(reader: Reader, value: Any, place: str, number: int) -> Score | None:
    body = reader.object(value, place, ("name", "weight", "value", "from", "to"), ("value", "from", "to"))
    if body is None:
        return None
    name = reader.text(body.get("name", f"score_{number + 1}"), f"{place}.name", 60)
    weight = reader.number(body.get("weight", 1), f"{place}.weight", 1e-6, 1e6)
    operand = read_operand(reader, body["value"], f"{place}.value", position=False)
    low = reader.number(body["from"], f"{place}.from")
    high = reader.number(body["to"], f"{place}.to")
    if name is None or weight is None or operand is None or low is None or high is None:
        return None
    if _valued(reader, low) == _valued(reader, high):
        reader.fault(f"{place}.to", "must differ from 'from': nothing can be mapped between equal ends")
        return None
    return Score(name, weight, operand, low, high)


def _select(reader: Reader, value: Any) -> Select | None:
    if value is None:
        return None
    body = reader.object(value, "select", ("by", "direction", "top", "exit_below"), ("by", "top"))
    if body is None:
        return None
    by = read_operand(reader, body["by"], "select.by", position=False)
    direction = reader.choice(body.get("direction", "desc"), "select.direction", words.DIRECTIONS)
    top = reader.number(body["top"], "select.top", 1, 500, whole=True)
    below = top if body.get("exit_below") is None else reader.number(
        body["exit_below"], "select.exit_below", 1, 1000, whole=True
    )  # fmt: skip
    if by is None or direction is None or top is None or below is None:
        return None
    if _valued(reader, below) < _valued(reader, top):
        reader.fault("select.exit_below", "must not be less than top: what was just bought would be sold at once")
        return None
    return Select(by, direction, top, below)


def _sizing(reader: Reader, value: Any) -> SizingRule | None:
    if value is None or value == {}:
        return None
    body = reader.object(value, "sizing", ("mode", "pct", "risk_pct", "vol_bars"))
    if body is None:
        return None
    mode = reader.choice(body.get("mode", "pct_equity"), "sizing.mode", words.SIZING_MODES)
    bounds = {"pct": (0.01, 100.0, False), "risk_pct": (0.01, 20.0, False), "vol_bars": (5, 400, True)}
    numbers: dict[str, Number | None] = {
        name: reader.number(body[name], f"sizing.{name}", least, most, whole=whole)
        for name, (least, most, whole) in bounds.items()
        if body.get(name) is not None
    }
    for name, owner in (("risk_pct", "risk"), ("vol_bars", "inverse_vol")):
        if name in numbers and mode not in {owner, None}:
            reader.fault(f"sizing.{name}", f"belongs to mode {owner}, not to {mode}")
    return SizingRule(mode or "pct_equity", numbers.get("pct"), numbers.get("risk_pct"), numbers.get("vol_bars"))


def _config(reader: Reader, value: Any) -> tuple[tuple[str, Number], ...]:
    if value is None:
        return ()
    body = reader.object(value, "config", CONFIG)
    if body is None:
        return ()
    read = []
    for name in CONFIG:
        if body.get(name) is None:
            continue
        least, most, whole = CONFIG[name]
        number = reader.number(body[name], f"config.{name}", least, most, whole=whole)
        if number is not None:
            read.append((name, number))
    return tuple(read)


def _valued(reader: Reader, number: Number) -> float:
    return reader.params[number.name] if isinstance(number, ParamRef) else number
