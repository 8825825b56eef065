"""Every failure under an API prefix is answered in that surface's shape (CONTRACT 2)."""

from typing import Any

import pytest

from core.api.errors import surface_of

pytestmark = pytest.mark.django_db

USER_PATHS = ["/api/nothing", "/api", "/zerodha/nothing", "/icici/nothing", "/api/market/nothing/at/all"]
PARTNER_PATHS = ["/api/partner/v1/nothing", "/api/partner/v1", "/api/partner/v1/iscore/"]
AGENT_PATHS = ["/api/agent/nothing", "/api/agent/pending-signals/1"]


def assert_user_shape(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert isinstance(body["detail"], str)
    assert body["detail"]
    assert body["code"].isupper()
    assert body["request_id"] == response["X-Request-ID"]
    return body


def assert_partner_shape(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    body = response.json()
    assert set(body) == {"success", "error", "code", "request_id"}
    assert body["success"] is False
    assert body["request_id"] == response["X-Request-ID"]
    return body


@pytest.mark.parametrize("path", USER_PATHS + AGENT_PATHS)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_unknown_path(client: Any, path: str, method: str) -> None:
    body = assert_user_shape(getattr(client, method)(path), 404)
    assert body["code"] == "NOT_FOUND"


@pytest.mark.parametrize("path", PARTNER_PATHS)
def test_unknown_partner_path(client: Any, path: str) -> None:
    assert assert_partner_shape(client.get(path), 404)["code"] == "NOT_FOUND"


@pytest.mark.parametrize("path", ["/api/nothing", "/api/agent/nothing", "/api/market/instruments"])
def test_foreign_host(client: Any, path: str) -> None:
    body = assert_user_shape(client.get(path, headers={"host": "evil.example"}), 400)
    assert "host" in body["detail"]


def test_foreign_host_partner(client: Any) -> None:
    assert_partner_shape(client.get("/api/partner/v1/me", headers={"host": "evil.example"}), 400)


def test_no_credential(client: Any) -> None:
    response = client.get("/api/market/watchlists")
    assert assert_user_shape(response, 401)["code"] == "UNAUTHENTICATED"
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_wrong_method(signed_in: Any) -> None:
    response = signed_in.delete("/api/market/watchlists")
    assert_user_shape(response, 405)
    assert set(response["Allow"].split(", ")) == {"GET", "POST", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", ["/api/docs", "/api/schema"])
def test_wrong_method_on_the_documents(client: Any, path: str) -> None:
    assert assert_user_shape(client.post(path), 405)["code"] == "METHOD_NOT_ALLOWED"
    assert client.get(path).status_code == 200


def test_unknown_key(signed_in: Any) -> None:
    data = {"id": 7, "name": "Banks", "symbols": [], "colour": "red"}
    body = assert_user_shape(signed_in.post("/api/market/watchlists", data=data, content_type="application/json"), 422)
    assert [row["loc"] for row in body["errors"]] == [["colour"]]


@pytest.mark.parametrize("path", ["/api/market/watchlists", "/api/fno/risk-disclosure", "/api/strategies/7/share"])
def test_a_body_is_told_to_be_wrong_in_the_same_words_everywhere(signed_in: Any, path: str) -> None:
    for text in ("[]", "[1, 2]", '["version"]', '"text"', "7", "null"):
        body = assert_user_shape(signed_in.post(path, data=text, content_type="application/json"), 422)
        assert body["errors"] == [{"loc": [], "msg": "The body must be a JSON object.", "type": "not_an_object"}]
        assert body["detail"] == "The body must be a JSON object."
    body = assert_user_shape(signed_in.post(path, data={"colour": 1}, content_type="application/json"), 422)
    assert body["errors"] == [{"loc": ["colour"], "msg": "This field is not known.", "type": "unknown_field"}]
    assert_user_shape(signed_in.post(path, data="{", content_type="application/json"), 400)


@pytest.mark.parametrize(
    ("path", "to"),
    [("/market", "/market/"), ("/market/NSE:M&M?a=%2F", "/market/NSE:M&M/?a=%2F"), ("/login", "/login/")],
)
def test_a_page_without_its_last_slash(client: Any, path: str, to: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (301, to)
    assert client.post(path).status_code == 404
    assert client.get("/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/admin/nothing/", "/admin/nothing/at/all/", "/admin/partners/partner/7/act/", "/x/"])
def test_a_page_that_is_none_is_not_sent_to_itself(client: Any, user: Any, path: str) -> None:
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user)
    assert client.get(path, follow=True).status_code in (200, 404)
    assert client.get(path).headers.get("Location") != path


def test_wrong_content_type(signed_in: Any) -> None:
    response = signed_in.post("/api/market/watchlists", data="<a/>", content_type="application/xml")
    assert_user_shape(response, 415)


@pytest.mark.parametrize("body", ["{", "{'a': 1}", '{"name": NaN}', b"\xff\xfe", "[" * 5000])
def test_bad_json(signed_in: Any, body: Any) -> None:
    response = signed_in.post("/api/market/watchlists", data=body, content_type="application/json")
    assert assert_user_shape(response, 400)["code"] == "INVALID_REQUEST"


def test_body_that_breaks_the_schema(signed_in: Any) -> None:
    response = signed_in.post("/api/market/watchlists", data={"symbols": [7, {}]}, content_type="application/json")
    body = assert_user_shape(response, 422)
    assert {"loc": ["name"], "msg": "This field is required.", "type": "required"} in body["errors"]
    assert any(row["loc"] == ["symbols", 1] for row in body["errors"])


def test_body_too_large(signed_in: Any) -> None:
    body = '{"name": "' + "x" * 1_000_001 + '"}'
    response = signed_in.post("/api/market/watchlists", data=body, content_type="application/json")
    assert assert_user_shape(response, 413)["code"] == "PAYLOAD_TOO_LARGE"


@pytest.mark.parametrize("path", ["/api/market/universes/a%00b", "/api/market/instruments?q=%00", "/api/%00"])
def test_null_characters_in_the_address(signed_in: Any, path: str) -> None:
    assert_user_shape(signed_in.get(path), 400)


def test_null_characters_in_the_body(signed_in: Any) -> None:
    data = '{"name": "a\\u0000b", "symbols": []}'
    response = signed_in.post("/api/market/watchlists", data=data, content_type="application/json")
    body = assert_user_shape(response, 422)
    assert body["errors"][0]["loc"] == ["name"]


@pytest.mark.parametrize("number", ["9" * 19, "9" * 40, "9" * 5000])
def test_huge_integers(signed_in: Any, number: str) -> None:
    assert_user_shape(signed_in.get(f"/api/market/watchlists/{number}"), 404)
    assert_user_shape(signed_in.get(f"/api/market/watchlists?limit={number}"), 400)
    data = f'{{"name": {number}, "symbols": [{number}]}}'
    response = signed_in.post("/api/market/watchlists", data=data, content_type="application/json")
    assert response.status_code in (400, 422)
    assert_user_shape(response, response.status_code)


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "offset=-1", "limit="])
def test_limit_out_of_range(signed_in: Any, query: str) -> None:
    body = assert_user_shape(signed_in.get(f"/api/market/watchlists?{query}"), 400)
    assert query.split("=")[0] in body["detail"]


def test_unhandled_exception(signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in.raise_request_exception = False

    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("secret internals")

    monkeypatch.setattr("market.api.watchlists.watchlists_of", broken)
    response = signed_in.get("/api/market/watchlists")
    body = assert_user_shape(response, 500)
    assert "secret" not in response.content.decode()
    assert body["code"] == "INTERNAL_ERROR"


def test_cross_site_write(signed_in: Any) -> None:
    response = signed_in.post(
        "/api/market/watchlists",
        data={"name": "x", "symbols": []},
        content_type="application/json",
        headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    )
    assert assert_user_shape(response, 403)["code"] == "CROSS_SITE"


def test_cross_site_sign_in(client: Any, user: Any) -> None:
    response = client.post(
        "/api/auth/password-login",
        data={"email": user.email, "password": "correct horse"},
        content_type="application/json",
        headers={"origin": "https://evil.example"},
    )
    assert assert_user_shape(response, 403)["code"] == "CROSS_SITE"
    assert "kite_session" not in response.cookies


def test_a_script_with_only_the_cookie_may_write(signed_in: Any) -> None:
    response = signed_in.post(
        "/api/market/watchlists", data={"name": "mine", "symbols": []}, content_type="application/json"
    )
    assert response.status_code == 201, response.content


def test_request_id_is_taken_over_when_sensible(client: Any) -> None:
    assert client.get("/api/nothing", headers={"x-request-id": "abcdef-123456"})["X-Request-ID"] == "abcdef-123456"
    assert client.get("/api/nothing", headers={"x-request-id": "a b\n"})["X-Request-ID"] != "a b\n"


def test_surfaces() -> None:
    assert surface_of("/api/agent/key").name == "user"
    assert surface_of("/api/agent/pending-signals").name == "agent"
    assert surface_of("/api/partner/v1/me").name == "partner"
    assert surface_of("/api/partner").name == "user"
    assert surface_of("/market/") is None
    assert surface_of("/apix") is None
