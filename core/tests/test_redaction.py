import json
import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.redaction import MASK, is_sensitive, redact, redact_text

CANARY = st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789", min_size=12, max_size=40).map(
    lambda tail: "Qx7" + tail
)
KEYS = [
    "password",
    "new_password",
    "Secret",
    "api_secret",
    "webhook_secret",
    "token",
    "access_token",
    "refreshToken",
    "otp",
    "Authorization",
    "X-Authorization",
    "Cookie",
    "Set-Cookie",
    "api_key",
    "X-API-Key",
    "apiKey",
    "request_token",
    "api_session",
    "enctoken",
    "kite_session",
    "private_key",
    "totp",
    "checksum",
    "pan",
    "session_id",
    "client_secret",
]
TEXTS = [
    "tc_live_ab12_{}",
    "tc_live_0123456789ab_{}",
    "tc_test_0123456789ab{}",
    "key:zt_0123456789ab_{}",
    "key tc_test_{} was refused",
    "zt_{}",
    "(zt_{})",
    "whsec_{}+/=",
    "Bearer {}",
    "bearer   {}",
    "Authorization: token abc:{}",
    "authorization: Basic {}",
    "enctoken {}",
    "kite_session={}; Path=/",
    "Cookie: theme=dark; kite_session={}; a=b",
    "Set-Cookie: access_token_cookie={}",
    "https://user:{}@example.com/x",
    "redis://:{}@127.0.0.1:6379/0",
    "https://x.in/cb?request_token={}&action=login",
    "GET /verify?token={} HTTP/1.1",
    "eyJhbGciOi{}.eyJzdWIi{}.{}",
    '{{"password": "{} and more"}}',
    "{{'api_secret': '{}', 'n': 1}}",
    '{{\\"access_token\\": \\"{}\\"}}',
    "api_key={} was wrong",
    "Login(user='a', password='{}')",
    "otp: {}",
    "token%3D{}",
    "b'password={}'",
    "{{'headers': {{'Authorization': 'Bearer {}'}}}}",
    "redirect=%2F&api_session={}",
    '{{"password": "a\\"b {}"}}',
    '{{"password": "cut off {}',
    "sms_otp={}",
    "user.password: {}",
    "X-API-Key: {}",
    "postgres://app:p@ss{}@db:5432/x",
]


@pytest.mark.parametrize("key", KEYS)
@given(canary=CANARY)
def test_no_value_under_a_telling_name_survives(key: str, canary: str) -> None:
    shapes = [
        {key: canary},
        {"a": [{"b": {key: {"deep": [canary]}}}]},
        [(key, canary)],
        [(key.encode(), canary.encode())],
    ]
    shapes.append({key: [canary, {"x": canary}]})
    for shape in shapes:
        assert canary not in json.dumps(redact(shape))


@pytest.mark.parametrize("text", TEXTS)
@given(canary=CANARY)
def test_no_credential_survives_in_a_text(text: str, canary: str) -> None:
    line = text.replace("{{", "{").replace("}}", "}").replace("{}", canary)
    for wrapped in (line, f"before {line} after", {"note": line}, [line], ValueError(line), line.encode(), {line: 1}):
        assert canary not in json.dumps(redact(wrapped))


@given(canary=CANARY, key=st.sampled_from(KEYS))
def test_json_inside_json_is_searched(canary: str, key: str) -> None:
    inner = json.dumps({key: canary})
    assert canary not in redact_text(inner)
    assert canary not in redact_text(json.dumps({"body": inner}))
    assert canary not in redact_text(repr({"body": {key: canary}}))


@dataclass
class Credentials:
    user: str
    api_secret: str


def test_objects_are_searched_through_their_repr() -> None:
    assert redact(Credentials("u1", "Qx7hidden")) == f"Credentials(user='u1', api_secret='{MASK}')"


def test_a_broken_repr_does_not_lose_the_line() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert redact(Broken()) == "<unprintable Broken: RuntimeError>"


def test_a_cycle_ends() -> None:
    loop: dict[str, object] = {}
    loop["self"] = loop
    assert "[too deep]" in json.dumps(redact(loop))


@pytest.mark.parametrize(
    "name",
    ["instrument_token", "token_type", "has_api_secret", "symbol", "option", "spinning", "key", "panel", "expand"],
)
def test_harmless_names_stay_readable(name: str) -> None:
    assert not is_sensitive(name)
    assert redact({name: "NSE:INFY"}) == {name: "NSE:INFY"}


@pytest.mark.parametrize(
    "text",
    [
        "Holding 12 of NSE:INFY at 1,500.50",
        "GET /api/market/candles?symbol=NSE:INFY&interval=day",
        "instrument_token=408065",
        "The token is missing.",
        "token: ",
        "password=None",
        "2026-05-03T05:21:00Z",
        "https://example.com/a@b",
        "eye catching",
        "a basic analysis",
        'Bearer realm="partner"',
        "key:tc_live_0123456789ab",
        "tc_test_0123456789ab is revoked.",
        "by tc_live_0123456789ab.",
        "key:zt_0123456789ab",
    ],
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert redact_text(text) == text


def test_of_a_key_its_public_part_stays() -> None:
    assert redact_text("tc_live_0123456789ab_s3cret asked") == f"tc_live_0123456789ab_{MASK} asked"
    once = redact_text("zt_0123456789ab_s3cret")
    assert redact_text(once) == once == f"zt_0123456789ab_{MASK}"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
        max_leaves=20,
    )
)
def test_redacting_twice_changes_nothing_more_and_never_fails(value: object) -> None:
    once = redact(value)
    json.dumps(once)
    assert redact(once) == once


@pytest.mark.parametrize("unit", ["a", "token", "token=", "password: '", "http", "a://", "eyJ", "Cookie", "\\"])
def test_long_hostile_texts_take_no_long_time(unit: str) -> None:
    started = time.perf_counter()
    redact_text(unit * (200_000 // len(unit)))
    assert time.perf_counter() - started < 2
