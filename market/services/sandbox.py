"""The simulated market for whoever asks for it, whatever this deployment's sources are.

Within `simulated_only` every question is answered by the simulated exchange: providers, clocks and panels. Nothing that
is stored of the real market is read for prices. It holds for the present thread of control and what it awaits, and
nests.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings

from market.constants import Source

_inside: ContextVar[bool] = ContextVar("simulated_only", default=False)


def is_apart() -> bool:
    """Tell whether the deployment's own market is another than the simulated one."""
    return settings.MARKET_PROVIDERS[0] != Source.SIMULATED


def active() -> bool:
    """Tell whether the present question is asked of the simulated market."""
    return _inside.get()


@contextmanager
def simulated_only(wanted: bool = True) -> Iterator[None]:
    """Ask the simulated market within the block; with ``wanted`` False leave things as they are."""
    token = _inside.set(_inside.get() or wanted)
    try:
        yield
    finally:
        _inside.reset(token)
