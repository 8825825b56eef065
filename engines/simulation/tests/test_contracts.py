"""Expiries, names and lots follow the dated rules of the exchanges."""

import numpy as np
import pytest

from engines.simulation import SimulatedMarket, from_dates
from engines.simulation.contract_specs import lot_size
from engines.simulation.contracts import ContractBook
from engines.simulation.tests.conftest import NOW

HOLIDAYS_2026 = [
    "2026-01-15",
    "2026-01-26",
    "2026-03-03",
    "2026-03-26",
    "2026-03-31",
    "2026-04-03",
    "2026-04-14",
    "2026-05-01",
    "2026-05-28",
    "2026-06-26",
    "2026-09-14",
    "2026-10-02",
    "2026-10-20",
    "2026-11-10",
    "2026-11-24",
    "2026-12-25",
]


@pytest.fixture(scope="module")
def book() -> ContractBook:
    days = np.arange(np.datetime64("2023-01-02"), np.datetime64("2027-01-01"))
    open_days = days[np.is_busday(days, holidays=[np.datetime64(day) for day in HOLIDAYS_2026])]
    return ContractBook(from_dates(open_days))


def _listed(book: ContractBook, name: str, day: str) -> list[tuple[str, bool]]:
    return [(str(expiry), weekly) for expiry, weekly in book.expiries(name, np.datetime64(day))]


def test_monthlies_of_2026(book: ContractBook) -> None:
    nifty = [
        "2026-01-27",
        "2026-02-24",
        "2026-03-30",
        "2026-04-28",
        "2026-05-26",
        "2026-06-30",
        "2026-07-28",
        "2026-08-25",
        "2026-09-29",
        "2026-10-27",
        "2026-11-23",
        "2026-12-29",
    ]
    sensex = [
        "2026-01-29",
        "2026-02-26",
        "2026-03-25",
        "2026-04-30",
        "2026-05-27",
        "2026-06-25",
        "2026-07-30",
        "2026-08-27",
        "2026-09-24",
        "2026-10-29",
        "2026-11-26",
        "2026-12-31",
    ]
    for month in range(12):
        first = np.datetime64(f"2026-{month + 1:02d}-01")
        assert str(book.future_expiries("BANKNIFTY", first)[0]) == nifty[month]
        assert str(book.future_expiries("RELIANCE", first)[0]) == nifty[month]
        assert str(book.future_expiries("SENSEX", first)[0]) == sensex[month]


def test_weeklies_move_to_the_session_before_a_holiday(book: ContractBook) -> None:
    listed = _listed(book, "NIFTY", "2026-02-27")
    assert listed[:5] == [
        ("2026-03-02", True),
        ("2026-03-10", True),
        ("2026-03-17", True),
        ("2026-03-24", True),
        ("2026-03-30", False),
    ]
    assert _listed(book, "NIFTY", "2026-11-09")[0] == ("2026-11-09", True)
    assert ("2026-11-23", False) in _listed(book, "NIFTY", "2026-11-10")
    assert _listed(book, "SENSEX", "2026-03-20")[0] == ("2026-03-25", False)
    assert _listed(book, "SENSEX", "2026-05-22")[0][0] == "2026-05-27"


def test_number_of_expiries(book: ContractBook) -> None:
    for name in ("NIFTY", "SENSEX"):
        listed = _listed(book, name, "2026-06-03")
        assert sum(weekly for _, weekly in listed) >= 3
        assert sum(not weekly for _, weekly in listed) == 3
        assert len([e for e, _ in listed if e < "2026-07-15"]) >= 5
    for name in ("BANKNIFTY", "FINNIFTY"):
        assert [weekly for _, weekly in _listed(book, name, "2026-06-03")] == [False] * 3


def test_history_of_expiry_days(book: ContractBook) -> None:
    banknifty = _listed(book, "BANKNIFTY", "2024-01-22")
    assert banknifty[:2] == [("2024-01-25", False), ("2024-01-31", True)]
    assert _listed(book, "NIFTY", "2025-08-25")[:2] == [("2025-08-28", False), ("2025-09-02", True)]
    assert _listed(book, "SENSEX", "2025-02-10")[0] == ("2025-02-11", True)
    assert _listed(book, "SENSEX", "2023-05-15")[0] == ("2023-05-19", True)


def test_names_round_trip(market: SimulatedMarket) -> None:
    contracts = market.contracts(NOW)
    keys = {contract.key for contract in contracts}
    assert len(keys) == len(contracts)
    for wanted in (
        "NFO:NIFTY26NOVFUT",
        "NFO:NIFTY26NOV25000CE",
        "NFO:NIFTY26D0125000CE",
        "BFO:SENSEX26D0382000PE",
        "NFO:BANKNIFTY26DEC55000PE",
        "NFO:FINNIFTY26DEC26000CE",
        "NFO:M&M26NOVFUT",
        "BFO:SENSEX27JANFUT",
    ):
        assert wanted in keys
    for contract in contracts[::7]:
        assert market.contract(contract.key) == contract
    assert len({contract.number for contract in contracts}) == len(contracts)


def test_ambiguous_looking_name(market: SimulatedMarket) -> None:
    contract = market.contract("NFO:BANKNIFTY2392038000CE")
    assert (str(contract.expiry), contract.strike, contract.weekly) == ("2023-09-20", 38_000.0, True)


@pytest.mark.parametrize(
    "symbol",
    ["NFO:NIFTY26NOV25000XE", "NFO:NIFTY26FOO25000CE", "NSE:NIFTY26NOVFUT", "NFO:NIFTY26N3225000CE", "NSE:NOSUCH", "X"],
)
def test_unknown_names_are_refused(market: SimulatedMarket, symbol: str) -> None:
    with pytest.raises(KeyError, match="is not listed"):
        market.quotes([symbol], NOW)


@pytest.mark.parametrize(
    ("name", "expiry", "lot"),
    [
        ("NIFTY", "2021-06-24", 75),
        ("NIFTY", "2024-04-25", 50),
        ("NIFTY", "2024-05-02", 25),
        ("NIFTY", "2025-01-30", 25),
        ("NIFTY", "2025-02-27", 75),
        ("NIFTY", "2025-12-30", 75),
        ("NIFTY", "2026-01-06", 65),
        ("BANKNIFTY", "2025-07-31", 35),
        ("BANKNIFTY", "2026-01-27", 30),
        ("FINNIFTY", "2026-01-27", 60),
        ("SENSEX", "2023-05-19", 10),
        ("SENSEX", "2026-11-26", 20),
    ],
)
def test_lots(name: str, expiry: str, lot: int) -> None:
    assert lot_size(name, np.datetime64(expiry)) == lot


def test_strikes_reach_twelve_percent(market: SimulatedMarket) -> None:
    for name, step in (("NIFTY", 50), ("BANKNIFTY", 100), ("FINNIFTY", 50), ("SENSEX", 100)):
        chain = market.chain(name, None, NOW)
        assert set(np.diff(chain.strikes)) == {step}
        assert chain.strikes[0] < 0.89 * chain.spot
        assert chain.strikes[-1] > 1.11 * chain.spot


def test_futures_converge(exchange_hours: SimulatedMarket) -> None:
    sessions = exchange_hours.sessions
    expiry = sessions.ordinal_of("2026-11-24")
    gaps = []
    for ordinal in range(expiry - 15, expiry + 1):
        quote = exchange_hours.quotes(["NSE:NIFTY 50", "NFO:NIFTY26NOVFUT"], sessions.close_of(ordinal) - 3_600)
        gaps.append(quote.last_price[1] / quote.last_price[0] - 1.0)
    assert gaps[0] > 0.002
    assert abs(gaps[-1]) < 0.0001
    assert np.all(np.diff(gaps) < 0.0001)
    with pytest.raises(KeyError, match="NFO:NIFTY26NOVFUT is not listed on 2026-11-25"):
        exchange_hours.quotes(["NFO:NIFTY26NOVFUT"], sessions.open_of(expiry + 1) + 60)


def test_expired_options_leave_the_list(exchange_hours: SimulatedMarket) -> None:
    close = exchange_hours.sessions.close_of(exchange_hours.sessions.ordinal_of("2026-11-24"))
    assert str(exchange_hours.expiries("NSE:NIFTY 50", close - 1)[0]) == "2026-11-24"
    assert str(exchange_hours.expiries("NIFTY", close)[0]) == "2026-12-01"
    last = exchange_hours.chain("NIFTY", "2026-11-24", close - 0.01)
    assert np.allclose(last.call.last_price, np.maximum(last.spot - last.strikes, 0.05), atol=25.0)
    with pytest.raises(KeyError, match="no options expiring"):
        exchange_hours.chain("NIFTY", "2026-11-25", close - 1)
    with pytest.raises(KeyError, match="NSE:ITC has no options"):
        exchange_hours.chain("NSE:ITC", None, close)
