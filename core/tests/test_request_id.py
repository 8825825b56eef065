from concurrent.futures import ThreadPoolExecutor

import pytest

from core import request_id


def test_outside_a_request_the_id_is_empty() -> None:
    assert request_id.get() == ""


@pytest.mark.parametrize("good", ["abcdefgh", "a.b_c-d9", "X" * 64])
def test_a_well_formed_id_of_the_caller_is_kept(good: str) -> None:
    assert request_id.accept(good) == good


@pytest.mark.parametrize(
    "bad", [None, "", "short", "x" * 65, "has space", "line\nbreak1", "abcdefgh\n", "a/b/c/d/e", "₹₹₹₹₹₹₹₹"]
)
def test_any_other_is_replaced_by_a_new_one(bad: str | None) -> None:
    accepted = request_id.accept(bad)
    assert accepted != bad
    assert request_id.is_valid(accepted)


def test_new_ids_differ() -> None:
    assert len({request_id.new() for _ in range(1000)}) == 1000


def test_bound_restores_what_was_before() -> None:
    with request_id.bound("outer-id-1"):
        with request_id.bound("inner-id-1"):
            assert request_id.get() == "inner-id-1"
        assert request_id.get() == "outer-id-1"
    assert request_id.get() == ""


def test_another_thread_does_not_see_it() -> None:
    with request_id.bound("mine-only-1"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(request_id.get).result() == ""
