"""Reports of the imports of news and counts speak of news and counts, not of prices."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from market.models import Instrument
from signals.services.iscore.imports import import_attention, import_news

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NEWS = (
    "symbol,published_at,headline\n"
    "TCS,2026-11-19T10:00:00,TCS wins an order\n"
    "TCS,2027-01-01T10:00:00,TCS from the future\n"
    "TCS,some day,TCS without a time\n"
    "NOSUCH,2026-11-19T10:00:00,Nobody has this\n"
)
COUNTS = (
    "symbol,date,page_views\nTCS,2026-11-18,120\nTCS,2026-11-18,130\nTCS,2027-01-01,1\nTCS,2026-11-17,-4\n"
    "NOSUCH,2026-11-18,5\n"
)


@pytest.mark.parametrize(
    ("importer", "text", "reasons"),
    [
        (import_news, NEWS, {"UNPARSABLE": 1, "FUTURE_DATE": 1, "UNKNOWN_SYMBOL": 1}),
        (import_attention, COUNTS, {"UNPARSABLE": 1, "FUTURE_DATE": 1, "UNKNOWN_SYMBOL": 1, "DUPLICATE_ROW": 1}),
    ],
)
def test_every_reason_is_told_in_words_of_what_is_imported(
    importer: Any, text: str, reasons: dict[str, int], settings: Any, tmp_path: Path
) -> None:
    settings.STATE_DIR = tmp_path / "state"
    Instrument.objects.create(exchange="NSE", symbol="TCS", segment="EQ", instrument_type="EQ")
    path = tmp_path / "given.csv"
    path.write_text(text)
    report = importer(path=path, source="import", exchange="NSE", now=NOW)
    assert dict(report.reasons) == reasons
    assert set(reasons) <= set(report.words)
    said = "\n".join(report.lines())
    assert not [word for word in ("price", "volume", "bar ", "series", "trade") if word in said]
