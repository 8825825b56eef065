"""What changed between two bodies."""

import pytest

from core.errors import place
from signals.services.strategies.diffs import changes
from signals.services.strategies.language import steps


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("a", "changed")]),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, [("a[1]", "changed"), ("a[2]", "added")]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, [("a.b", "removed"), ("a.c", "added")]),
        ({"a": None}, {"a": {"b": 1}}, [("a", "changed")]),
        ({"a": "x"}, {}, [("a", "removed")]),
    ],
)
def test_changes(before: dict[str, object], after: dict[str, object], found: list[tuple[str, str]]) -> None:
    assert [(one["place"], one["kind"]) for one in changes(before, after)] == found
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(one["place"], one["kind"]) for one in changes(after, before)} == {(p, turned[k]) for p, k in found}


@pytest.mark.parametrize("text", ["entry_rules.conditions[1].left.name", "exit_rules[0]", "params.x"])
def test_steps_are_the_inverse_of_place(text: str) -> None:
    assert place(steps(text)) == text


def test_the_whole_body_is_no_step() -> None:
    assert steps("body") == steps("") == []
