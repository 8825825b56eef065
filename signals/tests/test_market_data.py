"""Stretches of a universe's history: what is cut, what is flagged, when two are the same."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InvalidRequest
from signals.services import market_data
from signals.services.history import first_list, last_complete
from signals.services.market_data import digest, stretch, whole_panel
from tests.flows.pocket import make_universe
from tests.memories import forget

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _pocket(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    forget()
    make_universe()


def cut(start: date, end: date, **more: Any) -> market_data.Stretch:
    return stretch(universe="pocket", start=start, end=end, now=NOW, **more)


def test_the_simulated_history_ends_with_the_last_complete_session() -> None:
    whole = whole_panel("pocket", NOW)
    assert whole.source == "simulated"
    assert whole.dates[0].item() == date(2019, 1, 1)
    assert whole.dates[-1].item() == last_complete(NOW) < NOW.date()


def test_warm_up_stands_before_the_first_day() -> None:
    found = cut(date(2022, 3, 1), date(2022, 6, 30))
    days = found.panel.dates
    assert days[found.first].item() == date(2022, 3, 1)
    assert days[found.last].item() == found.as_of == date(2022, 6, 30)
    assert found.first == market_data.WARM_UP_SESSIONS
    assert len(days) == found.last + 1
    assert found.data.next_session == date(2022, 7, 1)
    assert found.index == "NSE:NIFTY 50"
    assert not np.isnan(found.data.index.close).any()


def test_the_same_numbers_have_the_same_name() -> None:
    first, again = (cut(date(2022, 3, 1), date(2022, 6, 30)) for _ in range(2))
    assert first.panel.version == again.panel.version
    assert cut(date(2022, 3, 1), date(2022, 6, 29)).panel.version != first.panel.version
    panel = first.panel
    close = panel.close.copy()
    close[5, 5] = np.nextafter(close[5, 5], np.inf)
    assert digest(replace(panel, close=close), first.data.index) != digest(panel, first.data.index)
    assert digest(panel, None) != digest(panel, first.data.index)


def test_what_is_flagged() -> None:
    assert cut(date(2001, 1, 1), date(2019, 3, 1)).flags == ("START_BEFORE_DATA",)
    assert cut(date(2020, 1, 1), date(2020, 3, 1)).flags == ()
    assert first_list("pocket") is None
    unlisted = cut(date(2020, 1, 1), date(2020, 3, 1), index="NSE:RELIANCE")
    assert unlisted.index == "NSE:RELIANCE"


def test_what_is_refused() -> None:
    for more, word in (({"universe": "x"}, "universe"), ({"index": "NSE:NOBODY"}, "benchmark")):
        arguments = {"universe": "pocket", "start": date(2020, 1, 1), "end": date(2020, 2, 1), "now": NOW, **more}
        with pytest.raises(InvalidRequest, match=word):
            stretch(**arguments)
    with pytest.raises(InvalidRequest, match="no session from"):
        cut(date(2031, 1, 1), date(2031, 2, 1))
