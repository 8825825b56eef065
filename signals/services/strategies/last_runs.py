"""The last backtest of each strategy: read by the package that keeps runs, which stands above this one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from accounts.models import User


@dataclass(frozen=True, slots=True)
class LastRun:
    """What a list says of a run. Percent figures are percent numbers; ``version`` is None where it is gone."""

    run_id: int
    version: int | None
    start: date
    end: date
    universe: str
    cagr_pct: float
    max_drawdown_pct: float | None
    trades: int
    data_source: str


#: Returns the user's last run by strategy id, for those of the given ids that have one.
Reader = Callable[[User, Sequence[int]], Mapping[int, LastRun]]
_readers: list[Reader] = []


def register_last_runs(reader: Reader) -> None:
    """Let ``reader`` answer for the runs of strategies."""
    if reader not in _readers:
        _readers.append(reader)


def last_runs(user: User, strategy_ids: Sequence[int]) -> dict[int, LastRun]:
    """Return the user's last run by strategy id."""
    return {key: run for reader in _readers for key, run in reader(user, strategy_ids).items()}
