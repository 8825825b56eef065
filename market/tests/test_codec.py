"""Messages of the tick stream."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.adapters.base import Depth, DepthLevel
from market.stream import codec
from market.stream.codec import FULL, LTP, QUOTE, BadMessage, Record
from market.stream.symbols import canonical, is_well_formed
from market.tests.live import NOW, quote


def test_modes_carry_what_they_promise() -> None:
    depth = Depth(buy=(DepthLevel(99.95, 10, 2),), sell=(DepthLevel(100.05, 7, 1),))
    whole = quote(price=100.0, open=98.0, high=101.0, low=97.5, volume=12, oi=3, bid=99.95, depth=depth)
    record = Record(whole, "simulated", 0.0)
    ltp, normal, full = (json.loads("{" + record.part(mode) + "}")["NSE:INFY"] for mode in (LTP, QUOTE, FULL))
    assert ltp == {"ltp": 100.0, "at": "2026-11-20T05:00:00Z"}
    assert normal["change"] == 20.0
    assert normal["change_pct"] == 25.0
    assert (normal["high"], normal["volume"], normal["oi"]) == (101.0, 12, 3)
    assert "depth" not in normal
    assert full["depth"]["sell"] == [{"price": 100.05, "quantity": 7, "orders": 1}]
    assert full.items() >= normal.items()


def test_a_part_is_encoded_once_a_mode() -> None:
    record = Record(quote(), "simulated", 0.0)
    assert record.part(QUOTE) is record.part(QUOTE)


def test_message_wide_keys_stand_beside_data() -> None:
    early = Record(quote(as_of=datetime(2026, 11, 20, 4, tzinfo=UTC)), "simulated", 0.0)
    late = Record(quote("NSE:TCS"), "simulated", 0.0).as_stale()
    message = json.loads(codec.ticks_message([late, early], {"NSE:INFY": LTP, "NSE:TCS": LTP}, dropped=4))
    assert message["as_of"] == "2026-11-20T05:00:00Z"
    assert (message["data_source"], message["dropped"]) == ("simulated", 4)
    assert message["data"]["NSE:TCS"]["stale"] is True
    assert "stale" not in message["data"]["NSE:INFY"]
    assert all(isinstance(value["ltp"], float) for value in message["data"].values())


def test_values_of_several_sources_name_theirs() -> None:
    records = [Record(quote(), "kite", 0.0), Record(quote("NSE:TCS"), "yahoo", 0.0)]
    data = json.loads(codec.ticks_message(records, {"NSE:INFY": LTP, "NSE:TCS": LTP}, dropped=0))["data"]
    assert {symbol: value["data_source"] for symbol, value in data.items()} == {"NSE:INFY": "kite", "NSE:TCS": "yahoo"}


def test_an_empty_snapshot_is_a_message_too() -> None:
    assert json.loads(codec.ticks_message([], {}, dropped=0))["data"] == {}


def test_numbers_that_json_does_not_have_become_null() -> None:
    record = Record(quote(open=float("nan"), high=float("inf")), "simulated", 0.0)
    value = json.loads("{" + record.part(QUOTE) + "}")["NSE:INFY"]
    assert (value["open"], value["high"]) == (None, None)
    assert not codec.is_usable(quote(price=float("nan")))


def test_requests_are_canonical_and_without_repetition() -> None:
    request = codec.parse_request('{"action":"subscribe","symbols":["infy"," nse:infy ","bse:sensex"]}')
    assert request.symbols == ("NSE:INFY", "BSE:SENSEX")
    assert request.mode == QUOTE


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "not valid JSON"),
        ("[]", "JSON object"),
        ('{"action":"buy"}', "`action`"),
        ('{"action":"subscribe","symbols":["A"],"mode":"all"}', "`mode`"),
        ('{"action":"subscribe","symbols":["A"],"mode":["ltp"]}', "`mode`"),
        ('{"action":["subscribe"],"symbols":["A"]}', "`action`"),
        ('{"action":"subscribe"}', "`symbols`"),
        ('{"action":"subscribe","symbols":[]}', "`symbols`"),
        ('{"action":"subscribe","symbols":["A",7]}', "`symbols[1]`"),
        ('{"action":"unsubscribe","symbols":"A"}', "`symbols`"),
        ("[" * 5000, "not valid JSON"),
    ],
)
def test_faults_are_named(raw: str, says: str) -> None:
    with pytest.raises(BadMessage, match=says.replace("[", r"\[")):
        codec.parse_request(raw)


@given(st.one_of(st.text(), st.binary()))
def test_junk_is_refused_and_nothing_else_happens(raw: str | bytes) -> None:
    with contextlib.suppress(BadMessage):
        codec.parse_request(raw)


@pytest.mark.parametrize("key", ["NSE:INFY", "NSE:M&M", "NSE:BAJAJ-AUTO", "NSE:NIFTY 50", "NFO:NIFTY26NOV25000CE"])
def test_symbols_that_may_exist(key: str) -> None:
    assert is_well_formed(canonical(key.lower()))


@pytest.mark.parametrize("key", ["NSE:", "XYZ:A", "NSE:A B ", "NSE:" + "A" * 60, "NSE:रिल", "NSE:A\x00", "NSE:A:B"])
def test_symbols_that_cannot_exist(key: str) -> None:
    assert not is_well_formed(key)


def test_instants_are_utc() -> None:
    assert Record(quote(as_of=NOW), "simulated", 0.0).at == "2026-11-20T05:00:00Z"
