"""What a replay's report says of data that it does not use."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from signals.services.fno import replay_beside as kinds
from signals.services.fno.replay_beside import Beside, beside
from signals.services.fno.replay_text import _option_days, _unused
from signals.tests.replay_bars import FILE

DATA = FILE.parent.parent
needs_data = pytest.mark.skipif(not FILE.is_file(), reason="MARKET_DATA_DIR is not set")
CONTRACT = "underlying,expiry,strike,option_type,close"


def lay(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def found(folder: Path, **given: Any) -> dict[str, Beside]:
    return {one.kind.title: one for one in beside([folder], used=given.get("used", ()), fired=given.get("fired", ()))}


def test_kinds_are_told_by_columns(tmp_path: Path) -> None:
    folder = lay(
        tmp_path / "fno",
        eod__csv=f"trade_date,{CONTRACT}\n2024-01-02,NIFTY,2024-01-04,21000,CE,120\n",
        minutes__csv=f"ts,{CONTRACT}\n2024-01-02 09:15:00,NIFTY,2024-01-04,21000,CE,120\n",
        rolling__csv="ts,underlying,option_type,close\n2024-01-02 09:15:00,NIFTY,CE,120\n",
        bars__csv="ts,symbol,close\n2024-01-02 09:15:00,NIFTY 50,21000\n",
        weekly__csv="date,nifty_50,india_vix\n2024-01-05,21000,13\n",
        mixed__csv="date,symbol,close\n2024-01-02,NIFTY 50,21000\n2024-01-03,INDIA VIX,14\n",
        notes__csv="a,b\n1,2\n",
    )
    (folder / "NIFTY_2024-01-02_eod.json").write_text("{}")
    told = found(folder, used={"bars", "mixed"}, fired=[date(2024, 1, 2), date(2024, 1, 2), date(2024, 1, 3)])
    titles = {
        kinds.END_OF_DAY: (("fno/eod.csv",), 2), kinds.CONTRACTS: (("fno/minutes.csv",), 2),
        kinds.ROLLING: (("fno/rolling.csv",), 2), kinds.SNAPSHOTS: (("fno/NIFTY_2024-01-02_eod.json",), 2),
        kinds.VIX_CLOSES: (("fno/mixed.csv", "fno/weekly.csv"), 1),
    }  # fmt: skip
    assert {title: (one.files, one.signals) for title, one in told.items()} == {
        kind.title: said for kind, said in titles.items()
    }
    assert told[kinds.VIX_CLOSES.title].days == {date(2024, 1, 3), date(2024, 1, 5)}
    assert kinds.BARS.title in found(folder)  # not among the imported series


def test_times_of_a_parquet_file_are_days(tmp_path: Path) -> None:
    folder = tmp_path / "intraday"
    folder.mkdir()
    moments = pa.array([1_704_186_900_000_000, 1_704_273_300_000_000], pa.timestamp("us"))
    table = pa.table({"ts": moments, "option_type": ["CE", "PE"], "close": [1.0, 2.0]})
    pyarrow.parquet.write_table(table, folder / "rolling.parquet")
    (one,) = beside([folder], used=(), fired=[date(2024, 1, 3)])
    assert (one.kind, one.rows, one.days, one.signals) == (
        kinds.ROLLING, 2, {date(2024, 1, 2), date(2024, 1, 3)}, 1,
    )  # fmt: skip


def test_the_report_says_for_how_many_signals_options_were_at_hand() -> None:
    def holding(kind: kinds.Kind, signals: int) -> Beside:
        return Beside(kind, ("fno/a.csv",), 7, frozenset({date(2024, 1, 2)}), signals)

    assert _unused((), 5) == ""
    text = _unused([holding(kinds.END_OF_DAY, 0), holding(kinds.SHARES, 5)], 5)
    assert "| Options and futures, end of day | `fno/a.csv` | 7 | 2024-01-02 | 2024-01-02 | 1 | 0 |" in text
    assert f"- **Shares, daily**: {kinds.SHARES.why}." in " ".join(text.split())
    assert "for none of the 5 signals" in text
    assert "the days of at most 3 of the 5 signals" in _option_days([holding(kinds.ROLLING, 3)], 5)
    assert _option_days([], 5) == "None of these files has prices of options."


@needs_data
def test_every_kind_of_the_real_data_is_named() -> None:
    told = beside([DATA / "fno", DATA / "intraday"], used={FILE.stem}, fired=[date(2024, 3, 5)])
    by_kind = {one.kind: one for one in told}
    assert {kinds.END_OF_DAY, kinds.SNAPSHOTS, kinds.ROLLING, kinds.LAYOUTS, kinds.BARS} == set(by_kind)
    assert (len(by_kind[kinds.END_OF_DAY].days), by_kind[kinds.END_OF_DAY].signals) == (48, 0)
    assert by_kind[kinds.ROLLING].rows == 14_700


def test_a_folder_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError, match="--beside: there is no folder"):
        call_command("replay_fno", beside=[tmp_path / "nothing"], verbosity=0)
