"""What every test gets: sockets to loopback only, no leftovers in the clock, users."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine and no verdict by the stopwatch: a busy machine must not fail a test.
settings.register_profile(
    "deterministic", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("deterministic")

_LOOPBACK = ("127.", "::1", "localhost")
_connect = socket.socket.connect


def _guarded(self: socket.socket, address: Any) -> Any:
    if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
        raise RuntimeError(f"a test tried to reach {address[0]}: only loopback is allowed")
    return _connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    socket.socket.connect = _guarded  # type: ignore[method-assign]
    yield
    socket.socket.connect = _connect  # type: ignore[method-assign]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put files of slow tests first where workers share them: last, they keep one busy while the other idles."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def user(db: None) -> Any:
    """A person with the password ``correct horse``."""
    from accounts.models import User

    return User.objects.create_user("asha@example.com", "correct horse", name="Asha")


@pytest.fixture
def other_user(db: None) -> Any:
    """Somebody else."""
    from accounts.models import User

    return User.objects.create_user("ravi@example.com", "battery staple", name="Ravi")


@pytest.fixture
def signed_in(client: Any, user: Any) -> Any:
    """A test client with the user's session cookie."""
    client.force_login(user)
    return client
