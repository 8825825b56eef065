"""Looking up charges by trade date: rows for the compiled functions, versions, what had to be assumed."""

import hashlib
import json
from bisect import bisect_right
from dataclasses import astuple, dataclass
from datetime import date
from functools import cache
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from engines.charges import constants as at
from engines.charges.plans import ALIASES, PLANS, OrderRule, PlanRow
from engines.charges.rates import RATES, STAMP_DUTY_UNIFORM_FROM, RateRow

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]

Segment = Literal["delivery", "intraday", "futures", "options", "commodity_futures", "commodity_options"]
SttClass = Literal["share", "equity_fund", "none"]

SEGMENTS: Final = ("delivery", "intraday", "futures", "options", "commodity_futures", "commodity_options")
STAMP_DUTY_ASSUMED: Final = "STAMP_DUTY_ASSUMED"


@cache
def _history(item: str) -> tuple[tuple[date, ...], tuple[RateRow, ...]]:
    rows = tuple(row for row in RATES if row.item == item)
    return tuple(row.valid_from or date.min for row in rows[1:]), rows


def rate_row(item: str, on: date) -> RateRow:
    """Return the row of ``item`` in force; days before the first row take it. KeyError names an unknown item."""
    starts, rows = _history(item)
    if not rows:
        raise KeyError(f"no rate is named {item!r}")
    return rows[bisect_right(starts, on)]


def _rate(item: str, on: date) -> int:
    return rate_row(item, on).rate


def _rate_if_any(item: str, on: date) -> int:
    return _rate(item, on) if _history(item)[1] else 0


def plan_name(plan: str) -> str:
    """Return the plan's full name; ValueError lists the known ones."""
    name = ALIASES.get(plan, plan)
    known = sorted({row.plan for row in PLANS} | set(ALIASES))
    if name not in known:
        raise ValueError(f"no charge plan is named {plan!r}; known: {', '.join(known)}")
    return name


def plan_row(plan: str, on: date) -> PlanRow:
    """Return the plan's prices in force on a day."""
    rows = [row for row in PLANS if row.plan == plan_name(plan)]
    return next(row for row in reversed(rows) if row.valid_from is None or row.valid_from <= on)


def order_rule(plan: PlanRow, segment: str) -> OrderRule:
    """Return the price of an order in a segment."""
    if segment == "delivery":
        return plan.delivery
    if segment in {"options", "commodity_options"}:
        # Commodity options cost what other options do.
        return plan.options
    return plan.leveraged


def _exchange_item(exchange: str, segment: str, group: str) -> str:
    kind = "cash" if segment in {"delivery", "intraday"} else segment
    item = f"exchange:{exchange}:{kind}"
    if not _history(item)[1]:
        raise ValueError(f"{exchange} has no segment {segment!r} in the tables of charges")
    return f"{item}:{group}" if group else item


@dataclass(frozen=True, slots=True)
class ChargePlan:
    """Whose prices, of what, where. ``group``: exchange's group with charges of its own (BSE: X, SS; other)."""

    plan: str = "zerodha"
    exchange: str = "NSE"
    stt_class: SttClass = "share"
    group: str = ""
    is_agricultural: bool = False


def charge_row(plan: ChargePlan, segment: Segment, on: date) -> Ints:
    """Return the (ROW_WIDTH,) int64 rates for `paise.note_paise` and `paise.order_paise`."""
    if segment not in SEGMENTS:
        raise ValueError(f"segment is one of {', '.join(SEGMENTS)}, was {segment!r}")
    broker = plan_row(plan.plan, on)
    row = np.zeros(at.ROW_WIDTH, np.int64)
    if broker.is_statutory_free:
        return row
    row[at.STT_BUY] = _rate_if_any(f"stt:{plan.stt_class}:{segment}:buy", on)
    row[at.STT_SELL] = _rate_if_any(f"stt:{plan.stt_class}:{segment}:sell", on)
    row[at.EXCHANGE] = _rate(_exchange_item(plan.exchange, segment, plan.group), on)
    row[at.SEBI] = _rate("sebi:agri" if plan.is_agricultural else "sebi", on)
    row[at.GST], row[at.GST_ON_SEBI] = _rate("gst", on), _rate("gst_on_sebi", on)
    row[at.STAMP] = _rate(f"stamp:{segment}", on)
    rule = order_rule(broker, segment)
    row[at.BROKERAGE_RATE], row[at.BROKERAGE_CAP_PAISE] = rule.rate, rule.cap_paise
    row[at.BROKERAGE_FLAT_PAISE] = rule.flat_paise
    row[at.DP_PAISE] = broker.dp_paise if segment == "delivery" else 0
    return row


@cache
def _change_days() -> tuple[date, ...]:
    """Days on which any rate or price list changes, ascending."""
    days = {row.valid_from for row in (*RATES, *PLANS) if row.valid_from is not None}
    return tuple(sorted(days))


@cache
def _era_tables(plan: ChargePlan) -> tuple[Days, Ints]:
    first = (date(1900, 1, 1), *_change_days())
    segments: tuple[Segment, Segment] = ("delivery", "intraday")
    rows = np.array([[charge_row(plan, segment, day) for segment in segments] for day in first])
    rows.setflags(write=False)
    return np.array(first[1:], "datetime64[D]"), rows


def era_rows(plan: ChargePlan, dates: Days) -> tuple[Ints, Ints]:
    """Return for a kernel: (T,) which era each date falls into, and (E, 2, ROW_WIDTH) rates, delivery then intraday."""
    starts, rows = _era_tables(plan)
    return np.searchsorted(starts, dates.astype("datetime64[D]"), side="right").astype(np.int64), rows


def assumptions(plan: str, first_day: date) -> tuple[str, ...]:
    """Return flags for charges that no table of the time supports."""
    pays = not plan_row(plan, first_day).is_statutory_free
    return (STAMP_DUTY_ASSUMED,) if pays and first_day < STAMP_DUTY_UNIFORM_FROM else ()


@cache
def charges_version() -> str:
    """Return a short hash of all tables: results computed with the same hash used the same charges."""
    rows = [astuple(row) for row in (*RATES, *PLANS)]
    text = json.dumps([rows, ALIASES], default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
