"""Markets shared by the tests of the simulated exchange."""

from datetime import UTC, datetime

import numpy as np
import pytest

from engines.simulation import DEFAULT_SEED, SimulatedMarket, always_open, from_dates

NOW = datetime(2026, 11, 21, 6, 41, 23, 456_000, tzinfo=UTC)


def weekdays(last: str = "2027-12-31") -> np.ndarray:
    days = np.arange(np.datetime64("2019-01-01"), np.datetime64(last) + 1)
    return days[np.is_busday(days)]


@pytest.fixture(scope="session")
def market() -> SimulatedMarket:
    return SimulatedMarket(DEFAULT_SEED, always_open())


@pytest.fixture(scope="session")
def exchange_hours() -> SimulatedMarket:
    return SimulatedMarket(DEFAULT_SEED, from_dates(weekdays()))
