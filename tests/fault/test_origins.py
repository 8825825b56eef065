"""What a page of another site can do with a visitor's cookies on a real server: nothing."""

import asyncio
import json
from typing import Any

import websockets

from tests.fault.callers import PASSWORD, Caller, bearer
from tests.fault.conftest import Figure

HOSTILE: tuple[dict[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Origin": "http://127.0.0.1:1"},
)


def test_a_hostile_page_cannot_write(caller: Caller, figure: Figure) -> None:
    email = "victim@example.com"
    token = caller.register(email, source="127.0.50.1")
    cookie = caller.cookie(email)
    right = {"email": email, "password": PASSWORD}
    writes: dict[str, tuple[str, str, Any, dict[str, str]]] = {
        "cookie session": ("PATCH", "/api/auth/profile", {"name": "taken"}, {"Cookie": cookie}),
        "cookie token": ("PATCH", "/api/auth/profile", {"name": "taken"}, {"Cookie": f"access_token_cookie={token}"}),
        "agent key": ("POST", "/api/agent/key", {}, {"Cookie": cookie}),
        "logout": ("POST", "/api/auth/logout", {}, {"Cookie": cookie}),
        "sign-in": ("POST", "/api/auth/password-login", right, {}),
        "token": ("POST", "/api/auth/login", right, {}),
        "register": ("POST", "/api/auth/register", {"email": "h@example.com", "password": PASSWORD}, {}),
        "mail": ("POST", "/api/auth/magic-link", {"email": email}, {}),
        "verify": ("POST", "/api/auth/verify-link", {"email": email, "otp": "000000"}, {}),
        "reset": ("POST", "/api/auth/password-reset", {"email": email}, {}),
    }
    answers = {
        (name, str(headers)): caller.call(method, path, body, **headers, **credential)
        for name, (method, path, body, credential) in writes.items()
        for headers in HOSTILE
    }
    refused = sum(answer.status == 403 and answer.body["code"] == "CROSS_SITE" for answer in answers.values())
    pages = ("/login/", "/login/verify", "/logout/")
    forms = [form(caller, path, headers, cookie) for path in pages for headers in HOSTILE]
    figure(
        f"{len(writes)} writes and 3 forms from {len(HOSTILE)} kinds of hostile page", "all 403, no cookie set",
        f"{refused + forms.count(403)} of {len(answers) + len(forms)} refused",
    )  # fmt: skip
    assert refused == len(answers), {key: answer for key, answer in answers.items() if answer.status != 403}
    assert set(forms) == {403}
    assert not any("kite_session" in answer.headers.get("set-cookie", "") for answer in answers.values())
    me = caller.get("auth/me", Cookie=cookie)
    assert (me.status, me.body["user"]["name"]) == (200, "")


def form(caller: Caller, path: str, headers: dict[str, str], cookie: str) -> int:
    data = f"email=victim%40example.com&password={PASSWORD.replace(' ', '+')}"
    kind = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    return caller.call("POST", path, raw=data, **kind, **headers).status


def test_scripts_and_our_own_pages_can(caller: Caller, figure: Figure) -> None:
    email = "script@example.com"
    token = caller.register(email, source="127.0.50.2")
    cookie = {"Cookie": caller.cookie(email)}
    own = {"Origin": f"http://127.0.0.1:{caller.server.port}", "Sec_Fetch_Site": "same-origin"}
    hostile_bearer = bearer(token) | {"Origin": "https://evil.example"}
    ways = (cookie, cookie | own, bearer(token), hostile_bearer, {"Cookie": f"access_token_cookie={token}"})
    answers = [caller.call("PATCH", "/api/auth/profile", {"name": "mine"}, **way).status for way in ways]
    figure("the same call from a script, our own page, with a Bearer token", "200", str(answers))
    assert answers == [200] * 5


def test_sockets(caller: Caller, figure: Figure) -> None:
    email = "socket@example.com"
    token = caller.register(email, source="127.0.50.3")
    cookie = caller.cookie(email)
    key = caller.post("agent/key", **bearer(token)).body["key"]
    own = f"http://127.0.0.1:{caller.server.port}"
    tries: dict[str, tuple[dict[str, str], str | None, int | None]] = {
        "hostile origin": ({"Cookie": cookie}, "https://evil.example", 4403),
        "no origin": ({"Cookie": cookie}, None, None),
        "own origin": ({"Cookie": cookie}, own, None),
        "bearer": ({"Authorization": f"Bearer {token}"}, None, None),
        "nobody": ({}, own, 4401),
        "agent key": ({"Authorization": f"Bearer {key}"}, None, 4401),
    }
    port = caller.server.port
    found = {name: asyncio.run(socket(port, headers, origin)) for name, (headers, origin, _) in tries.items()}
    figure("WebSocket: hostile, absent and own Origin, Bearer, nobody, agent key", "4403, 4401 or open", str(found))
    assert found == {name: code for name, (_, _, code) in tries.items()}


async def socket(port: int, headers: dict[str, str], origin: str | None) -> int | None:
    """Return the code with which the server closed, or None if it answered."""
    url = f"ws://127.0.0.1:{port}/api/ws/ticks"
    async with websockets.connect(url, additional_headers=headers, origin=origin) as connection:
        try:
            async with asyncio.timeout(20):
                json.loads(await connection.recv())
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0
    return None
