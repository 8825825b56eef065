"""Reading files: layouts, encodings, small vices, and the sentence when a file is not what it should be."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from market.importers.bars import FileBars
from market.importers.columns import NO_TIME, wall_seconds
from market.importers.index_names import known_index
from market.importers.layouts import read_bars
from market.importers.reasons import BY_CODE, Reason
from market.importers.tables import UnreadableFile, read_table

HEAD = "symbol,date,open,high,low,close,volume\n"
JAN_2 = 1704153600  # 2024-01-02T00:00:00Z


def read(tmp_path: Path, text: str | bytes, *, name: str = "bars.csv", interval: str = "day", **more: str) -> FileBars:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_bars(read_table(path), interval=interval, **more)


def marks(bars: FileBars) -> list[Reason | None]:
    return [BY_CODE.get(int(code)) for code in bars.mark]


def test_the_plain_layout(tmp_path: Path) -> None:
    bars = read(tmp_path, HEAD + "reliance,2024-01-02,10,12,9.5,11,1000\n")
    assert bars.symbols == ["RELIANCE"]
    assert bars.ts.tolist() == [JAN_2]
    assert [float(column[0]) for column in bars.prices] == [10, 12, 9.5, 11]
    assert bars.volume.tolist() == [1000]
    assert bars.oi.tolist() == [-1]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + (HEAD + "TCS,2024-01-02,1,2,1,2,5\n").replace("\n", "\r\n").encode(),
        (HEAD + "TCS,2024-01-02,1,2,1,2,5\n").encode("utf-16"),
        gzip.compress((HEAD + "TCS,2024-01-02,1,2,1,2,5\n").encode()),
        b" Symbol , DATE,Open, HIGH ,low,close,Volume\n TCS ,2024-01-02, 1,2 ,1,2, 5\n",
    ],
    ids=["bom+crlf", "utf-16", "gzip", "blanks and capitals"],
)
def test_tolerated_vices(tmp_path: Path, data: bytes) -> None:
    bars = read(tmp_path, data)
    assert (bars.symbols, bars.ts.tolist(), bars.volume.tolist(), marks(bars)) == (["TCS"], [JAN_2], [5], [None])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024-01-02", "2024-01-02T00:00"),
        ("02-Jan-2024", "2024-01-02T00:00"),
        ("02/01/2024", "2024-01-02T00:00"),
        ("20240102", "2024-01-02T00:00"),
        ("2024-01-02 09:15:00", "2024-01-02T09:15"),
        ("2024-01-02T09:15:00+0530", "2024-01-02T09:15"),
        ("2024-01-02T03:45:00Z", "2024-01-02T09:15"),
        ("1704167100", "2024-01-02T09:15"),
        ("1704167100000", "2024-01-02T09:15"),
    ],
)
def test_times_are_read_as_india_sees_them(text: str, words: str) -> None:
    assert str(np.datetime64(wall_seconds(text), "s"))[:16] == words


def test_a_time_that_is_none() -> None:
    assert wall_seconds("yesterday") == NO_TIME
    assert wall_seconds("32-Jan-2024") == NO_TIME


def test_unreadable_values_are_marked_one_by_one(tmp_path: Path) -> None:
    rows = ["A,2024-01-02,1,2,1,x,5", "B,never,1,2,1,2,5", "C,2024-01-02,1,2,1,2,many", "D,2024-01-02,1,2,1,,5",
            "E,2024-01-02,1,inf,1,2,5", ",2024-01-02,1,2,1,2,5", 'F,2024-01-02,"1,001.5","1,002",1,2,-']  # fmt: skip
    bars = read(tmp_path, HEAD + "\n".join(rows) + "\n")
    assert marks(bars) == [Reason.UNPARSABLE] * 5 + [Reason.UNKNOWN_SYMBOL, None]
    assert bars.open[6] == 1001.5
    assert bars.volume[6] == -1


def test_ragged_lines_are_kept_aside_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text(
        HEAD + "A,2024-01-02,1,2,1,2,5\nB,2024-01-02,1,2\nC,2024-01-02,1,2,1,2,5,6\nD,2024-01-02,1,2,1,2,5\n"
    )
    table = read_table(path)
    assert (table.rows, [line for line, _ in table.malformed], table.line(1)) == (2, [3, 4], 5)


def test_one_symbol_a_file(tmp_path: Path) -> None:
    text = "timestamp,open,high,low,close\n2024-01-02 09:15,1,2,1,2\n"
    bars = read(tmp_path, text, interval="minute", symbol="nifty 50")
    assert bars.symbols == ["NIFTY 50"]
    assert bars.ts.tolist() == [1704167100]
    assert bars.minute.tolist() == [555]
    with pytest.raises(UnreadableFile, match=r"bars\.csv: there is no column 'symbol'.*say --symbol"):
        read(tmp_path, text, interval="minute")


def test_the_exchanges_cash_file(tmp_path: Path) -> None:
    text = (
        "SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, CLOSE_PRICE, AVG_PRICE, "
        "TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER\n"
        "20MICRONS, EQ, 03-Mar-2025, 172.07, 172.95, 176.63, 165.50, 171.51, 172.29, 169.12, 118323, 200.11, "
        "5009, 55599, 46.99\n"
        "21STCENMGM, BE, 03-Mar-2025, 71.41, 72.83, 72.83, 69.98, 70.00, 69.98, 71.45, 14092, 10.07, 104, -, -\n"
    )
    bars = read(tmp_path, text)
    assert marks(bars) == [None, Reason.UNKNOWN_SERIES]
    assert [float(column[0]) for column in bars.prices] == [172.95, 176.63, 165.5, 172.29]
    assert bars.volume[0] == 118323


def test_the_exchanges_derivatives_file(tmp_path: Path) -> None:
    head = (
        "TradDt,Sgmt,FinInstrmTp,TckrSymb,XpryDt,StrkPric,OptnTp,FinInstrmNm,"
        "OpnPric,HghPric,LwPric,ClsPric,OpnIntrst,TtlTradgVol,NewBrdLotQty\n"
    )
    rows = (
        "2026-02-27,FO,STO,360ONE,2026-03-30,1200.0,CE,360ONE26MAR1200CE,13.1,13.1,8.6,9.6,74000,751,500\n"
        "2026-02-27,FO,STO,360ONE,2026-04-28,1120.0,PE,360ONE26APR1120PE,0.0,0.0,0.0,87.95,0,0,500\n"
        "2026-02-27,FO,IDF,NIFTY,2026-03-30,,,NIFTY26MARFUT,25000,25100,24900,25050,650,10,65\n"
    )
    bars = read(tmp_path, head + rows)
    assert marks(bars) == [None, Reason.NO_TRADE, None]
    assert bars.volume.tolist() == [751 * 500, 0, 650]
    assert bars.oi.tolist() == [74000, 0, 650]
    option, future = bars.contracts["360ONE26MAR1200CE"], bars.contracts["NIFTY26MARFUT"]
    assert (option.segment, option.instrument_type, option.strike, option.lot_size) == ("OPT", "CE", 1200.0, 500)
    assert (future.segment, future.instrument_type, future.strike, future.underlying) == ("FUT", "FUT", None, "NIFTY")


def test_former_symbols_of_a_long_history(tmp_path: Path) -> None:
    text = (
        "symbol,symbol_then,date,open,high,low,close,volume\nADANIPORTS,MUNDRAPORT,2011-12-30,1,2,1,2,5\n"
        "ADANIPORTS,MUNDRAPORT,2012-01-05,1,2,1,2,5\nADANIPORTS,ADANIPORTS,2012-01-09,1,2,1,2,5\n"
    )
    [former] = read(tmp_path, text).former_symbols
    assert (former.former, former.first.isoformat(), former.last.isoformat()) == (
        "MUNDRAPORT",
        "2011-12-30",
        "2012-01-05",
    )


def test_a_rolling_option_series_says_what_it_is(tmp_path: Path) -> None:
    text = "underlying,option_type,ts,open,high,low,close,volume\nNIFTY,CE,2026-01-19 09:15:00,1,2,1,2,75\n"
    bars = read(tmp_path, text, interval="5minute")
    assert bars.symbols == ["NIFTY ATM CE"]
    assert "rolling" in bars.notes[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", r"f\.csv: the file is empty"),
        (b"symbol,date,open,high,low,close\n", r"f\.csv: has a header but no rows"),
        (
            b"symbol,date,open,low,close\nA,2024-01-02,1,1,1\n",
            r"f\.csv: there is no column 'high'; it has symbol, date",
        ),
        (b"symbol,open,high,low,close\nA,1,1,1,1\n", r"f\.csv: there is no column 'date' or 'timestamp'"),
        (b"PK\x03\x04rest\nmore", r"f\.csv: a zip archive or workbook"),
        (b"PAR1garbage", r"f\.csv: not a readable Parquet file"),
        (b"\x1f\x8bgarbage", r"f\.csv: the gzip data is damaged"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named_in_one_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words) as caught:
        read(tmp_path, data, name="f.csv")
    assert "\n" not in caught.value.detail


def test_bars_of_another_length_than_promised_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"X,2024-01-02 {9 + n // 12:02d}:{n % 12 * 5:02d},1,2,1,2,5\n" for n in range(40))
    with pytest.raises(UnreadableFile, match="5 minutes apart, so they are not of --interval minute"):
        read(tmp_path, HEAD + rows, interval="minute")
    assert len(read(tmp_path, HEAD + rows, interval="5minute")) == 40


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("NIFTY50", ("NSE", "NIFTY 50")),
        ("Nifty 50", ("NSE", "NIFTY 50")),
        ("BANKNIFTY", ("NSE", "NIFTY BANK")),
        ("SENSEX", ("BSE", "SENSEX")),
        ("NIFTY MIDCAP 150", ("NSE", "NIFTY MIDCAP 150")),
        ("NIFTYBEES", None),
        ("RELIANCE", None),
    ],
)
def test_known_names_of_indices(name: str, place: tuple[str, str] | None) -> None:
    assert known_index(name) == place
