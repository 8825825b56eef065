"""A universe of a dozen simulated companies, small enough for tests, and strategies that trade on it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from market.models import Instrument, Universe, UniverseMember, UniverseSnapshot

SYMBOLS = {
    "RELIANCE": "Energy", "ONGC": "Energy", "TCS": "Information Technology", "INFY": "Information Technology",
    "WIPRO": "Information Technology", "HDFCBANK": "Financial Services", "ICICIBANK": "Financial Services",
    "SBIN": "Financial Services", "AXISBANK": "Financial Services", "ITC": "FMCG", "MARUTI": "Automobile",
    "SUNPHARMA": "Healthcare",
}  # fmt: skip
FUNDS = ("NIFTYBEES",)


def make_universe(name: str = "pocket") -> None:
    """List the dozen as a universe of the simulated exchange."""
    list_universe(name, SYMBOLS)


def list_universe(name: str, symbols: Iterable[str]) -> None:
    """List these as a universe of the simulated exchange; who is not of the dozen is of the sector Other."""
    snapshot = UniverseSnapshot.objects.create(
        universe=Universe.objects.create(name=name), as_of=date(2019, 1, 1), source="simulated"
    )
    for symbol in symbols:
        kind = "ETF" if symbol in FUNDS else "EQ"
        sector = SYMBOLS.get(symbol, "Other")
        instrument, _ = Instrument.objects.get_or_create(
            exchange="NSE", symbol=symbol, defaults={"segment": "EQ", "instrument_type": kind, "sector": sector}
        )
        UniverseMember.objects.create(snapshot=snapshot, instrument=instrument, sector=instrument.sector)


def indicator(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "name": name, **more}


def compare(left: Any, op: str, right: Any) -> dict[str, Any]:
    def operand(value: Any) -> Any:
        if isinstance(value, str):
            return indicator(value)
        return {"type": "literal", "value": value} if isinstance(value, int | float) else value

    return {"type": "compare", "left": operand(left), "op": op, "right": operand(right)}


def strategy_body(**more: Any) -> dict[str, Any]:
    """Return a strategy that trades often."""
    return {
        "name": "Above its average",
        "base_model": "v1_momentum",
        "universe": "pocket",
        "params": {"fast": 20, "hot": 70},
        "entry_rules": {
            "type": "and",
            "conditions": [
                compare("close", ">", indicator("sma", params={"n": {"type": "param", "name": "fast"}})),
                compare("rsi14", "<=", {"type": "param", "name": "hot"}),
            ],
        },
        "exit_rules": [{"name": "below_average", "condition": compare("close", "<", "sma20")}],
        "addon_rules": {"enabled": False},
        "conviction_scoring": [],
        "config": {"min_hold": 2, "stop_loss_pct": 8},
        **more,
    }


def run_body(**more: Any) -> dict[str, Any]:
    """Return a run of two years on the dozen."""
    return {
        "universe": "pocket",
        "start_date": "2022-01-01",
        "end_date": "2023-12-31",
        "starting_capital": 1_000_000,
        "position_size_pct": 20,
        "max_positions": 5,
        "max_per_sector": 2,
        "slippage_bps": 5,
        **more,
    }
