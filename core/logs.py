"""Structured logs: one JSON object a line (or coloured text at a terminal), with the request id, without secrets.

Lines of the standard library's ``logging`` (Django, Celery, uvicorn, SDKs) and of structlog go through the same
processors, so redaction cannot be passed by. Exceptions are rendered to text before it, never with local variables.
"""

import logging
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from core import request_id
from core.redaction import redact

Event = MutableMapping[str, Any]

_QUIET = {
    "httpx": "WARNING",  # logs whole URLs at INFO
    "httpcore": "WARNING",
    "kiteconnect": "WARNING",  # logs the Authorization header at DEBUG
    "urllib3": "WARNING",
    "asyncio": "WARNING",
    "django.server": "WARNING",
    "uvicorn.access": "WARNING",  # the middleware writes its own access line
    "uvicorn.error": "WARNING",  # failures only: the server says itself where it listens
    "celery.beat": "WARNING",  # a line a task and tick otherwise
    "celery.worker": "WARNING",
    "celery.app.trace": "WARNING",
    "numba": "WARNING",
    "django.security.DisallowedHost": "CRITICAL",  # a traceback for everyone who asks with a foreign Host
}


def add_request_id(logger: Any, method: str, event: Event) -> Event:
    """Processor: add the present request's id, unless the line already has one."""
    if current := request_id.get():
        event.setdefault("request_id", current)
    return event


def redact_event(logger: Any, method: str, event: Event) -> Event:
    """Processor: take secrets out of every value of the line, exceptions and nested values included.

    The two private keys by which structlog hands over the standard library's record are not printed and stay.
    """
    kept = {key: event[key] for key in ("_record", "_from_structlog") if key in event}
    clean = redact({key: value for key, value in event.items() if key not in kept})
    return {**clean, **kept}


def to_json(event: Event, **kwargs: Any) -> str:
    """Serialise a line; what JSON does not know is written as text, NaN and Infinity as null."""
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        add_request_id,
    ]


def logging_config(level: str, json: bool) -> dict[str, Any]:
    """Return the ``dictConfig`` of the process and set structlog up to feed it.

    ``level`` is the name of the lowest level shown. ``json`` chooses JSON lines over text for people.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer = (
        structlog.processors.JSONRenderer(serializer=to_json) if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _shared(),
        "processors": [redact_event, structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            **{name: {"level": quiet, "propagate": True} for name, quiet in _QUIET.items()},
            "django": {"handlers": [], "level": level, "propagate": True},
        },
    }


def get_logger(name: str) -> logging.Logger:
    """Return a structlog logger that takes values by keyword: ``log.info("scan.done", signals=3)``."""
    return structlog.stdlib.get_logger(name)
