import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import structlog

from core import request_id
from core.logs import logging_config

CANARY = "Qx7CanaryCanary42"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Log as the product does, into memory, under a logger tree of our own."""
    stream = StringIO()
    config = logging_config("INFO", json=True)
    formatter = dict(config["formatters"]["line"])
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.getLogger("under_test")
    logger.handlers, logger.propagate, logger.level = [handler], False, logging.INFO
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.handlers, logger.propagate = [], True


def test_the_config_is_one_that_logging_takes() -> None:
    for as_json in (True, False):
        config = logging_config("INFO", json=as_json)
        assert logging.config.DictConfigurator(config).configure_formatter(config["formatters"]["line"])


def test_a_line_has_time_level_name_event_and_request_id(lines: Callable[[], list[dict[str, Any]]]) -> None:
    with request_id.bound("req-12345678"):
        logging.getLogger("under_test").info("scan done in %d ms", 12, extra={"signals": 3})
    (line,) = lines()
    assert line["event"] == "scan done in 12 ms"
    assert (line["level"], line["logger"], line["request_id"], line["signals"]) == (
        "info",
        "under_test",
        "req-12345678",
        3,
    )
    assert line["at"].endswith("Z")


def test_structlog_and_stdlib_come_out_alike(lines: Callable[[], list[dict[str, Any]]]) -> None:
    structlog.stdlib.get_logger("under_test").warning("order.refused", reason="margin", price=float("nan"))
    (line,) = lines()
    assert (line["event"], line["level"], line["reason"], line["price"]) == ("order.refused", "warning", "margin", None)


def test_secrets_leave_by_no_door(lines: Callable[[], list[dict[str, Any]]]) -> None:
    plain, struct = logging.getLogger("under_test"), structlog.stdlib.get_logger("under_test")
    plain.info("GET /verify?token=%s", CANARY)
    plain.info("headers %s", {"Authorization": f"Bearer {CANARY}"})
    plain.info("with extra", extra={"api_secret": CANARY, "nested": {"otp": CANARY}})
    struct.info("login", password=CANARY, request={"headers": [("cookie", f"kite_session={CANARY}")]})
    try:
        raise ValueError(f"could not reach https://user:{CANARY}@example.com/?api_key={CANARY}")
    except ValueError:
        plain.exception("failed")
        struct.exception("failed too", token=CANARY)
    found = lines()
    assert len(found) == 6
    assert CANARY not in json.dumps(found)
    assert "ValueError: could not reach" in found[4]["exception"]


def test_local_variables_of_an_exception_are_not_printed(lines: Callable[[], list[dict[str, Any]]]) -> None:
    def fails(harmless_name: str) -> None:
        raise RuntimeError("boom")

    try:
        fails(CANARY)
    except RuntimeError:
        logging.getLogger("under_test").exception("failed")
    assert CANARY not in json.dumps(lines())
