"""Which writes of a browser count as its own page's (CONTRACT 2)."""

from typing import Any

import pytest
from django.test import RequestFactory

from core.middleware import _cross_site, same_origin

HOST = "trade.example.com"
SECURE, PLAIN = f"https://{HOST}", f"http://{HOST}"


def refused(**headers: str) -> bool:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _cross_site(RequestFactory().post("/login/", headers={"host": HOST, **named}))


@pytest.fixture(params=[True, False], ids=["over TLS", "without TLS"])
def secure(request: Any, settings: Any) -> bool:
    settings.ALLOWED_HOSTS = [HOST]
    settings.SESSION_COOKIE_SECURE = request.param
    settings.TRUSTED_ORIGINS = {SECURE if request.param else PLAIN}
    return request.param


def test_a_page_without_tls_is_another_site_for_one_with_it(secure: bool) -> None:
    assert refused(origin=PLAIN) is secure
    assert refused(origin=SECURE) is False
    assert same_origin(PLAIN, HOST) is not secure


def test_the_verdict_of_the_browser_decides(secure: bool) -> None:
    other = PLAIN if secure else SECURE
    for site in ("cross-site", "same-site", "nonsense"):
        assert refused(origin=other, sec_fetch_site=site)
        assert refused(sec_fetch_site=site)
        assert refused(origin="https://evil.example", sec_fetch_site=site)
    for site in ("same-origin", "none"):
        assert not refused(origin=other, sec_fetch_site=site)


def test_programs_pass_and_foreign_origins_do_not(secure: bool) -> None:
    assert not refused()
    for origin in ("null", "", "https://evil.example", f"https://{HOST}.evil.example", f"https://{HOST}:444", HOST):
        assert refused(origin=origin)
