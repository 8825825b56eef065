"""Statutory rates of trading in India by trade date. Data only.

``rate`` is a whole number per 10^9 of the base. ``sure``: H = circular or two sources, M = one source or practice.
The first row of an item also stands for the days before it, which only `tables.assumptions` may object to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

PER_BILLION: Final = 1_000_000_000
_PERCENT: Final = PER_BILLION // 100


@dataclass(frozen=True, slots=True)
class RateRow:
    """A rate in force from ``valid_from`` to ``valid_to``, both included; None is open ended."""

    item: str
    rate: int
    valid_from: date | None
    valid_to: date | None
    source: str
    sure: str


def _per_billion(percent: str) -> int:
    exact = Decimal(percent) * _PERCENT
    rate = int(exact)
    if rate != exact:
        raise ValueError(f"{percent} % is finer than one in 10^9")
    return rate


def _rows(item: str, source: str, *steps: str, sure: str = "H") -> Iterator[RateRow]:
    """Rows of one item. A step is ``date percent``; the first date may be ``-``, else it begins the record."""
    parts = [step.split() for step in steps]
    starts = [None if day == "-" else date.fromisoformat(day) for day, _ in parts]
    for at, (_, percent) in enumerate(parts):
        following = starts[at + 1] if at + 1 < len(parts) else None
        until = None if following is None else date.fromordinal(following.toordinal() - 1)
        yield RateRow(item, _per_billion(percent), starts[at], until, source, sure)


_FINANCE_ACTS: Final = "Finance Acts 2023, 2024 (No. 2), 2026; NSE circular of 2026-03-31"
_NSE: Final = "NSE/FA/73061 of 2026-02-27 and circulars of 2020-12, 2023-03, 2024-03, 2024-09; IPFT included"
_BSE: Final = "BSE notices on transaction charges, 2023 and 2024"
_MCX: Final = "MCX circular of 2024-09 on transaction charges"
_STAMP: Final = "Indian Stamp Act as amended, uniform since 2020-07-01; buyer"
_CTT: Final = "Finance Act 2013 and amendments: commodities transaction tax"

#: Taxes on transactions, named ``stt:<class>:<segment>:<side>``. Exercise is levied on the intrinsic value.
_STT: Final[tuple[RateRow, ...]] = (
    *_rows("stt:share:delivery:buy", _FINANCE_ACTS, "- 0.1"),
    *_rows("stt:share:delivery:sell", _FINANCE_ACTS, "- 0.1"),
    *_rows("stt:share:intraday:sell", _FINANCE_ACTS, "- 0.025"),
    *_rows("stt:equity_fund:delivery:sell", _FINANCE_ACTS, "- 0.001"),
    *_rows("stt:equity_fund:intraday:sell", _FINANCE_ACTS, "- 0.025", sure="M"),
    *_rows(
        "stt:share:futures:sell",
        _FINANCE_ACTS,
        "- 0.01",
        "2023-04-01 0.0125",
        "2024-10-01 0.02",
        "2026-04-01 0.05",
    ),
    *_rows(
        "stt:share:options:sell",
        _FINANCE_ACTS,
        "- 0.05",
        "2023-04-01 0.0625",
        "2024-10-01 0.1",
        "2026-04-01 0.15",
    ),
    *_rows("stt:share:exercise:buy", _FINANCE_ACTS, "2019-09-01 0.125", "2026-04-01 0.15"),
    *_rows("stt:share:commodity_futures:sell", _CTT, "- 0.01", sure="M"),
    *_rows("stt:share:commodity_options:sell", _CTT, "- 0.05", sure="M"),
    *_rows("stt:share:commodity_exercise:buy", _CTT, "- 0.0001", sure="M"),
)

#: Exchange transaction charge plus investor protection fund, named ``exchange:<exchange>:<segment>[:<group>]``.
_EXCHANGE: Final[tuple[RateRow, ...]] = (
    *_rows(
        "exchange:NSE:cash",
        _NSE,
        "2020-01-01 0.00325",
        "2021-01-01 0.00345",
        "2023-04-01 0.00325",
        "2024-04-01 0.00322",
        "2024-10-01 0.00307",
        "2026-03-01 0.00307",
    ),
    *_rows(
        "exchange:NSE:futures",
        _NSE,
        "2020-01-01 0.0019",
        "2021-01-01 0.0020",
        "2023-04-01 0.0019",
        "2024-04-01 0.00188",
        "2024-10-01 0.00183",
        "2026-03-01 0.00183",
    ),
    *_rows(
        "exchange:NSE:options",
        _NSE,
        "2020-01-01 0.05",
        "2021-01-01 0.053",
        "2023-04-01 0.05",
        "2024-04-01 0.0495",
        "2024-10-01 0.03553",
        "2026-03-01 0.03553",
    ),
    # When the middle rate began is not documented; the last was in force by March 2023.
    *_rows("exchange:BSE:cash", _BSE, "2020-01-01 0.003", "2021-01-01 0.00345", "2023-03-01 0.00375", sure="M"),
    *_rows("exchange:BSE:cash:X", _BSE, "- 0.1", sure="M"),
    *_rows("exchange:BSE:cash:SS", _BSE, "- 1", sure="M"),
    *_rows("exchange:BSE:futures", _BSE, "- 0"),
    *_rows("exchange:BSE:options", _BSE, "2020-01-01 0.005", "2024-05-13 0.0495", "2024-10-01 0.0325"),
    *_rows("exchange:BSE:options:other", _BSE, "- 0.005"),
    *_rows("exchange:MCX:commodity_futures", _MCX, "- 0.0026", "2024-10-01 0.0021"),
    *_rows("exchange:MCX:commodity_options", _MCX, "- 0.05", "2024-10-01 0.0418"),
)

_REST: Final[tuple[RateRow, ...]] = (
    *_rows("sebi", "SEBI turnover fee", "- 0.0001", "2020-06-01 0.00005", "2021-04-01 0.0001", sure="M"),
    *_rows("sebi:agri", "SEBI turnover fee on agricultural commodities", "- 0.00001", sure="M"),
    *_rows("gst", "GST on brokerage and exchange charges", "2017-07-01 18"),
    *_rows("gst_on_sebi", "GST on the SEBI fee", "- 0", "2022-07-18 18", sure="M"),
    *_rows("stamp:delivery", _STAMP, "2020-07-01 0.015"),
    *_rows("stamp:intraday", _STAMP, "2020-07-01 0.003"),
    *_rows("stamp:futures", _STAMP, "2020-07-01 0.002"),
    *_rows("stamp:options", _STAMP, "2020-07-01 0.003"),
    *_rows("stamp:commodity_futures", _STAMP, "2020-07-01 0.002"),
    *_rows("stamp:commodity_options", _STAMP, "2020-07-01 0.003"),
)

RATES: Final[tuple[RateRow, ...]] = (*_STT, *_EXCHANGE, *_REST)

#: Uniform stamp duty begins; before it each state had its own rates and the uniform ones are assumed.
STAMP_DUTY_UNIFORM_FROM: Final = date(2020, 7, 1)
