"""Which rows are refused, from small tables made by hand."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest

from market.importers.bars import FileBars
from market.importers.judgement import (
    DayStatus,
    DayVerdicts,
    StoredBars,
    judge_days,
    judge_rows,
    nothing_stored,
)
from market.importers.reasons import BY_CODE, Reason

MONDAY = 4  # 1970-01-05, counted from 1970-01-01
DAY_S = 86_400
FAR_FUTURE = 10**10


@dataclass
class Lists:
    """Weekdays are sessions, weekends are not, unless told otherwise."""

    closed: set[int] = field(default_factory=set)
    special: set[int] = field(default_factory=set)
    unknown: bool = False

    def status(self, day: int) -> DayStatus:
        if day in self.special:
            return DayStatus.SPECIAL
        if self.unknown:
            return DayStatus.UNKNOWN
        return DayStatus.CLOSED if (day + 3) % 7 >= 5 or day in self.closed else DayStatus.SESSION

    def session_before(self, day: int) -> int:
        day -= 1
        while self.status(day) is DayStatus.CLOSED:
            day -= 1
        return day


def bars_of(rows: list[tuple[int, int, float, int]]) -> FileBars:
    """Build bars from (symbol number, day, close, volume); open and low lie 1 below, the high 1 above the close."""
    symbol = np.array([row[0] for row in rows], np.int64)
    day = np.array([row[1] for row in rows], np.int64)
    close = np.array([row[2] for row in rows], np.float64)
    volume = np.array([row[3] for row in rows], np.int64)
    names = [f"S{number}" for number in range(symbol.max() + 1)]
    zero, unknown = np.zeros(len(rows), np.int64), np.full(len(rows), -1, np.int64)
    return FileBars(
        names, symbol, day * DAY_S, day, zero, close - 1, close + 1, close - 1, close, volume, unknown,
        np.zeros(len(rows), np.uint8),
    )  # fmt: skip


def stored(rows: list[tuple[int, int, float, int]]) -> StoredBars:
    bars = bars_of(sorted(rows))
    return StoredBars(
        bars.symbol, bars.ts, bars.day, bars.minute, *bars.prices, bars.volume, np.full(len(rows), -1, np.int64)
    )


def judged(bars: FileBars, lists: Lists, before: StoredBars | None = None) -> DayVerdicts:
    judge_rows(bars, bars.symbol, now_ts=FAR_FUTURE)
    return judge_days(bars, bars.symbol, before if before is not None else nothing_stored(), lists)


def reasons(bars: FileBars) -> dict[Reason | None, int]:
    return dict(Counter(BY_CODE.get(int(code)) for code in bars.mark))


def prices(day: int, symbols: int = 12, step: float = 1.0) -> list[tuple[int, int, float, int]]:
    """A day of ``symbols`` shares, unlike every other day."""
    return [(number, day, 100 + number + step * day, 1000 + 7 * day + number) for number in range(symbols)]


def same_as(day: int, other: int, symbols: int = 12) -> list[tuple[int, int, float, int]]:
    """A day of shares with exactly the rows of another day."""
    return [(number, day, *rest) for number, _, *rest in prices(other, symbols)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"close": 0.0}, Reason.ZERO_PRICE),
        ({"open": -5.0}, Reason.ZERO_PRICE),
        ({"volume": -2}, Reason.NEGATIVE_VOLUME),
        ({"high": 98.0}, Reason.HIGH_BELOW_LOW),
        ({"high": 99.95}, Reason.OPEN_OR_CLOSE_OUTSIDE_RANGE),
        ({"low": 99.05}, Reason.OPEN_OR_CLOSE_OUTSIDE_RANGE),
    ],
)
def test_impossible_rows_are_refused_with_their_reason(change: dict[str, float], reason: Reason) -> None:
    bars = bars_of([(0, MONDAY, 100.0, 10)])
    for name, value in change.items():
        getattr(bars, name)[0] = value
    judge_rows(bars, bars.symbol, now_ts=FAR_FUTURE)
    assert reasons(bars) == {reason: 1}


def test_a_bar_that_begins_after_now_is_refused() -> None:
    bars = bars_of([(0, MONDAY, 100.0, 10), (0, MONDAY + 1, 101.0, 10)])
    judge_rows(bars, bars.symbol, now_ts=MONDAY * DAY_S + 40_000)
    assert [BY_CODE.get(int(code)) for code in bars.mark] == [None, Reason.FUTURE_DATE]


def test_of_two_rows_for_one_bar_the_first_stays() -> None:
    bars = bars_of([(0, MONDAY, 100.0, 10), (1, MONDAY, 50.0, 10), (0, MONDAY, 101.0, 10)])
    judge_rows(bars, bars.symbol, now_ts=FAR_FUTURE)
    assert [BY_CODE.get(int(code)) for code in bars.mark] == [None, None, Reason.DUPLICATE_ROW]


def test_rows_of_a_holiday_that_repeat_the_session_before_are_copies() -> None:
    holiday = MONDAY + 2
    bars = bars_of(prices(MONDAY) + prices(MONDAY + 1) + same_as(holiday, MONDAY + 1) + prices(MONDAY + 3))
    verdicts = judged(bars, Lists(closed={holiday}))
    assert set(bars.day[bars.mark > 0]) == {holiday}
    assert reasons(bars) == {None: 36, Reason.HOLIDAY_COPY: 12}
    assert verdicts.proven == []


def test_a_copy_of_a_copy_on_two_holidays_in_a_row_is_refused_too() -> None:
    first, second = MONDAY + 2, MONDAY + 3
    bars = bars_of(prices(MONDAY + 1) + same_as(first, MONDAY + 1) + same_as(second, MONDAY + 1))
    judged(bars, Lists(closed={first, second}))
    assert reasons(bars) == {None: 12, Reason.HOLIDAY_COPY: 24}


def test_a_flat_row_without_volume_at_the_last_close_is_a_copy() -> None:
    holiday = MONDAY + 1
    bars = bars_of([(0, MONDAY, 100.0, 10), (0, holiday, 100.0, 0)])
    for column in (bars.open, bars.high, bars.low):
        column[1] = 100.0
    judged(bars, Lists(closed={holiday}))
    assert reasons(bars) == {None: 1, Reason.HOLIDAY_COPY: 1}


def test_new_prices_of_many_symbols_prove_a_session_that_no_list_has() -> None:
    saturday = MONDAY + 5
    bars = bars_of(prices(saturday - 1) + prices(saturday))
    verdicts = judged(bars, Lists())
    assert reasons(bars) == {None: 24}
    assert [day.isoformat() for day in verdicts.proven] == ["1970-01-10"]


def test_new_prices_of_few_symbols_do_not() -> None:
    saturday = MONDAY + 5
    bars = bars_of(prices(saturday - 1, symbols=4) + prices(saturday, symbols=4))
    verdicts = judged(bars, Lists())
    assert reasons(bars) == {None: 4, Reason.UNLISTED_DAY: 4}
    assert verdicts.proven == []


def test_prices_unlike_those_of_long_ago_prove_nothing() -> None:
    """Without the session before there is no telling a copy of it from a session."""
    saturday = MONDAY + 12
    bars = bars_of(prices(MONDAY) + prices(saturday))
    verdicts = judged(bars, Lists())
    assert reasons(bars) == {None: 12, Reason.UNLISTED_DAY: 12}
    assert verdicts.proven == []


def test_what_the_database_has_is_evidence_like_rows_of_the_file() -> None:
    saturday = MONDAY + 5
    copies, session = bars_of(same_as(saturday, saturday - 1)), bars_of(prices(saturday))
    before = stored(prices(saturday - 1))
    judged(copies, Lists(), before)
    verdicts = judged(session, Lists(), before)
    assert reasons(copies) == {Reason.HOLIDAY_COPY: 12}
    assert reasons(session) == {None: 12}
    assert len(verdicts.proven) == 1


def test_a_single_share_may_repeat_its_prices_on_a_session() -> None:
    flat = [(0, MONDAY + 1, 100.0 + MONDAY, 1000 + 7 * MONDAY)]
    bars = bars_of(prices(MONDAY) + [row for row in prices(MONDAY + 1) if row[0]] + flat)
    judged(bars, Lists())
    assert reasons(bars) == {None: 24}


def test_a_session_with_the_rows_of_an_earlier_day_is_refused_and_the_day_named() -> None:
    bars = bars_of(prices(MONDAY) + prices(MONDAY + 1) + prices(MONDAY + 2) + same_as(MONDAY + 3, MONDAY))
    verdicts = judged(bars, Lists())
    assert reasons(bars) == {None: 36, Reason.WRONG_DATE: 12}
    assert verdicts.words[MONDAY + 3] == "12 of 12 symbols have exactly their rows of 1970-01-05"


def test_shares_with_new_prices_stay_when_the_rest_of_a_session_is_a_copy() -> None:
    day = MONDAY + 1
    rows = same_as(day, MONDAY)
    rows[0] = (0, day, 250.0, 5)
    bars = bars_of(prices(MONDAY) + rows)
    judged(bars, Lists())
    assert reasons(bars) == {None: 13, Reason.WRONG_DATE: 11}


def test_copies_are_found_among_a_majority_of_good_rows() -> None:
    day = MONDAY + 3
    good = [row for row in prices(day) if row[0] >= 6]
    bars = bars_of(prices(MONDAY) + prices(MONDAY + 1) + good + same_as(day, MONDAY)[:6])
    verdicts = judged(bars, Lists())
    assert reasons(bars) == {None: 30, Reason.WRONG_DATE: 6}
    assert verdicts.words[day] == "6 of 12 symbols have exactly their rows of 1970-01-05"


def test_a_special_session_filed_under_the_holiday_after_it_has_the_wrong_date() -> None:
    friday, saturday, holiday = MONDAY + 4, MONDAY + 5, MONDAY + 7
    bars = bars_of(prices(friday) + prices(holiday))
    verdicts = judged(bars, Lists(closed={holiday}, special={saturday}), stored(prices(saturday)))
    assert reasons(bars) == {None: 12, Reason.WRONG_DATE: 12}
    assert "special session" in verdicts.words[holiday]


def test_a_special_session_in_the_list_is_accepted() -> None:
    saturday = MONDAY + 5
    bars = bars_of(prices(saturday, symbols=1))
    judged(bars, Lists(special={saturday}))
    assert reasons(bars) == {None: 1}


def test_without_a_list_weekdays_are_taken_unless_they_are_copies() -> None:
    bars = bars_of(prices(MONDAY) + same_as(MONDAY + 1, MONDAY) + prices(MONDAY + 2) + prices(MONDAY + 5, symbols=2))
    judged(bars, Lists(unknown=True))
    assert set(bars.day[bars.mark > 0]) == {MONDAY + 1, MONDAY + 5}
    assert reasons(bars) == {None: 24, Reason.HOLIDAY_COPY: 12, Reason.UNLISTED_DAY: 2}


def test_a_file_of_holidays_is_not_trusted_with_its_few_sessions_either() -> None:
    saturdays = [MONDAY + 5 + 7 * week for week in range(20)]
    rows = [row for day in saturdays for row in prices(day)] + prices(MONDAY + 8)
    bars = bars_of(rows)
    judged(bars, Lists())
    assert reasons(bars) == {Reason.UNLISTED_DAY: 240, Reason.WRONG_DATE: 12}


def test_intraday_bars_are_compared_at_the_same_minute() -> None:
    holiday = MONDAY + 1
    bars = bars_of([(0, MONDAY, 100.0, 5), (0, MONDAY, 101.0, 6), (0, holiday, 100.0, 5), (0, holiday, 101.0, 6)])
    bars.minute[:] = [555, 556, 555, 556]
    bars.ts += bars.minute * 60
    judged(bars, Lists(closed={holiday}))
    assert reasons(bars) == {None: 2, Reason.HOLIDAY_COPY: 2}
