"""What past scores are measured by, and what a table compares with: the scores that everybody was shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InvalidRequest
from market.models import Instrument
from signals.models import IScoreSnapshot
from signals.services.iscore import nightly, reading, scoring, validation
from tests.flows.pocket import SYMBOLS, list_universe, make_universe
from tests.memories import forget

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
#: TITAN is no member of the reference universe, NEWCO has no prices, NIFTYBEES is no company.
FEW = ("RELIANCE", "TCS", "ITC", "TITAN", "NEWCO", "NIFTYBEES")


@pytest.fixture(autouse=True)
def _universes(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    forget()
    make_universe("nifty_100")
    list_universe("few", FEW)


def measured(monkeypatch: pytest.MonkeyPatch, **asked: Any) -> tuple[Any, tuple[str, ...], np.ndarray]:
    """Return a measurement, the symbols it is of, and the scores it looked at (M, N)."""
    seen: list[Any] = []
    report = validation.report

    def looked(panel: Any, rows: Any, scores: Any, parts: Any) -> Any:
        seen.append((panel.symbols, scores, parts))
        return report(panel, rows, scores, parts)

    with monkeypatch.context() as patched:
        patched.setattr(validation, "report", looked)
        found = validation.validate(months=3, now=NOW, **asked)
    [(symbols, scores, parts)] = seen
    assert parts.shape == (3, 6, len(symbols))
    return found, symbols, scores


def test_another_universe_is_measured_by_the_scores_that_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, everybody, all_scores = measured(monkeypatch)
    part, some, scores = measured(monkeypatch, universe="few")
    assert (whole.universe, part.universe) == ("nifty_100", "few")
    assert set(some) == {f"NSE:{symbol}" for symbol in ("RELIANCE", "TCS", "ITC", "TITAN")}
    for symbol in ("NSE:RELIANCE", "NSE:TCS", "NSE:ITC"):
        assert scores[:, some.index(symbol)].tolist() == all_scores[:, everybody.index(symbol)].tolist()
    shown = scoring.scored(now=NOW, session=part.last_session, extras=["NSE:TITAN"])
    assert scores[-1, some.index("NSE:TITAN")] == shown.scores.combined.iscore[shown.place["NSE:TITAN"]]
    assert part.result["stocks_scored"] == {"least": 4, "most": 4}
    assert whole.result["stocks_scored"] == {"least": len(SYMBOLS), "most": len(SYMBOLS)}
    with pytest.raises(InvalidRequest, match="There is no universe 'nobodys'"):
        validation.validate(universe="nobodys", months=3, now=NOW)


def test_one_row_on_demand_does_not_blank_the_column_of_changes() -> None:
    nightly.run(now=NOW)
    before = {one.instrument.key: one for one in IScoreSnapshot.objects.select_related("instrument")}
    session = next(iter(before.values())).session
    IScoreSnapshot.objects.create(
        instrument=Instrument.objects.get(symbol="TITAN"), session=session + timedelta(days=1), data_source="simulated",
        iscore=50.0, confidence=0.9, tier="HOLD", result={}, data_key="k", engine_version="e", params_hash="p",
        computed_at=NOW,
    )  # fmt: skip
    rows = {
        row["symbol"]: row for row in reading.iscore_table(universe="few", sort="symbol", now=NOW + timedelta(8)).rows
    }
    for symbol in ("NSE:RELIANCE", "NSE:TCS", "NSE:ITC"):
        assert rows[symbol]["change"] == round(rows[symbol]["iscore"] - before[symbol].iscore, 1)
    assert rows["NSE:TITAN"]["change"] == round(rows["NSE:TITAN"]["iscore"] - 50.0, 1)
    assert rows["NSE:NEWCO"]["change"] is None
