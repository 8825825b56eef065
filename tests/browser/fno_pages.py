"""What tests of the F&O pages share: the socket of signals as a test wants it, and when a page is ready."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

#: A scan comes once a minute; on a busy machine it may be late.
SCAN_MS: Final = 150_000
SLOW_MS: Final = 60_000
SOCKET: Final = re.compile(r"/api/ws/signals$")
#: Any close code after which pages connect again.
LOST: Final = 4000

Message = dict[str, Any]
Change = Callable[[Message], Message | None]


def told(page: Page, change: Change, *, is_down: Callable[[], bool] = lambda: False) -> list[WebSocketRoute]:
    """Let the page's socket of signals pass through ``change``, message by message; returns its connections.

    What ``change`` makes None of is not passed on. While it ``is_down`` every connection is lost at once.
    """
    connections: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        if is_down():
            socket.close(code=LOST)
            return
        connections.append(socket)

        def passed(message: Any) -> None:
            changed = change(json.loads(message))
            if changed is not None:
                socket.send(json.dumps(changed))

        socket.connect_to_server().on_message(passed)

    page.route_web_socket(SOCKET, connect)
    return connections


def with_answer(answer: dict[str, Any]) -> Callable[[Message], Message]:
    """Messages in which an index has this answer, as of now."""
    index = answer["index"]

    def change(message: Message) -> Message:
        now = (message.get("indices") or {index: message.get("data")}).get(index)
        if not now:
            return message
        kept = {name: now["analysis"][name] for name in ("scanned_at", "as_of", "market_phase")}
        fixed = {"index": index, "analysis": answer["analysis"] | kept, "signal": answer.get("signal")}
        return message | ({"indices": message["indices"] | {index: fixed}} if "indices" in message else {"data": fixed})

    return change


def expect_line(key: Locator, style: str) -> None:
    """Expect of a chart's key that it is a line of this border style and nothing beside or behind it."""
    expect(key).to_have_css("border-top-style", style)
    expect(key).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    box = key.bounding_box()
    assert box is not None
    assert box["height"] == 2


def ready(page: Page) -> None:
    expect(page.locator("#fno-health")).to_have_attribute("data-kind", "live", timeout=SCAN_MS)
    expect(page.locator("#fno-layers .fno-bars tbody tr").first).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("#fno-chain tbody tr.atm")).to_be_visible(timeout=SLOW_MS)
