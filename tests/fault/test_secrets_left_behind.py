"""Secrets sent through every flow of a real server, then looked for in everything it left behind."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

from accounts.services.totp import totp_code, totp_step
from core import clock
from tests.fault.callers import Caller, bearer
from tests.fault.conftest import Figure

OLD, NEW, WRONG = "canary-old-5ee1a9c2", "canary-new-77b03d14", "canary-wrong-c0ffee91"
BROKER = {"api_key": "canaryapikey4410be", "api_secret": "canarysecret8e22aa41"}
REQUEST_TOKEN = "canaryrequest19fe77"


def test_secrets_are_found_nowhere(caller: Caller, figure: Figure) -> None:
    email = "canary@example.com"
    seen = sign_ins(caller, email)
    seen |= credentials(caller, seen["session"], seen["token"])
    spoil(caller, seen)
    server = caller.server
    places = server.files() | {"the database": server.dump(), "Redis": server.memory()}
    assert "accounts_user" in places["the database"]
    mails = "\n".join(server.mails())
    found = [f"{name} in {place}" for place, text in places.items() for name, secret in seen.items() if secret in text]
    found += [f"{name} in a mail" for name, secret in seen.items() if secret in mails and name not in MAILED]
    size = sum(map(len, places.values())) + len(mails)
    figure(
        f"{len(seen)} secrets sent through every flow, then looked for in database, Redis, logs, files and mails",
        "found nowhere (link and code: in their own mail only)",
        f"{len(found)} found in {len(places)} places, {size / 1e6:.0f} MB",
    )
    assert found == []


MAILED = {"link", "reset link"}


def sign_ins(caller: Caller, email: str) -> dict[str, str]:
    """Come in on every way, with right and wrong secrets; return the secrets."""
    body = {"email": email, "password": OLD}
    assert caller.post("auth/register", body).status == 201
    link, _ = caller.mailed(email, source="127.0.60.1")
    caller.post("auth/verify-link", {"token": link[:-1] + "x"})
    assert caller.post("auth/verify-link", {"token": link}).status == 200
    reset, _ = caller.mailed(email, "auth/password-reset", source="127.0.60.1")
    assert caller.post("auth/password-reset/confirm", {"token": reset, "new_password": OLD}).status == 200
    for path in ("auth/login", "auth/password-login"):
        assert caller.post(path, body | {"password": WRONG}).status == 401
        assert caller.post(path, {"email": email, "password": [WRONG]}).status == 422
        caller.call("POST", f"/api/{path}", raw=json.dumps(body)[:-1])
        caller.call("POST", f"/api/{path}", raw=f"password={OLD}", Content_Type="application/x-www-form-urlencoded")
    first = caller.token(email, OLD)
    change = {"current_password": OLD, "new_password": NEW}
    assert caller.post("auth/password", change | {"current_password": WRONG}, **bearer(first)).status == 422
    assert caller.post("auth/password", change, **bearer(first)).status == 200
    cookie = caller.cookie(email, NEW)
    return {
        "password": OLD, "new password": NEW, "wrong password": WRONG, "link": link, "reset link": reset,
        "token": caller.token(email, NEW), "session": cookie.partition("=")[2],
    }  # fmt: skip


def credentials(caller: Caller, session: str, token: str) -> dict[str, str]:
    """Store broker credentials, go to Kite and back, make an agent key, switch the second factor on."""
    cookie = {"Cookie": f"kite_session={session}"}
    key = caller.post("agent/key", **bearer(token)).body["key"]
    for broker in ("kite", "icici"):
        assert caller.post(f"auth/{broker}-credentials", BROKER, **cookie).status == 200
        assert caller.post(f"auth/{broker}-credentials", BROKER | {"api_secret": 7}, **cookie).status == 422
    away = caller.get("auth/kite/login", **cookie).headers["location"]
    state = parse_qs(parse_qs(urlsplit(away).query)["redirect_params"][0])["state"][0]
    back = f"auth/kite/callback?status=success&request_token={REQUEST_TOKEN}&state="
    assert caller.get(back + "wrong", **cookie).status == 400
    assert caller.get(back + state, **cookie).status == 302
    assert caller.get("agent/pending-token", **bearer(key)).body == {"request_token": REQUEST_TOKEN}
    secret = caller.post("auth/totp", **cookie).body["secret"]
    code = totp_code(base64.b32decode(secret), totp_step(clock.now()))
    recovery = caller.post("auth/totp/confirm", {"otp": code}, **cookie).body["recovery_codes"]
    return {
        "agent key": key, "api key": BROKER["api_key"], "api secret": BROKER["api_secret"], "state": state,
        "request token": REQUEST_TOKEN, "authenticator": secret,
    } | {f"recovery code {number}": text for number, text in enumerate(recovery)}  # fmt: skip


def spoil(caller: Caller, seen: dict[str, str]) -> None:
    """Send secrets to places where they do not belong: addresses, unknown paths, headers that are no good."""
    for name in ("token", "agent key", "session", "api secret"):
        caller.get(f"nothing/here?token={seen[name]}&api_key={seen[name]}")
        caller.get("auth/me", **bearer(seen[name] + "x"))
        caller.get("agent/pending-token", **bearer(seen[name] + "x"))
        caller.get("auth/me", Cookie=f"kite_session={seen[name]}x; access_token_cookie={seen[name]}x")
    caller.call("GET", f"/login/verify?token={seen['link']}")
    caller.get("auth/export", Cookie=f"kite_session={seen['session']}")
