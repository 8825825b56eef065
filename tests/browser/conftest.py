"""One server and one Chromium for the session; every test gets pages of its own that watch for errors."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser import fno_driver
from tests.browser.pages import Visitor, sign_in
from tests.server.running import ROOT, Server

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium and a server, and does not depend on the database."""
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.anydb)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("browser") / "state") as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed (set CHROMIUM to its path)")
    chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def cookies(server: Server) -> dict[str, str]:
    """The session cookies of the demo user and the demo admin."""
    return {role: sign_in(server, role) for role in ("Sign in", "Admin")}


@pytest.fixture(scope="session")
def fired(server: Server) -> dict[str, Any]:
    """A minute in which an F&O signal fired: its index, its code and the answer that pages were told."""
    return fno_driver.fire(server)


@pytest.fixture
def visitor(browser: Browser, server: Server, cookies: dict[str, str]) -> Iterator[Visitor]:
    """Opens pages as the demo user; at the end of the test no page may have logged an error."""
    made = Visitor(browser, server.url, cookies, axe=AXE.read_text())
    yield made
    made.close()


@pytest.fixture
def trader(visitor: Visitor) -> Visitor:
    """The demo user, who has read the risk disclosure."""
    visitor.api("POST", "/api/fno/risk-disclosure", {"version": "2025-07"})
    return visitor
