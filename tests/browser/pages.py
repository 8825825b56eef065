"""Opening pages and asking them questions."""

import json
import urllib.request
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.server.running import Server

#: Rules of axe-core that fail a page; the others are advice.
SERIOUS = ("serious", "critical")


class Visitor:
    """A person at a browser. ``open`` gives a page in a theme and a width; ``errors`` is what the pages said."""

    def __init__(self, browser: Browser, url: str, cookies: dict[str, str], *, axe: str) -> None:
        self.url = url
        self.errors: list[str] = []
        self._browser = browser
        self._cookies = cookies
        self._axe = axe
        self._contexts: list[BrowserContext] = []

    def open(
        self, path: str, *, theme: str = "light", width: int = 1440, height: int = 900, who: str | None = "Sign in"
    ) -> Page:
        """Return a page at ``path``; ``who`` is None for a stranger, ``Admin`` for the admin."""
        page = self.page(theme=theme, width=width, height=height, who=who)
        page.goto(self.url + path)
        return page

    def page(self, *, theme: str = "light", width: int = 1440, height: int = 900, who: str | None = "Sign in") -> Page:
        """Return an empty page with the session of ``who``."""
        context = self._browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        self._contexts.append(context)
        if who:
            name, _, value = self._cookies[who].partition("=")
            context.add_cookies([{"name": name, "value": value, "url": self.url}])
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error} {getattr(error, 'stack', '')}"))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.type}: {message.text}")

    def findings(self, page: Page) -> list[str]:
        """Return what axe-core finds serious or critical, with the first element of each."""
        page.evaluate(self._axe)
        result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        return [
            f"{found['id']}: {found['nodes'][0]['target']} {found['nodes'][0]['failureSummary']}"
            for found in result["violations"]
            if found["impact"] in SERIOUS
        ]

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API as the demo user."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Cookie": self._cookies["Sign in"], "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read())

    @property
    def cookie(self) -> str:
        """The demo user's session, for calls of a test's own."""
        return self._cookies["Sign in"]

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def sign_in(server: Server, role: str) -> str:
    """Return the session cookie of the demo identity of ``role``, as ``demo.txt`` names it."""
    line = next(line for line in (server.state_dir / "demo.txt").read_text().splitlines() if line.startswith(role))
    email, password = line.removeprefix(role).split()
    request = urllib.request.Request(
        server.url + "/api/auth/password-login",
        data=json.dumps({"email": email, "password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.headers["Set-Cookie"].split(";", 1)[0]


def sideways_px(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def cut_numbers(page: Page) -> list[str]:
    """Return the numbers of tables that an edge of their own window cuts through, so that they read as others."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".table-scroll")].flatMap((box) => {
            const { left, right } = box.getBoundingClientRect();
            return [...box.querySelectorAll("td.num")].filter((cell) => {
                const range = document.createRange();
                range.selectNodeContents(cell);
                const text = range.getBoundingClientRect();
                if (!cell.offsetParent || !text.width || !cell.textContent.trim()) return false;
                const isAcross = (edge) => text.left < edge - 1 && text.right > edge + 1;
                return isAcross(left) || isAcross(right);
            }).map((cell) => cell.textContent.trim());
        })"""
    )
