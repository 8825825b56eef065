"""The engine's codes in words, for people. Every code that can leave the engine stands here."""

from typing import Final

from engines.exchange.phases import Phase
from engines.mvla.filters import Check

#: What forbids a signal; ``{measure}``, ``{limit}`` and the check's own facts are filled in.
VETOES: Final[dict[str, str]] = {
    "MARKET_CLOSED": "There is no continuous trading now: {phase}.",
    "TOO_EARLY": "Nothing fires before {limit}, while the opening range forms.",
    "TOO_LATE": "Nothing fires after {limit}; too little of the session is left.",
    "EVENT_BLACKOUT": "Nothing fires around {reason}.",
    "DATA_STALE": "The oldest data{input} is {age} old; at most {limit} seconds are allowed.",
    "WARMING_UP": "Only {measure} of {limit} five-minute bars are there; averages are not settled.",
    "VIX_JUMP": "India VIX is up {measure} % on the day; from {limit} % on nothing fires.",
    "CHOPPY": "The index moves sideways: choppiness {measure}, at most {limit}.",
    "NEAR_CIRCUIT": "The index is within {measure} % of a market-wide circuit trigger.",
    "AFTER_HALT": "Trading went on {measure} minutes ago after a pause; {limit} minutes are waited for.",
    "SIGNAL_LIVE": "A signal of this index is live; there is one at a time.",
    "LOW_COVERAGE": "Only {measure} % of the direction votes have data; {limit} % are needed.",
    "NO_DIRECTION": "The votes do not agree on a direction.",
    "MOMENTUM_NOT_CONFIRMED": "The last 15 minutes do not confirm the direction: {measure} of {limit} ATR.",
    "NO_ENTRY": "No entry pattern is complete.",
    "MAX_TRIGGERS": "This index has had its three signals today.",
    "COOL_DOWN": "A stop was hit a short while ago; the direction rests.",
    "DAILY_LOSS_STOP": "Two stops, or a loss of twice the risk, end the day.",
    "SPREAD_WIDE": "The option's spread is {measure} % of its price; at most {limit} % is allowed.",
    "THIN_OPTION": "The option has {measure} % of the open interest or trading that is needed.",
    "REWARD_TOO_SMALL": "Reward after costs is {measure} times the risk (before costs {gross}); {limit} is needed.",
    "COST_TOO_HIGH": "Costs eat {measure} % of the expected reward; at most {limit} % is allowed.",
    "NO_CHAIN": "There is no option chain to choose from.",
    "LOT_UNKNOWN": "The contract's lot size is not known.",
    "MISSING_STRIKES": "A strike that is needed is not listed or not quoted.",
    "NO_FORWARD": "The forward of this expiry cannot be told.",
    "IV_UNKNOWN": "An option's volatility cannot be solved and none is known from before.",
    "NO_SPOT": "No bars of the index are at hand.",
    "PROVIDER_DOWN": "A source of market data does not answer.",
    "CALENDAR_UNKNOWN": "No official trading calendar is loaded for this year.",
    "NOT_LISTED": "The contract that is needed is not listed.",
}

#: A check that fails because what it measures is not known.
UNMEASURED: Final = {
    "DATA_STALE": "No data has come yet.",
    "MOMENTUM_NOT_CONFIRMED": "The last 15 minutes are not known.",
    "THIN_OPTION": "The option's open interest or trading is not known.",
    "COST_TOO_HIGH": "There is no reward that costs could be held against.",
}

#: A check that says neither: what it would need is not there. Those without words of their own have "No data".
UNKNOWN: Final = {"EVENT_BLACKOUT": "Announcements are known {span} only."}

#: What the market does while it does not trade continuously.
PHASES: Final[dict[str, str]] = {
    Phase.CLOSED: "the market is closed",
    Phase.PRE_OPEN: "the session has not opened yet",
    Phase.CLOSING_AUCTION: "the closing auction is on",
    Phase.POST_CLOSE: "the session has closed",
}

#: Inputs that have an age.
AGED: Final = {"spot": "the index's price", "chain": "the option chain", "bars": "the index's minutes"}

VOTES: Final = {
    "orb": "Opening range",
    "vwap": "Future against its VWAP",
    "ema": "Averages of 9 and 21 bars",
    "supertrend": "Supertrend",
    "fut_oi": "Open interest of the future",
    "opt_oi": "Puts against calls written",
    "breadth": "Advances against declines",
}

STRENGTH: Final = {
    "adx": "Trend (ADX)",
    "range": "Range against the usual",
    "volume": "Volume against the usual",
    "momentum": "Move of 15 minutes",
    "breadth": "One-sidedness of the market",
}

#: Facts of the day that softeners and filters are made of.
FACTS: Final = {
    "vix": "India VIX",
    "vix_closes": "a year of India VIX",
    "daily_closes": "closes of the last 20 sessions",
    "previous_day": "the last session's close",
    "close_5": "the index five minutes ago",
    "announcements": "announcements of the day",
}

SOFTENERS: Final = {
    "EXPIRY_AFTERNOON": "Afternoon of an expiry day",
    "LUNCH": "Quiet hours 12:00-13:15",
    "RICH_PREMIUM": "Options are dear: volatility near the top of its year",
    "GAP_AGAINST": "An open gap points the other way",
    "TREND_AGAINST": "Against the 20-day average",
}

MODES: Final = {
    "BREAKOUT": "Breakout",
    "PULLBACK": "Pullback",
    "CONTINUATION": "Continuation",
    "REVERSAL": "Reversal",
    "NONE": "None",
}


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def veto(check: Check) -> str:
    """Return the sentence of a failed check."""
    if check.measure is None and check.code in UNMEASURED:
        return UNMEASURED[check.code]
    facts = {"measure": _number(check.measure), "limit": _number(check.limit)} | check.facts
    if check.code == "MARKET_CLOSED":
        facts["phase"] = PHASES.get(facts.get("phase", ""), PHASES[Phase.CLOSED])
    if check.code == "DATA_STALE":
        aged = AGED.get(facts.get("input", ""))
        facts |= {"input": f", {aged}," if aged else "", "age": age(check.measure or 0.0)}
    return VETOES[check.code].format_map(_Known(facts))


def check_words(check: Check) -> str:
    """Return the sentence of a check that failed or is not known; nothing for one that passed."""
    if check.passed is None:
        return UNKNOWN.get(check.code, "").format_map(_Known(check.facts))
    return "" if check.passed else veto(check)


def missing(name: str) -> str:
    """Return what an entry of `missing_inputs` stands for: a vote, a part of strength (``strength.``) or a fact."""
    part = name.removeprefix("strength.")
    return STRENGTH[part] if part != name else VOTES.get(name) or FACTS[name]


def vote(value: float | None) -> str:
    """Return a vote in words."""
    if value is None:
        return "no data"
    side = "bullish" if value > 0 else "bearish"
    size = abs(value)
    if size < 0.1:
        return "neutral"
    return f"slightly {side}" if size < 0.33 else side if size < 0.66 else f"strongly {side}"


def age(seconds: float) -> str:
    """Return an age in words: seconds below three minutes, minutes below two hours, hours below two days, days."""
    for unit, length, least in (("days", 86_400, 2), ("hours", 3_600, 2), ("minutes", 60, 3)):
        if seconds >= least * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _number(value: float | None) -> str:
    if value is None:
        return "an unknown number of"
    text = f"{value:.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.2f}"
    return text.replace("-", "\N{MINUS SIGN}" if text.strip("-0.") else "")  # what prints as zero has no sign
