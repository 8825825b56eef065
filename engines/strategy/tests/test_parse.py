"""What is refused and where, and what reads back to itself."""

import time
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.strategy.binding import bind
from engines.strategy.canonical import canonical_json, strategy_hash, to_body
from engines.strategy.nodes import Indicator
from engines.strategy.parse import parse_strategy
from engines.strategy.reader import MAX_FAULTS, InvalidStrategy
from engines.strategy.schema import strategy_schema
from engines.strategy.templates import TEMPLATES
from engines.strategy.tests.generators import bodies
from engines.strategy.tests.malformed import compare, good, ind, lit, malformed

CASES = list(malformed())
VALIDATOR = jsonschema.Draft202012Validator(strategy_schema())


def faults(body: Any) -> list[str]:
    with pytest.raises(InvalidStrategy) as caught:
        parse_strategy(body)
    assert all(fault.message for fault in caught.value.faults)
    return [fault.place for fault in caught.value.faults]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 200


@pytest.mark.parametrize(("body", "place"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_malformed_strategies_are_refused_with_the_place(body: Any, place: str) -> None:
    assert place in faults(body)


def test_one_wrong_place_is_one_fault() -> None:
    body = good()
    body["entry_rules"]["conditions"][1]["left"]["name"] = "rsx14"
    assert faults(body) == ["entry_rules.conditions[1].left.name"]


def test_every_fault_is_named_at_once() -> None:
    body = {**good(), "foo": 1, "rebalance": "never", "config": {"min_hold": -1}}
    assert set(faults(body)) == {"foo", "rebalance", "config.min_hold"}


def test_hostile_sizes_are_refused_quickly() -> None:
    huge = [
        {**good(), "entry_rules": {"type": "and", "conditions": [compare()] * 500_000}},
        {**good(), **{f"key{i}": i for i in range(100_000)}},
        {**good(), "name": "x" * 10_000_000},
        {**good(), "params": {f"p{i}": i for i in range(200_000)}},
        {**good(), "exit_rules": [{}] * 500_000},
        {**good(), "config": {"min_hold": 10**5000}},
    ]
    started = time.process_time()
    for body in huge:
        assert len(faults(body)) <= MAX_FAULTS
    assert time.process_time() - started < 2.0


def test_server_owned_keys_are_passed_over() -> None:
    parsed = parse_strategy({**good(), "id": 5, "version": 3, "created_at": "x", "is_template": True, "owner": {}})
    assert parsed.ignored == ("created_at", "id", "is_template", "owner", "version")
    assert parsed.strategy == parse_strategy(good()).strategy


def test_unused_parameters_are_told() -> None:
    assert parse_strategy({**good(), "params": {"rsi_max": 1, "n": 5, "spare": 2}}).unused_params == ("spare",)


def test_least_body() -> None:
    strategy = parse_strategy({"name": " x ", "entry_rules": compare()}).strategy
    assert (strategy.name, strategy.rebalance, strategy.exit_rules, strategy.is_active) == ("x", "daily", (), True)


def test_nulls_and_empty_parts_are_defaults() -> None:
    nothing = ("regime", "params", "select", "sizing", "config", "rebalance", "exit_rules", "addon_rules", "universe")
    body = {"name": "x", "entry_rules": compare(), **dict.fromkeys(nothing)}
    assert parse_strategy(body).strategy == parse_strategy({"name": "x", "entry_rules": compare()}).strategy


def test_six_conditions_deep_is_allowed() -> None:
    node: Any = compare()
    for _ in range(5):
        node = {"type": "and", "conditions": [node]}
    assert parse_strategy({"name": "x", "entry_rules": node})


@pytest.mark.parametrize(
    ("token", "spelled"),
    [
        ("sma20", ind("sma", params={"n": 20})),
        ("SMA20", ind("sma")),
        ("bb_upper20_2.5", ind("bb_upper", params={"width": 2.5})),
        ("macd", ind("macd", params={"fast": 12, "slow": 26, "signal": 9})),
        ("highest252", ind("highest", params={"n": 252, "on": "high"})),
        ("mom_12_1", ind("mom_12_1", lag=0, of="self")),
    ],
)
def test_tokens_and_params_are_the_same(token: str, spelled: dict[str, Any]) -> None:
    a, b = (parse_strategy({"name": "x", "entry_rules": compare(left)}).strategy for left in (ind(token), spelled))
    assert a == b
    assert strategy_hash(a) == strategy_hash(b)


@settings(max_examples=25, deadline=None)
@given(bodies())
def test_canonical_form_reads_back_and_fits_the_schema(body: dict[str, Any]) -> None:
    strategy = parse_strategy(body).strategy
    again = to_body(strategy)
    assert parse_strategy(again).strategy == strategy
    assert to_body(parse_strategy(again).strategy) == again
    VALIDATOR.validate(again)


@pytest.mark.parametrize("key", TEMPLATES)
def test_templates_fit_the_schema_and_read_back(key: str) -> None:
    template = TEMPLATES[key]
    VALIDATOR.validate(template.body)
    parsed = parse_strategy(template.body)
    assert parsed.unused_params == ()
    assert parse_strategy(to_body(parsed.strategy)).strategy == parsed.strategy
    assert template.literature
    for name, values in template.grid.items():
        assert parsed.strategy.parameters[name] in values
        for value in values:
            bind(parsed.strategy, {name: value})


_PLAIN = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
_KEYS = st.sampled_from(["type", "left", "name", "op"]) | st.text(max_size=4)
_ANYTHING = st.recursive(
    _PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=8
)


def places_of(body: Any) -> list[str]:
    """The faulty places, none when the body is well formed."""
    try:
        parse_strategy(body)
    except InvalidStrategy as error:
        return [fault.place for fault in error.faults] or ["nowhere"]
    return []


@settings(max_examples=80, deadline=None)
@given(_ANYTHING, st.sampled_from(list(good())))
def test_any_json_is_read_or_refused(value: Any, key: str) -> None:
    for place in places_of({**good(), key: value}):
        assert place.startswith((key, "params", "entry_rules", "exit_rules"))


def test_the_hash_is_of_what_is_done() -> None:
    body = good()
    first = strategy_hash(parse_strategy(body).strategy)
    assert len(first) == 64
    assert (
        strategy_hash(parse_strategy({**body, "name": "Other", "description": "", "is_active": False}).strategy)
        == first
    )
    body["entry_rules"]["conditions"][0]["op"] = ">="
    assert strategy_hash(parse_strategy(body).strategy) != first
    assert '"value":5' in canonical_json(parse_strategy(good()).strategy)


def test_binding_puts_numbers_in_place() -> None:
    strategy = parse_strategy(good()).strategy
    bound = bind(strategy, {"n": 33})
    assert bound.parameters == {"n": 33.0, "rsi_max": 45.0}
    assert bound.exit_rules[1].condition.right == Indicator("sma", (("n", 33.0),))  # type: ignore[union-attr]
    with pytest.raises(InvalidStrategy, match=r"params\.m: is not declared"):
        bind(strategy, {"m": 3})
    with pytest.raises(InvalidStrategy, match=r"exit_rules\[1\]\.condition\.right\.params\.n"):
        bind(strategy, {"n": 2.5})
    with pytest.raises(InvalidStrategy, match="finite"):
        bind(strategy, {"n": float("nan")})


def test_literals_keep_their_value() -> None:
    strategy = parse_strategy({"name": "x", "entry_rules": compare(right=lit(0.1))}).strategy
    assert '"value":0.1' in canonical_json(strategy)
