"""Names and limits of backtests."""

from datetime import timedelta
from typing import Final

MAX_RUNS: Final = 2_000
MAX_STUDIES: Final = 500
MAX_ACTIVE_STUDIES: Final = 5
MAX_SETS: Final = 1_000
MAX_COMPARED: Final = 4
MAX_WINDOWS: Final = 60

DEFAULT_CAPITAL: Final = 1_000_000.0
DEFAULT_SLIPPAGE_BPS: Final = 5.0
MOST_CAPITAL: Final = 1e13
#: A synchronous run that is not ready by then is refused as too large.
RUN_DEADLINE_S: Final = 60.0

BASELINES: Final = 200
BOOTSTRAPS: Final = 1_000

#: A worker that has not been heard of for so long is taken for dead, and its job given to another.
LEASE: Final = timedelta(seconds=30)
#: A job gives its worker back after so long, for others that wait; what it has done is kept.
SLICE_S: Final = 20.0
SWEEP_THREADS: Final = 2
#: So often is a job tried again that ended without a word and had nothing done.
MAX_STRIKES: Final = 3

#: Run numbers that a sweep may vary beside the strategy's own parameters.
RUN_NUMBERS: Final = ("position_size_pct", "max_positions", "max_per_sector", "slippage_bps")

EVENT_RUN_DELETED: Final = "backtest.run_deleted"
EVENT_STUDY_DONE: Final = "backtest.study_finished"

SHORT_SAMPLE: Final = "SHORT_SAMPLE"
DELISTED: Final = "DELISTED"
PRICE_INDEX: Final = "PRICE_INDEX_BENCHMARK"
DATA_GAPS: Final = "DATA_GAPS"
SIMULATED_DATA: Final = "SIMULATED_DATA"
FUNDAMENTALS_MISSING: Final = "FUNDAMENTALS_MISSING"
ISCORE_HISTORY_MISSING: Final = "ISCORE_HISTORY_MISSING"
WARM_UP_SHORT: Final = "WARM_UP_SHORT"
LOOK_AHEAD: Final = "LOOK_AHEAD"
WARM_UP_SENSITIVE: Final = "WARM_UP_SENSITIVE"

FLAG_NOTES: Final = {
    "START_BEFORE_DATA": "The asked start lies before the first price; the run begins with the first session there is.",
    "SURVIVORSHIP_BIASED": "Members of early dates are those of the oldest list there is: companies that left the "
    "universe before it are missing, which flatters the result.",
    "INDEX_SUBSTITUTED": "The index lacks a session of the run or its warm-up; the equal-weighted index of the "
    "universe takes its place for the whole run, as benchmark too.",
    "ADJUSTED_PRICES": "Prices are adjusted for splits and bonuses; quantities and charges are in those terms.",
    "STAMP_DUTY_ASSUMED": "Stamp duty before 2020-07-01 differed by state; the uniform rates are taken for it.",
    SHORT_SAMPLE: "Under three years or under thirty trades: no Sharpe ratio is claimed.",
    DELISTED: "A symbol stopped trading while it was held and was sold 20 % below its last close.",
    PRICE_INDEX: "The benchmark is a price index: it leaves out dividends of about 1.3 % a year.",
    DATA_GAPS: "Members lack bars on some sessions of the run; such rows are skipped, not filled.",
    SIMULATED_DATA: "Prices are simulated: the result says nothing about a real market.",
    FUNDAMENTALS_MISSING: "Company figures are not loaded: rules that use them are unknown and never act.",
    "FUNDAMENTALS_DATE_ASSUMED": "The day on which figures were announced is not known: the import's, or sixty days "
    "after the period, whichever is later, is taken for it.",
    ISCORE_HISTORY_MISSING: "No I-Scores of those sessions are stored: rules that use them are unknown and never act.",
    WARM_UP_SHORT: "There are fewer sessions before the start than the rules look back; they are unknown until then.",
    LOOK_AHEAD: "Cutting off later prices changed earlier trades. Do not trust this result.",
    WARM_UP_SENSITIVE: "With fewer sessions of warm-up the trades differ: averages had not settled.",
}
