"""Flows of strategies and backtests keep their panels in a folder of their own."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _own_state(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> None:
    if not request.module.__name__.rpartition(".")[2].startswith(("test_strategies", "test_backtest")):
        return
    from tests.memories import forget

    settings.STATE_DIR = tmp_path
    forget()
