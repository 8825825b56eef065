"""Advice on a strategy that is well formed: what can never happen, always happens, or will not do what it seems to.

Reasoning is by intervals: comparisons of one operand with numbers are put together over `and` and `or`, within what
values the operand can have at all. What is not proven is not said.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from engines.strategy import language as words
from engines.strategy.binding import bind
from engines.strategy.horizon import lookback_bars
from engines.strategy.nodes import Indicator, Strategy, roots, walk
from engines.strategy.reachability import Judge, Verdict
from engines.strategy.sentence import figure

ERROR: Final = "error"
WARNING: Final = "warning"
INFO: Final = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """A remark: ``code`` for programs, ``severity`` error (it will never trade), warning or info, ``place`` in the
    body, ``message`` in words."""

    code: str
    severity: str
    place: str
    message: str


def lint(
    strategy: Strategy,
    *,
    bars_available: int | None = None,
    figures_available: Collection[str] = (),
    max_positions: int | None = None,
    unused_params: Collection[str] = (),
) -> list[Finding]:
    """Return findings, the gravest first.

    ``bars_available``: bars of history up to the last day to be judged. ``figures_available``: company figures that
    are loaded. ``max_positions``: what a run sets. ``unused_params``: as `parse_strategy` found them.
    """
    bound = bind(strategy)
    findings = [
        *_rules(bound),
        *_warm_up(bound, bars_available),
        *_unknown_data(bound, figures_available),
        *_positions(bound, max_positions),
        *_limits(bound),
        *(
            Finding("unused_param", WARNING, f"params.{name}", f"parameter {name} is declared but never used")
            for name in unused_params
        ),
    ]
    return sorted(findings, key=lambda finding: (ERROR, WARNING, INFO).index(finding.severity))


def _rules(bound: Strategy) -> list[Finding]:
    judge = Judge()
    entry = judge.condition(bound.entry_rules, "entry_rules")
    regime = Verdict.OPEN if bound.regime is None else judge.condition(bound.regime, "regime")
    found = [Finding(note.code, WARNING, note.place, note.message) for note in judge.notes]
    if Verdict.NEVER in {entry, regime}:
        place = "entry_rules" if entry is Verdict.NEVER else "regime"
        found.append(Finding("contradictory", ERROR, place, "can never be true: this strategy never buys"))
    elif entry is Verdict.ALWAYS:
        found.append(Finding("always_true", WARNING, "entry_rules", "is always true: everything is bought at once"))
    return found + _exit_rules(bound) + _addon_rules(bound)


def _exit_rules(bound: Strategy) -> list[Finding]:
    found: list[Finding] = []
    least, most = bound.setting("min_hold") or 0.0, bound.setting("max_hold") or 0.0
    seen: dict[object, str] = {}
    always: str | None = None
    for i, rule in sorted(enumerate(bound.exit_rules), key=lambda pair: pair[1].priority):
        place = f"exit_rules[{i}]"
        free = Judge()
        verdict = free.condition(rule.condition, f"{place}.condition")
        found += [Finding(note.code, WARNING, note.place, note.message) for note in free.notes]
        held = Judge(0.0 if rule.ignore_min_hold else float(least), float(most) - 1.0 if most else None)  # type: ignore[arg-type]
        bound_verdict = held.condition(rule.condition, f"{place}.condition")
        if verdict is Verdict.NEVER:
            found.append(Finding("contradictory", WARNING, place, f"{rule.name} can never be true"))
        elif bound_verdict is Verdict.NEVER:
            limits = f"min_hold {figure(float(least))}" + (f" and max_hold {figure(float(most))}" if most else "")  # type: ignore[arg-type]
            found.append(Finding("never_binds", WARNING, place, f"{rule.name} can never act within {limits}"))
        elif verdict is Verdict.ALWAYS and always is None:
            found.append(Finding("always_true", WARNING, place, f"{rule.name} is always true: it sells at once"))
        if always is not None or rule.condition in seen:
            other = always or seen[rule.condition]
            found.append(
                Finding("unreachable", WARNING, place, f"{rule.name} is never the reason: {other} comes first")
            )
        found += _idle_parts(free, held)
        seen.setdefault(rule.condition, rule.name)
        if verdict is Verdict.ALWAYS and rule.ignore_min_hold >= (least > 0):  # type: ignore[operator]
            always = always or rule.name
    return found


def _idle_parts(free: Judge, held: Judge) -> list[Finding]:
    """Comparisons of the bars held that say nothing only because of the least or longest holding time."""
    known = {(note.place, note.code) for note in free.notes}
    return [
        Finding("never_binds", INFO, note.place, f"{note.message}, given the holding limits")
        for note in held.notes
        if note.leaf and (note.place, note.code) not in known
    ]


def _addon_rules(bound: Strategy) -> list[Finding]:
    if bound.addon_rules is None:
        return []
    judge = Judge()
    verdict = judge.condition(bound.addon_rules.condition, "addon_rules.condition")
    found = [Finding(note.code, WARNING, note.place, note.message) for note in judge.notes]
    if verdict is Verdict.NEVER:
        found.append(Finding("contradictory", WARNING, "addon_rules", "can never be true: nothing is ever added"))
    return found


def _warm_up(bound: Strategy, available: int | None) -> list[Finding]:
    if available is None:
        return []
    return [
        Finding(
            "warm_up_too_long",
            ERROR if place in {"entry_rules", "regime", "select.by"} else WARNING,
            place,
            f"needs {bars} bars to be known, the data has {available}",
        )
        for place, node in roots(bound)
        if (bars := lookback_bars(node)) > available
    ]


def _unknown_data(bound: Strategy, available: Collection[str]) -> list[Finding]:
    return [
        Finding("not_known", WARNING, place, f"{words.WORDS[node.name].title} is not loaded: rules on it are unknown")
        for root, top in roots(bound)
        for place, node in walk(top, root)
        if isinstance(node, Indicator) and node.name in words.FIGURES and node.name not in available
    ]


def _positions(bound: Strategy, given: int | None) -> list[Finding]:
    most = float(given or bound.setting("max_positions") or words.DEFAULT_MAX_POSITIONS)  # type: ignore[arg-type]
    found: list[Finding] = []
    if bound.select is not None and float(bound.select.top) > most:  # type: ignore[arg-type]
        message = (
            f"max_positions {figure(most)} binds: of the top {figure(float(bound.select.top))} only so many are held"  # type: ignore[arg-type]
        )
        found.append(Finding("max_positions_binds", WARNING, "select.top", message))
    pct = bound.sizing.pct if bound.sizing is not None else None
    size = float(pct or words.DEFAULT_POSITION_SIZE_PCT)  # type: ignore[arg-type]
    if size * most > 200.0:
        message = f"{figure(most)} positions of {figure(size)} % of equity: cash ends after {figure(100.0 // size)}"
        found.append(Finding("cash_binds", INFO, "sizing.pct", message))
    return found


def _limits(bound: Strategy) -> list[Finding]:
    given = dict(bound.config)
    stops = [name for name in ("stop_loss_pct", "atr_stop_mult") if name in given]
    trailing = "trail_atr_mult" in given
    found: list[Finding] = []
    if "target_r" in given and not stops:
        message = "counts in units of risk, but there is no stop_loss_pct or atr_stop_mult: it is never reached"
        found.append(Finding("target_without_stop", WARNING, "config.target_r", message))
    if bound.sizing is not None and bound.sizing.mode == "risk" and not stops and not trailing:
        message = "sizes by the distance to the stop, but there is no stop: positions have the full size"
        found.append(Finding("risk_without_stop", WARNING, "sizing.mode", message))
    least, most = given.get("min_hold", 0.0), given.get("max_hold")
    if most is not None and least >= most:  # type: ignore[operator]
        message = f"min_hold is not below max_hold {figure(float(most))}: exit rules never act"  # type: ignore[arg-type]
        found.append(Finding("never_binds", WARNING, "config.min_hold", message))
    sells = bound.exit_rules or bound.select is not None or set(given) & {*words_that_sell()}
    if not sells:
        message = "nothing ever sells: no exit rules, stops, targets or longest holding time"
        found.append(Finding("never_sells", WARNING, "exit_rules", message))
    return found


def words_that_sell() -> tuple[str, ...]:
    """Return the settings that end a position."""
    return ("max_hold", "stop_loss_pct", "take_profit_pct", "atr_stop_mult", "trail_atr_mult")
