"""Threads that use the database at the same time, as processes would.

The test database of SQLite is in memory, where simultaneous connections fail instead of waiting. There the schema is
copied to a file, which is what the threads open; elsewhere they open the test database itself.
"""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

Race = Callable[..., list[Any]]


def _in_threads(work: Callable[[int], Any], workers: int = 4) -> list[Any]:
    """Run ``work(worker)`` in threads that start together, each with a connection of its own; return the results."""
    barrier = threading.Barrier(workers)

    def run(worker: int) -> Any:
        try:
            barrier.wait(timeout=10)
            return work(worker)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))


@pytest.fixture(name="race")
def race_fixture(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Race:
    """``race(work, workers)``: see `_in_threads`. Look at the outcome in a race of one worker."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        target = sqlite3.connect(tmp_path / "race.sqlite3")
        connection.connection.backup(target)
        target.execute("PRAGMA journal_mode=WAL")  # threads that all change it at once do not wait for each other
        target.close()
        settings = {**connections.settings["default"], "NAME": str(tmp_path / "race.sqlite3")}
        monkeypatch.setitem(connections.settings, "default", settings)
    return _in_threads
