"""The answers that the documentation shows are such as the endpoints give today.

To write them anew: ``SAMPLES=write .venv/bin/python -m pytest partners/tests/test_sample_answers.py -k today``.
"""

import html
import json
import os
from dataclasses import asdict
from numbers import Number
from typing import Any

import jsonschema
import pytest

from partners.api.docs_content import ENDPOINTS
from partners.api.docs_samples import SAMPLES, laid_out, sample
from partners.tests.sample_answers import MASKED, made, printed
from partners.tests.test_description import document  # noqa: F401 - fixture
from partners.tests.test_sending import _loopback  # noqa: F401 - fixture
from partners.tests.test_surface import V1, _fresh  # noqa: F401 - fixture

BODIES = ["webhook-fno", "webhook-iscore"]
ANCHORS = sorted([*(endpoint.anchor for endpoint in ENDPOINTS), *BODIES])
#: Nothing in them depends on the day, the market or chance.
EXACT = {"post-portfolio-analyze", "post-behaviour-analyze", "get-errors", "delete-admin-keys-key-id"}
#: Objects whose keys are data.
OPEN = {"facts", "hourly_distribution", "segment_breakdown", "strategy_breakdown"}


def kept(anchor):
    return json.loads((SAMPLES / f"{anchor}.json").read_text())


def merged(values: list[Any]) -> Any:
    """Return one value with all that the rows of a list have."""
    values = [value for value in values if value is not None]
    if values and all(isinstance(value, dict) for value in values):
        keys = dict.fromkeys(key for value in values for key in value)
        return {key: merged([value[key] for value in values if key in value]) for key in keys}
    if values and all(isinstance(value, list) for value in values):
        return [one for value in values for one in value]
    return values[0] if values else None


def kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, Number) else type(value).__name__


def differences(shown: Any, real: Any, where: str = "") -> list[str]:
    """Return the places where two answers are built differently; a null may stand for anything."""
    if shown is None or real is None or where.rpartition(".")[2] in OPEN:
        return []
    if isinstance(shown, dict) and isinstance(real, dict):
        odd = [f"{where}.{key}" for key in sorted(set(shown) ^ set(real))]
        return odd + [
            one for key in shown if key in real for one in differences(shown[key], real[key], f"{where}.{key}")
        ]
    if isinstance(shown, list) and isinstance(real, list):
        return differences(merged(shown), merged(real), f"{where}[]")
    return [] if kind_of(shown) == kind_of(real) else [f"{where}: {kind_of(shown)}, {kind_of(real)}"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_endpoints_answer_so_today():
    found = made()
    assert sorted(found) == ANCHORS
    if os.environ.get("SAMPLES") == "write":
        for anchor, one in found.items():
            (SAMPLES / f"{anchor}.json").write_text(json.dumps(asdict(one), ensure_ascii=False, indent=1) + "\n")
    for anchor, one in found.items():
        shown = kept(anchor)
        assert shown["status"] == one.status, anchor
        assert differences(shown["answer"], one.answer) == [], f"{anchor}: write the samples anew, see above"
        if anchor in EXACT:
            assert shown["answer"] == one.answer, f"{anchor}: write the samples anew, see above"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.anchor)
def test_they_are_as_the_description_says(document, endpoint):  # noqa: F811
    shown = kept(endpoint.anchor)
    described = document["paths"][f"{V1}{endpoint.path}"][endpoint.method.lower()]["responses"][str(shown["status"])]
    schema = described["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({"components": document["components"], **schema}).validate(shown["answer"])
    if endpoint.example:
        assert shown["request"] == printed(endpoint.example).words()
    assert shown["answer"]["success"] is True


def test_there_is_one_of_every_endpoint_and_the_page_shows_it(client, db):
    assert sorted(path.stem for path in SAMPLES.iterdir()) == ANCHORS
    page = client.get("/api/partner/v1/docs").content.decode()
    for anchor in ANCHORS:
        found = sample(anchor)
        assert html.escape(found.text) in page, anchor
        assert json.loads(found.text) == found.answer == kept(anchor)["answer"]


def test_they_give_nothing_away():
    whole = "".join(path.read_text() for path in SAMPLES.iterdir())
    secrets = [instead for pattern, instead in MASKED if "…" in instead]
    assert all(instead.replace(r"\1", "tc_live") in whole for instead in secrets if "sha256" not in instead)
    assert "127.0.0.1" not in whole


def test_what_is_short_stands_on_one_line():
    assert laid_out({"a": [1, 2], "b": "₹"}) == '{"a": [1, 2], "b": "₹"}'
    wide = {"name": "x" * 60, "list": [{"deep": "y" * 60}, []]}
    assert json.loads(laid_out(wide)) == wide
    assert max(map(len, laid_out([list(range(100))] * 2).splitlines())) <= 96


def test_a_difference_is_found():
    assert differences({"a": [{"b": 1}, {"c": None}]}, {"a": [{"b": 2.5, "c": "x"}]}) == []
    assert differences({"a": {"b": 1}}, {"a": {"b": "1", "c": 2}}) == [".a.c", ".a.b: number, str"]
    assert differences({"a": []}, {"a": [1]}) == []
