"""Price panels: what is in them, when they are built, who shares them."""

import threading
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection

from core import versions
from core.errors import DataUnavailable, InvalidRequest, NotFound
from engines.panel import PricePanel
from market.adapters.base import Bars
from market.constants import VERSION_CANDLES
from market.models import CandleSeries, CorporateAction, Instrument, Universe, UniverseMember, UniverseSnapshot
from market.services import panels
from market.services.candle_store import BarRows, write_bars
from market.services.candles import midnight_utc

pytestmark = pytest.mark.django_db(transaction=True)
START, END = date(2024, 1, 15), date(2024, 1, 19)
D = [date(2024, 1, day) for day in (15, 16, 17, 18, 19)]


@pytest.fixture(autouse=True)
def _fresh(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    panels.forget()
    versions.expire()


def instrument(symbol: str) -> Instrument:
    return Instrument.objects.create(exchange="NSE", symbol=symbol, segment="EQ", instrument_type="EQ")


def listed(as_of: date, *members: Instrument, name: str = "two") -> None:
    universe, _ = Universe.objects.get_or_create(name=name)
    snapshot = UniverseSnapshot.objects.create(universe=universe, as_of=as_of, source="list")
    UniverseMember.objects.bulk_create(
        UniverseMember(snapshot=snapshot, instrument=one, sector="IT") for one in members
    )


def store(one: Instrument, which: Sequence[date], close: Sequence[float], **kind: str) -> None:
    fields = {"source": "import", "origin": "", "basis": "raw"} | kind
    series, _ = CandleSeries.objects.get_or_create(instrument=one, interval="day", **fields)
    prices, size = np.array(close, np.float64), len(which)
    ids, ts = np.full(size, series.id), np.array([midnight_utc(day) for day in which])
    volumes, none = np.full(size, 100), np.full(size, -1)
    write_bars(BarRows(ids, ts, prices, prices + 1, prices / 2, prices, volumes, none, np.ones(size, bool)))
    versions.expire()


def panel(**more: Any) -> PricePanel:
    return panels.panel("two", START, END, **more)


def test_a_panel_is_aligned_adjusted_and_named() -> None:
    a, b = instrument("AAA"), instrument("BBB")
    listed(date(2023, 1, 1), b, a)
    store(a, D, [100, 102, 51, 52, 53])
    store(b, D[1:], [10, 11, 12, 13])
    CorporateAction.objects.create(instrument=a, ex_date=D[2], kind="split", price_factor=0.5)
    found = panel()
    assert found.symbols == ("NSE:AAA", "NSE:BBB")
    assert found.sectors == ("IT", "IT")
    assert found.dates.astype(str).tolist() == [str(day) for day in D]
    assert found.close[:, 0].tolist() == [50, 51, 51, 52, 53]
    assert np.array_equal(found.close[:, 1], [np.nan, 10, 11, 12, 13], equal_nan=True)
    assert found.volume[:, 0].tolist() == [200, 200, 100, 100, 100]
    assert found.factor[:, 0].tolist() == [0.5, 0.5, 1, 1, 1]
    assert found.source == "import"
    assert found.member.all()
    raw = panel(adjusted=False)
    assert raw.close[:, 0].tolist() == [100, 102, 51, 52, 53]
    assert np.array_equal(raw.close * found.factor, found.close, equal_nan=True)


def test_members_of_every_list_in_the_range_have_a_column() -> None:
    a, b, c = instrument("AAA"), instrument("BBB"), instrument("CCC")
    listed(date(2023, 1, 1), a, b)
    listed(D[2], a, c)
    for one in (a, b, c):
        store(one, D, [1, 2, 3, 4, 5])
    found = panel()
    assert found.symbols == ("NSE:AAA", "NSE:BBB", "NSE:CCC")
    assert found.member.tolist() == [[True, True, False]] * 2 + [[True, False, True]] * 3


def test_a_member_without_prices_is_named() -> None:
    a, b = instrument("AAA"), instrument("BBB")
    listed(date(2023, 1, 1), a, b)
    store(a, D, [1, 2, 3, 4, 5])
    assert panel().notes == ("1 of 2 members have no prices: NSE:BBB",)


def test_one_source_for_the_whole_panel() -> None:
    members = [instrument(name) for name in ("AAA", "BBB", "CCC")]
    listed(date(2023, 1, 1), *members)
    for one in members:
        store(one, D, [1, 2, 3, 4, 5], source="yahoo")
    store(members[0], D, [7, 7, 7, 7, 7], source="kite")
    assert panel().source == "yahoo"  # kite has only one of three
    store(members[1], D, [8, 8, 8, 8, 8], source="kite")
    assert panel().source == "kite"
    assert np.isnan(panel().close[:, 2]).all()


def test_a_hit_is_the_same_object_and_an_import_makes_a_new_one() -> None:
    a = instrument("AAA")
    listed(date(2023, 1, 1), a)
    store(a, D[:3], [1, 2, 3])
    first = panel()
    assert panel() is first
    store(a, D[3:], [4, 5])
    second = panel()
    assert second is not first
    assert second.close[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert first.close[:, 0].tolist() == [1, 2, 3]  # who holds the old one keeps it


def test_panels_are_mapped_files_and_old_ones_are_removed() -> None:
    a = instrument("AAA")
    listed(date(2023, 1, 1), a)
    store(a, D, [1, 2, 3, 4, 5])
    found = panel()
    assert isinstance(found.close, np.memmap)
    assert not found.close.flags.writeable
    versions.bump(VERSION_CANDLES)
    versions.expire()
    panel()
    folders = [path for path in panels.panels_dir().iterdir() if not path.name.startswith(".")]
    assert len(folders) == 1


def test_another_process_reads_the_file_instead_of_building(monkeypatch: pytest.MonkeyPatch) -> None:
    a = instrument("AAA")
    listed(date(2023, 1, 1), a)
    store(a, D, [1, 2, 3, 4, 5])
    built = panel()
    panels.forget()
    monkeypatch.setattr(panels, "build", lambda *args: pytest.fail("built again"))
    loaded = panel()
    assert loaded is not built
    assert np.array_equal(loaded.close, built.close)
    assert (loaded.symbols, loaded.source, loaded.version) == (built.symbols, built.source, built.version)


def test_a_damaged_file_is_built_anew() -> None:
    a = instrument("AAA")
    listed(date(2023, 1, 1), a)
    store(a, D, [1, 2, 3, 4, 5])
    panel()
    for path in panels.panels_dir().glob("two-*/close.npy"):
        path.write_bytes(b"\x93NUMPY broken")
    panels.forget()
    assert panel().close[:, 0].tolist() == [1, 2, 3, 4, 5]


def test_two_who_ask_at_once_build_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    a = instrument("AAA")
    listed(date(2023, 1, 1), a)
    store(a, D, [1, 2, 3, 4, 5])
    built, gate, real = [], threading.Event(), panels.build

    def slow(*args: Any) -> PricePanel:
        built.append(1)
        gate.wait(5)
        return real(*args)

    monkeypatch.setattr(panels, "build", slow)
    found: list[PricePanel] = []

    def ask() -> None:
        found.append(panel())
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    while not built:
        pass
    gate.set()
    for thread in threads:
        thread.join(10)
    assert (len(found), len(built)) == (3, 1)


class Fill:
    """A market that is not stored."""

    source = "simulated"
    version = "seed-1"

    def __call__(self, symbols: Sequence[str], start: date, end: date) -> Mapping[str, Bars]:
        one = np.full(5, 7.0)
        ts = np.array([midnight_utc(day) for day in D])
        return {symbol: Bars(ts, one, one, one, one, np.full(5, 3)) for symbol in symbols if symbol != "NSE:BBB"}


def test_a_market_that_is_not_stored_fills_the_panel() -> None:
    a, b = instrument("AAA"), instrument("BBB")
    listed(date(2023, 1, 1), a, b)
    found = panel(fill=Fill())
    assert (found.source, found.shape) == ("simulated", (5, 2))
    assert found.close[0, 0] == 7
    assert "NSE:BBB" in found.notes[0]
    store(a, D, [1, 2, 3, 4, 5])
    assert panel(fill=Fill()).source == "import"  # what is stored goes first


def test_one_imported_share_does_not_make_the_others_unknown() -> None:
    some = [instrument(f"A{number:02d}") for number in range(11)]
    listed(date(2023, 1, 1), *some)
    store(some[3], D, [1, 2, 3, 4, 5])
    found = panel(fill=Fill())
    assert (found.source, float(found.close[0, 3])) == ("simulated", 7.0)
    assert found.notes == ("stored prices are left out, as few members have any: NSE:A03",)
    assert panel().source == "import"  # where there is nothing else, they are what there is
    store(some[4], D, [1, 2, 3, 4, 5])
    assert panel(fill=Fill()).source == "import"


def test_what_cannot_be_had_is_said() -> None:
    with pytest.raises(NotFound, match="There is no universe 'two'"):
        panel()
    listed(date(2023, 1, 1), instrument("AAA"))
    with pytest.raises(DataUnavailable, match="No prices are stored for two"):
        panel()
    with pytest.raises(InvalidRequest, match="start is after its end"):
        panels.panel("two", END, START)
    with pytest.raises(InvalidRequest, match="day bars only"):
        panels.panel("two", START, END, interval="minute")


def test_a_panel_whose_pages_were_laid_aside_reads_as_before() -> None:
    one = instrument("AAA")
    listed(START, one)
    store(one, D, [10.0, 11.0, 12.0, 13.0, 14.0])
    found = panel()
    before = {name: np.array(getattr(found, name)) for name in panels.ARRAYS}
    panels.lay_aside()
    assert panel() is found
    for name, values in before.items():
        assert np.array_equal(getattr(found, name), values)


def test_what_is_not_at_hand_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    one = instrument("AAA")
    listed(START, one)
    store(one, D, [10.0, 11.0, 12.0, 13.0, 14.0])
    assert panels.at_hand("two", START, END) is None
    found = panel()
    assert panels.at_hand("two", START, END) is found
    panels.forget()
    monkeypatch.setattr(panels, "build", lambda *_: pytest.fail("built again"))
    assert np.array_equal(panels.at_hand("two", START, END).close, found.close)
