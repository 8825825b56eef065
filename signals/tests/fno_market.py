"""The simulated exchange as the only source, with calls that can be made to fail or to answer otherwise."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.management.color import no_style
from django.db import connection

from core import clock
from core.jobs import slot_of
from core.models import Event, JobSlot
from market.adapters.base import OptionChain, UpstreamUnavailable
from market.adapters.registry import Registry
from market.adapters.simulated import SimulatedData
from market.services import providers
from signals.models import FnoScan, FnoSignal, RecordEntry, RecordHead
from signals.services.fno import live as live_module
from signals.services.fno.scanning import scan

#: Midnight in India: the always-open session of 2026-11-27 begins.
SESSION = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)


class Market(SimulatedData):
    """`SimulatedData` that fails where ``broken`` says so and whose chain passes through ``change``."""

    def __init__(self, *, hours: str) -> None:
        super().__init__(seed=settings.SIMULATED_SEED, hours=hours, fail=self._maybe)
        self.broken: set[str] = set()
        self.change: Callable[[OptionChain], OptionChain] = lambda chain: chain

    def _maybe(self, call: str) -> None:
        if call in self.broken:
            raise UpstreamUnavailable(f"{call} do not work", provider=self.name)

    def option_chain(self, underlying: str, expiry: Any, *, now: datetime) -> OptionChain:
        return self.change(super().option_chain(underlying, expiry, now=now))


@lru_cache(maxsize=2)
def _market(hours: str) -> Market:
    """One market for all tests: its days are worked out once."""
    return Market(hours=hours)


@contextmanager
def only(*, hours: str = "always") -> Iterator[Market]:
    """Let the process ask such a market alone."""
    source = _market(hours)
    source.broken, source.change = set(), lambda chain: chain
    live_module.forget()
    with providers.use(Registry([source], monotonic=clock.monotonic, sleep=lambda seconds: None)):
        yield source
    live_module.forget()


def at(minutes: float) -> datetime:
    """An instant of the session, five seconds into a minute."""
    return SESSION + timedelta(minutes=minutes, seconds=5)


def scan_at(moment: datetime, index: str = "NIFTY") -> Any:
    """Scan an index at an instant, as the worker does."""
    with clock.frozen(moment):
        return scan(index, slot=slot_of(moment, 60), now=moment)


def first_signal(index: str = "NIFTY", *, start: int = 515, most: int = 200) -> tuple[FnoSignal, int]:
    """Scan minute by minute until a signal fires; return it and the minute of the session."""
    for minute in range(start, start + most):
        scan_at(at(minute), index)
        signal = FnoSignal.objects.filter(index=index).first()
        if signal is not None:
            return signal, minute
    raise AssertionError(f"nothing fired between minutes {start} and {start + most}")


def forget() -> None:
    """Take back everything that was written. Tables are emptied as between tests, since no line can be deleted."""
    tables = [model._meta.db_table for model in (FnoSignal, RecordEntry, RecordHead, Event, FnoScan, JobSlot)]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables, allow_cascade=True))


def values_of(signal: FnoSignal) -> dict[str, Any]:
    """Every column but the key, to write another like it."""
    return {field.name: getattr(signal, field.name) for field in FnoSignal._meta.fields if field.name != "id"}
