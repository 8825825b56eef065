"""What the linter says of strategies that are well formed."""

from typing import Any

import pytest

from engines.strategy.lint import lint
from engines.strategy.parse import parse_strategy
from engines.strategy.templates import TEMPLATES, template_strategies
from engines.strategy.tests.malformed import compare, ind, lit

STOPPED = {"stop_loss_pct": 8}


def both(*conditions: Any) -> dict[str, Any]:
    return {"type": "and", "conditions": list(conditions)}


def either(*conditions: Any) -> dict[str, Any]:
    return {"type": "or", "conditions": list(conditions)}


def rsi(op: str, value: float, **more: Any) -> dict[str, Any]:
    return compare(ind("rsi14"), op, lit(value), **more)


def held(op: str, value: float) -> dict[str, Any]:
    return compare({"type": "position", "field": "total_bars_held"}, op, lit(value))


def findings(entry: Any = None, body: dict[str, Any] | None = None, **options: Any) -> set[tuple[str, str, str]]:
    full = {"name": "x", "entry_rules": entry or compare(), "config": STOPPED, **(body or {})}
    parsed = parse_strategy(full)
    found = lint(parsed.strategy, unused_params=parsed.unused_params, **options)
    assert all(finding.message for finding in found)
    return {(finding.code, finding.severity, finding.place) for finding in found}


NEVER = ("contradictory", "error", "entry_rules")


@pytest.mark.parametrize(
    "entry",
    [
        both(rsi("<", 30), rsi(">", 70)),
        both(rsi("<=", 30), rsi(">", 30)),
        both(rsi("==", 30), rsi("==", 40)),
        both(rsi("between", 20, hi=lit(30)), rsi(">=", 31)),
        both(compare(), both(rsi(">", 101), compare())),
        rsi(">", 100),
        rsi("<", 0),
        rsi("between", 70, hi=lit(30)),
        compare(lit(1), ">", lit(2)),
        compare(ind("close"), ">", ind("highest20")),
        compare(ind("lowest20"), ">", ind("close")),
        compare(ind("close"), "<", ind("low")),
        compare(ind("close"), ">", ind("close")),
        compare(ind("close"), "crosses_above", ind("close")),
        both(compare(), compare(op="<")),
        both(compare(), compare(op="<=")),
        both(compare(), compare(ind("sma20"), ">", ind("close"))),
        both(compare(), {"type": "not", "condition": compare()}),
        {"type": "not", "condition": either(rsi("<", 50), rsi(">=", 50))},
        compare({"type": "random"}, "<", lit(0)),
        compare({"type": "rank", "of": ind("roc20"), "among": "universe"}, ">=", lit(100)),
    ],
)
def test_what_can_never_be_true(entry: Any) -> None:
    assert NEVER in findings(entry)


@pytest.mark.parametrize(
    "entry",
    [
        rsi(">=", 0),
        either(rsi("<", 50), rsi(">=", 50)),
        either(rsi("<", 50), rsi("between", 40, hi=lit(60)), rsi(">", 55)),
        either(compare(), compare(op="<=")),
        compare(ind("close"), "<=", ind("highest20")),
        {"type": "not", "condition": both(rsi("<", 30), rsi(">", 70))},
        compare(lit(3), ">", lit(2)),
    ],
)
def test_what_is_always_true(entry: Any) -> None:
    assert ("always_true", "warning", "entry_rules") in findings(entry)


@pytest.mark.parametrize(
    "entry",
    [
        both(rsi("<=", 30), rsi(">=", 30)),
        both(rsi("<", 70), rsi(">", 30)),
        both(rsi("<", 30), compare(ind("rsi14", lag=1), ">", lit(70))),
        both(rsi("<", 30), compare(ind("rsi2"), ">", lit(70))),
        either(rsi("<", 50), rsi(">", 50)),
        compare(ind("close"), ">", ind("highest20", lag=1)),
        compare(ind("close"), ">=", ind("highest20")),
        compare(ind("close"), ">", ind("highest20", params={"on": "low"})),
        compare(ind("close", of="index"), ">", ind("close")),
        compare(ind("sma20"), "crosses_above", ind("sma50")),
    ],
)
def test_what_is_possible_is_left_alone(entry: Any) -> None:
    assert findings(entry) == set()


def test_alternatives_after_one_that_always_holds_are_unreachable() -> None:
    assert ("unreachable", "warning", "entry_rules") in findings(either(rsi("<=", 100), rsi("<", 20)))


def exits(*rules: Any, **config: Any) -> set[tuple[str, str, str]]:
    listed = [{"name": f"e{i}", "priority": i, **rule} for i, rule in enumerate(rules)]
    return findings(body={"exit_rules": listed, "config": {**STOPPED, **config}})


def test_exit_rules_within_the_holding_limits() -> None:
    early = {"condition": both(rsi(">", 70), held("<=", 3))}
    assert exits(early) == set()
    assert ("never_binds", "warning", "exit_rules[0]") in exits(early, min_hold=10)
    assert exits({**early, "ignore_min_hold": True}, min_hold=10) == set()
    assert ("never_binds", "warning", "exit_rules[0]") in exits({"condition": held(">=", 20)}, max_hold=20)
    assert exits({"condition": held(">=", 19)}, max_hold=20) == set()
    late = {"condition": both(rsi(">", 70), held(">", 2))}
    assert exits(late, min_hold=10) == {("never_binds", "info", "exit_rules[0].condition.conditions[1]")}


def test_exit_rules_behind_others() -> None:
    rule = {"condition": rsi(">", 70)}
    assert ("unreachable", "warning", "exit_rules[1]") in exits(rule, rule)
    assert ("unreachable", "warning", "exit_rules[1]") in exits({"condition": rsi(">=", 0)}, rule)
    assert ("contradictory", "warning", "exit_rules[0]") in exits({"condition": rsi(">", 100)})


def test_warm_up_against_the_data() -> None:
    long = compare(right=ind("sma200", lag=10))
    assert findings(long, bars_available=210) == set()
    assert findings(long, bars_available=209) == {("warm_up_too_long", "error", "entry_rules")}
    crossing = compare(op="crosses_above", right=ind("sma200"))
    assert findings(crossing, bars_available=201) == set()
    assert findings(crossing, bars_available=200) != set()


def test_figures_that_are_not_loaded() -> None:
    entry = both(compare(), compare(ind("roe"), ">", lit(15)))
    assert findings(entry) == {("not_known", "warning", "entry_rules.conditions[1].left")}
    assert findings(entry, figures_available={"roe"}) == set()


def test_positions_and_selection() -> None:
    body = {"select": {"by": ind("roc20"), "top": 30}, "sizing": {"pct": 3}}
    assert findings(body=body) == {("max_positions_binds", "warning", "select.top")}
    assert findings(body=body, max_positions=30) == set()
    assert findings(body={**body, "config": {"max_positions": 30, "max_hold": 5}}) == set()


def test_limits_that_lack_something() -> None:
    assert ("target_without_stop", "warning", "config.target_r") in findings(
        body={"config": {"target_r": 2, "max_hold": 9}}
    )
    assert ("never_sells", "warning", "exit_rules") in findings(body={"config": {}})
    assert ("never_binds", "warning", "config.min_hold") in findings(body={"config": {"min_hold": 9, "max_hold": 9}})
    risky = {"sizing": {"mode": "risk", "risk_pct": 1}, "config": {"max_hold": 5}}
    assert ("risk_without_stop", "warning", "sizing.mode") in findings(body=risky)


def test_unused_parameters() -> None:
    assert findings(body={"params": {"spare": 1}}) == {("unused_param", "warning", "params.spare")}


@pytest.mark.parametrize("key", TEMPLATES)
def test_templates_are_clean(key: str) -> None:
    found = lint(template_strategies()[key], figures_available={"roe", "debt_equity"}, bars_available=300)
    assert [finding for finding in found if finding.severity != "info"] == []


def test_the_first_template_with_a_rule_that_cannot_bind() -> None:
    (finding,) = lint(template_strategies()["v1_momentum"])
    assert (finding.code, finding.severity) == ("never_binds", "info")
    assert finding.message == "bars held above 2 is always true, given the holding limits"
