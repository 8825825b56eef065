"""Blocking work beside the event loop, in a few threads of our own."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

#: Sources can be slow, and a credential must not wait behind them.
_sources = ThreadPoolExecutor(max_workers=4, thread_name_prefix="market")
_credentials = ThreadPoolExecutor(max_workers=2, thread_name_prefix="credentials")


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run work that asks sources or the database, and return its result."""
    return await _run(_sources, functools.partial(work, *args, **kwargs))


async def in_credential_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run work that checks who somebody is, and return its result."""
    return await _run(_credentials, functools.partial(work, *args, **kwargs))


async def _run(pool: ThreadPoolExecutor, work: Callable[[], R]) -> R:
    return await asyncio.get_running_loop().run_in_executor(pool, _with_database, work)


def _with_database(work: Callable[[], R]) -> R:
    """A connection that broke while it lay idle is opened anew, as at the beginning of a request."""
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
