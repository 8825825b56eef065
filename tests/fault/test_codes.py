"""One-time codes on a real server: one use, five guesses, ten minutes, the latest only."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.fault.callers import Caller
from tests.fault.conftest import Figure

USES = 20


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.mark.parametrize("by", ["link", "code"])
def test_twenty_uses_at_once(caller: Caller, figure: Figure, by: str) -> None:
    email = f"race-{by}@example.com"
    token, code = caller.mailed(email, source="127.0.30.1")
    body = {"token": token} if by == "link" else {"email": email, "otp": code}

    def use(number: int) -> int:
        return caller.post("auth/verify-link", body, source=f"127.0.31.{number + 1}").status

    with ThreadPoolExecutor(USES) as pool:
        answers = Counter(pool.map(use, range(USES)))
    again = caller.post("auth/verify-link", body).status
    figure(f"{USES} uses of one {by} at once, then one more", "1 success", f"{dict(answers)}, then {again}")
    assert answers == {200: 1, 401: USES - 1}
    assert again == 401


def test_the_sixth_guess_is_refused_though_it_is_right(caller: Caller, figure: Figure) -> None:
    email = "guess@example.com"
    _, code = caller.mailed(email, source="127.0.30.2")
    bodies = [{"email": email, "otp": wrong(code)}] * 5 + [{"email": email, "otp": code}]
    answers = [caller.post("auth/verify-link", body).status for body in bodies]
    figure("five wrong codes, then the right one", "never let in", str(answers))
    assert answers == [401] * 6


def test_older_and_expired_codes_are_refused(caller: Caller, figure: Figure) -> None:
    email = "late@example.com"
    first, second = (caller.mailed(email, source="127.0.30.3") for _ in range(2))
    older = [caller.post("auth/verify-link", body).status for body in bodies(email, first)]
    move = "UPDATE accounts_onetimecode SET created_at = ?, expires_at = ? WHERE email = ? AND used_at IS NULL"
    caller.server.execute(move, "2020-01-01 00:00:00+00:00", "2020-01-01 00:10:00+00:00", email)
    expired = [caller.post("auth/verify-link", body).status for body in bodies(email, second)]
    figure("link and code of an older and of an expired mail", "refused", f"{older}, {expired}")
    assert older + expired == [401] * 4


def bodies(email: str, mailed: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"token": mailed[0]}, {"email": email, "otp": mailed[1]}]


def test_looking_at_the_link_consumes_nothing(caller: Caller, figure: Figure) -> None:
    token, _ = caller.mailed("scanner@example.com", source="127.0.30.4")
    looks = [caller.call(method, f"/login/verify?token={token}").status for method in ("GET", "HEAD", "GET")]
    used = caller.post("auth/verify-link", {"token": token}).status
    figure("GET, HEAD, GET of a mailed link, then its button", "still good", f"{looks}, then {used}")
    assert (looks, used) == ([200] * 3, 200)


def test_forwarded_addresses_do_not_move_a_limit(caller: Caller, figure: Figure) -> None:
    answers = Counter(
        caller.post(
            "auth/magic-link", {"email": f"forward{number}@example.com"}, source="127.0.32.1",
            X_Forwarded_For=f"203.0.113.{number + 1}", X_Real_IP=f"203.0.113.{number + 1}",
            Forwarded=f"for=203.0.113.{number + 1}",
        ).status
        for number in range(35)
    )  # fmt: skip
    figure("35 mails asked for with 35 invented X-Forwarded-For", "30, then 429", str(dict(answers)))
    assert answers == {200: 30, 429: 5}
