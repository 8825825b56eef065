"""Trades as a CSV file."""

import csv
import io
from typing import Any, Final

from backtest.models import Run
from backtest.services.runs import content_of

COLUMNS: Final = (
    "symbol", "sector", "entry_date", "entry_price", "exit_date", "exit_price", "quantity", "pnl", "pnl_pct",
    "charges", "bars_held", "exit_reason", "conviction", "mfe_pct", "mae_pct", "entry_value", "exit_value",
    "stuck_days", "entry_factor", "exit_factor",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def trades_csv(run: Run) -> str:
    """Return a run's trades. Text that a spreadsheet would take for a formula gets a leading quote."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    table = content_of(run)["trades"]
    for row in zip(*(table[name] for name in COLUMNS), strict=True):
        writer.writerow([safe(cell) for cell in row])
    return out.getvalue()


def safe(value: Any) -> Any:
    """Return a cell that no spreadsheet calculates; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
