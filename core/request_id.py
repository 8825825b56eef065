"""The id of the request being served: in the ``X-Request-ID`` header, in every error body, in every log line.

It is held in a context variable, so that it follows the request through threads of asgiref and through tasks of
asyncio without being passed on by hand. Outside a request it is the empty string.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

_FORM = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def get() -> str:
    """Return the id of the present request, or the empty string outside one."""
    return _current.get()


def set(value: str) -> Token[str]:
    """Make ``value`` the present id. Give the token to ``reset`` when the request ends."""
    return _current.set(value)


def reset(token: Token[str]) -> None:
    """Undo the ``set`` that returned ``token``."""
    _current.reset(token)


def new() -> str:
    """Return a fresh id: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def is_valid(value: str | None) -> bool:
    """Tell whether a caller's id may be used: 8 to 64 letters, digits, dots, underscores and hyphens."""
    return value is not None and _FORM.fullmatch(value) is not None


def accept(incoming: str | None) -> str:
    """Return the caller's id if it is well-formed, else a new one. Anything else could forge log lines."""
    return incoming if incoming is not None and is_valid(incoming) else new()


@contextmanager
def bound(value: str) -> Iterator[str]:
    """Hold ``value`` as the id for the length of a block: tasks take over the id of the request that queued them."""
    token = set(value)
    try:
        yield value
    finally:
        reset(token)
