"""What every figure of a report is: its formula, what goes into it, how to read it. `docs/backtests.md` says the same.

Percent figures are percent numbers (5.2 is 5.2 %), money is rupees; N is the number of daily returns.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure by its key in ``summary``. ``unit``: change, percent, rupees, money, ratio, number or days.

    ``change`` and ``money`` carry a sign; ``against``: the key of the benchmark's figure of the same kind.
    """

    key: str
    label: str
    unit: str
    formula: str
    inputs: str
    meaning: str
    against: str = ""

    @property
    def anchor(self) -> str:
        """Return the place of this figure in the guide."""
        return self.key.replace("_", "-")


_EQUITY: Final = "Equity at the close of every session: cash plus positions at the last price, after all charges."
_RETURNS: Final = (
    "Daily returns of equity; risk-free: the 91-day Treasury bill in force that day (5.5 % where unknown)."
)
_TRADES: Final = "Closed round trips, each net of slippage and all charges. Positions still open are not counted."

DEFINITIONS: Final = (
    Definition(
        "cagr", "Growth (CAGR)", "change", "(final equity ÷ starting capital)^(365.25 ÷ calendar days) − 1",
        _EQUITY, "The steady yearly growth (compound annual growth rate, CAGR) that leads from the first value to the "
        "last. It hides the way there: read it with the drawdown.", "benchmark_cagr",
    ),
    Definition(
        "total_return_pct", "Total return", "change", "final equity ÷ starting capital − 1", _EQUITY,
        "What became of the money over the whole range, not per year.", "benchmark_total_return_pct",
    ),
    Definition(
        "max_drawdown_pct", "Deepest drawdown", "percent", "minimum of equity ÷ highest equity so far − 1",
        _EQUITY + " The starting capital counts as a peak.",
        "The worst fall from a peak that had to be sat through. Expect a deeper one in the future than in the past.",
        "benchmark_max_drawdown_pct",
    ),
    Definition(
        "sharpe", "Sharpe ratio", "ratio", "mean(r − rf) ÷ standard deviation(r − rf) × √252", _RETURNS,
        "Return over the risk-free rate for each unit of fluctuation, a year. Not shown for under three years or "
        "thirty trades. See the deflated Sharpe ratio before you believe a high one.", "benchmark_sharpe",
    ),
    Definition(
        "win_rate", "Winning trades", "share", "trades with a net profit ÷ closed trades", _TRADES,
        "How often, not how much: a strategy may win rarely and earn, or win often and lose.",
    ),
    Definition(
        "profit_factor", "Profit factor", "ratio", "sum of net profits ÷ sum of net losses", _TRADES,
        "Rupees won for a rupee lost; above 1 the trades earned. Not defined without a losing trade.",
    ),
    Definition(
        "total_trades", "Closed trades", "number", "number of closed round trips", _TRADES,
        "The fewer there are, the less every other figure says. Under thirty no Sharpe ratio is claimed.",
    ),
    Definition(
        "exposure_pct", "Money at work", "share", "mean over all closes of positions ÷ equity", _EQUITY,
        "The share of the account that was invested on average; the rest lay in cash and earned nothing here.",
    ),
    Definition(
        "final_equity", "Final equity", "rupees", "cash + positions at the last close", _EQUITY,
        "Positions still open are marked at the last close, not sold.",
    ),
    Definition(
        "net_profit", "Net profit", "money", "final equity − starting capital", _EQUITY, "After all charges.",
    ),
    Definition(
        "total_costs", "Charges paid", "rupees", "sum of brokerage and statutory charges of every order",
        "The charge tables in force on each trade's date; slippage is part of the prices, not of this sum.",
        "What trading cost beside slippage. Compare it with the net profit.",
    ),
    Definition(
        "expectancy", "Expected a trade", "money", "mean net profit of a closed trade", _TRADES,
        "What a trade brought on average. Position sizes grow with equity, so late trades weigh more.",
    ),
    Definition(
        "expectancy_r", "Expected in risk", "multiple", "mean of net profit ÷ rupees between the fill and the stop",
        _TRADES + " Only trades with a stop fixed at the entry.",
        "The same in units of what was risked at the entry (R), so that sizes do not matter.",
    ),
    Definition(
        "average_win", "Average win", "money", "mean net profit of the winning trades", _TRADES,
        "Read with the average loss and the winning share.",
    ),
    Definition(
        "average_loss", "Average loss", "money", "mean net loss of the losing trades", _TRADES,
        "Much larger than the average win means that few bad trades undo many good ones.",
    ),
    Definition(
        "average_bars_held", "Holding time", "bars", "mean number of sessions between entry and exit", _TRADES,
        "Bars of the share itself after the entry bar, the exit bar included.",
    ),
    Definition(
        "sortino", "Sortino ratio", "ratio", "mean(r − rf) × √252 ÷ √mean(min(r − rf, 0)²)", _RETURNS,
        "Like the Sharpe ratio, but only falls count as risk; the mean is over all days.",
    ),
    Definition(
        "calmar", "Calmar ratio", "ratio", "growth a year by sessions ÷ size of the deepest drawdown", _EQUITY,
        "Yearly growth for each percent of the worst fall.",
    ),
    Definition(
        "volatility_pct", "Fluctuation a year", "share", "standard deviation of daily returns × √252",
        "Daily returns of equity.", "How much equity swings about in a typical year.",
    ),
    Definition(
        "beta", "Beta", "ratio", "covariance(r − rf, b − rf) ÷ variance(b − rf)",
        _RETURNS + " b: daily returns of the benchmark.",
        "How far equity moves when the benchmark moves by 1 %. Below 1 partly because money lay in cash.",
    ),
    Definition(
        "alpha_pct", "Alpha a year", "change", "(1 + mean(r − rf) − beta × mean(b − rf))^252 − 1",
        _RETURNS + " b: daily returns of the benchmark.",
        "The yearly return that the benchmark's moves do not explain.",
    ),
    Definition(
        "turnover_pct", "Turnover a year", "share", "the lesser of purchases and sales ÷ mean equity ÷ years",
        "Rupees bought and sold; years of 252 sessions.",
        "How often the whole account is exchanged in a year: 100 % is once. High turnover feeds on low costs.",
    ),
    Definition(
        "cagr_sessions", "Growth a year, by sessions", "change", "(1 + total return)^(252 ÷ N) − 1", _EQUITY,
        "As libraries such as empyrical and quantstats count it; differs from the calendar's where a year has not "
        "252 sessions. The bootstrap below is in these terms.",
    ),
    Definition(
        "stuck_days", "Days an exit was stuck", "number", "sessions on which a due exit found no buyer",
        "Bars at the lower circuit or without volume.", "Zero is good. Many mean that stops would not have held.",
    ),
)  # fmt: skip

BY_KEY: Final = {one.key: one for one in DEFINITIONS}
#: The figures that lead a report, in their order; the rest stands below them.
LEADING: Final = (
    "cagr", "total_return_pct", "max_drawdown_pct", "sharpe", "win_rate", "profit_factor", "total_trades",
    "exposure_pct",
)  # fmt: skip

#: How the parts of the analysis are found. Keys of `analysis`.
ANALYSIS: Final = (
    Definition(
        "look_ahead", "Look-ahead probe", "", "the run again on prices that end at 30, 50, 70 and 90 % of the range",
        "Everything up to the cut: equity, trades, what the rules said at each close.",
        "Nothing before the cut may change when the future is taken away. If it does, the result used what nobody "
        "could have known.",
    ),
    Definition(
        "warm_up", "Warm-up probe", "", "the run again with fewer sessions before the start",
        "Trades of both runs, compared one by one.",
        "Averages that never quite forget (RSI, ATR, exponential ones) begin at different values. If trades change, "
        "the result leans on where the data happens to begin.",
    ),
    Definition(
        "random_baseline", "Luck of the draw", "", "200 runs with the same exits, caps and costs but random entries",
        "As many entries a day as the strategy had candidates, drawn among the members; seeds from the run's hash.",
        "If chance does as well, the entry rules have added nothing. Above the 95th percentile is a good sign.",
    ),
    Definition(
        "bootstrap", "What else it might have been", "", "1,000 histories put together from blocks of its own days "
        "(stationary bootstrap, mean block 20 days)", "Daily returns of equity.",
        "Nine of ten such histories lie inside the interval. A wide one means that the result rests on few days.",
    ),
    Definition(
        "deflated_sharpe", "Deflated Sharpe ratio", "", "probability that the true Sharpe ratio is above the best of "
        "as many worthless tries (Bailey and López de Prado, 2014)",
        "Daily excess returns with their skew and tails; how many different backtests you have tried.",
        "Who tries often finds something by luck. Above 95 % the result is more than that; every further try "
        "lowers it.",
    ),
)  # fmt: skip
