"""How far back a strategy looks."""

from typing import Final

from engines.strategy import language as words
from engines.strategy.nodes import Compare, Condition, Indicator, Operand, Strategy, children, roots

SETTLED: Final = 4  # lengths until the start of a recursive average no longer shows


def lookback_bars(node: Condition | Operand) -> int:
    """Return how many own bars, the present one included, a node of a bound strategy needs to be known."""
    if isinstance(node, Indicator):
        return words.WORDS[node.name].lookback(node.numbers) + int(node.lag)  # type: ignore[arg-type]
    before = 1 if isinstance(node, Compare) and node.op in words.CROSSINGS else 0
    return before + max((lookback_bars(part) for _, part in children(node)), default=1)


def settled_bars(node: Condition | Operand) -> int:
    """Return how many own bars until a node's values no longer depend on where the data begins."""
    if isinstance(node, Indicator):
        word = words.WORDS[node.name]
        return word.lookback(node.numbers) * (SETTLED if word.recursive else 1) + int(node.lag)  # type: ignore[arg-type]
    return 1 + max((settled_bars(part) for _, part in children(node)), default=0)


LEAST_WARMUP_BARS: Final = 20  # traded values are ranked over as many
_ATR_BARS: Final = 15


def warmup_bars(bound: Strategy) -> int:
    """Return the bars before the first evaluated close that make every rule of a bound strategy known and settled."""
    return max(entry_bars(bound), exit_bars(bound), setting_bars(bound))


def entry_bars(bound: Strategy) -> int:
    """Return those of entries, regime, ranks and conviction."""
    return max(settled_bars(node) for place, node in roots(bound) if not _of_exits(place))


def exit_bars(bound: Strategy) -> int:
    """Return those of exits and add-ons."""
    return max((settled_bars(node) for place, node in roots(bound) if _of_exits(place)), default=0)


def setting_bars(bound: Strategy) -> int:
    """Return those of stops and sizes."""
    bars = LEAST_WARMUP_BARS
    if bound.setting("atr_stop_mult") or bound.setting("trail_atr_mult"):
        bars = max(bars, SETTLED * _ATR_BARS)
    if bound.sizing is not None and bound.sizing.vol_bars:
        bars = max(bars, int(bound.sizing.vol_bars) + 1)  # type: ignore[arg-type]
    return bars


def _of_exits(place: str) -> bool:
    return place.startswith(("exit_rules", "addon_rules"))
