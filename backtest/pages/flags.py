"""Flags of a run in words: what they are called, how grave they are, what to do about them."""

from dataclasses import dataclass
from typing import Final

from backtest import constants as names


@dataclass(frozen=True, slots=True)
class Flag:
    """``kind``: of the badge: danger, warning or empty. ``means``: what is the matter; ``todo``: what to do."""

    key: str
    label: str
    kind: str
    means: str
    todo: str


_DANGER, _WARNING, _NOTE = "danger", "warning", ""


def _known(label: str, kind: str, todo: str) -> tuple[str, str, str]:
    return label, kind, todo


_WORDS: Final = {
    names.LOOK_AHEAD: _known(
        "Looks ahead", _DANGER,
        "Do not use this result. Look for a rule that reads a value before it was known, and report it if the"
        " rules seem innocent: the platform should make this impossible.",
    ),
    names.SIMULATED_DATA: _known(
        "Simulated prices", _DANGER,
        "Good for learning how the platform works. Import real prices before you draw any conclusion.",
    ),
    "SURVIVORSHIP_BIASED": _known(
        "Survivors only", _WARNING,
        "Take returns as an upper bound, and start the run where lists of members begin. Import older lists "
        "of constituents if you have them.",
    ),
    names.SHORT_SAMPLE: _known(
        "Short sample", _WARNING,
        "Choose a longer range or a wider universe until there are three years and thirty trades.",
    ),
    names.WARM_UP_SENSITIVE: _known(
        "Depends on the warm-up", _WARNING,
        "Start the run later, so that more sessions lie before it, and see whether the figures hold. Small "
        "differences in few trades are harmless.",
    ),
    names.WARM_UP_SHORT: _known(
        "Short warm-up", _WARNING,
        "Start later by as many sessions as the longest average looks back, or import older prices.",
    ),
    "INDEX_SUBSTITUTED": _known(
        "Index replaced", _WARNING,
        "Import the index, or start where it is complete. Compare excess returns with care: an equal-weighted"
        " index is not the one you named.",
    ),
    names.DELISTED: _known(
        "Delisted holding", _WARNING,
        "Look at those trades below. The 20 % haircut is a guess; the truth may be worse.",
    ),
    names.DATA_GAPS: _known(
        "Gaps in prices", _WARNING,
        "Look at the trades of the symbols concerned before you trust them; import the missing sessions if "
        "you can.",
    ),
    names.FUNDAMENTALS_MISSING: _known(
        "No company figures", _WARNING,
        "Import fundamentals; until then conditions on them never hold, and the strategy is not the one you "
        "wrote.",
    ),
    "FUNDAMENTALS_DATE_ASSUMED": _known(
        "Dates of figures assumed", _WARNING,
        "Import figures with the day on which they were announced.",
    ),
    names.ISCORE_HISTORY_MISSING: _known(
        "No past I-Scores", _WARNING,
        "Choose a range for which scores are stored, or leave the score out of the rules.",
    ),
    "START_BEFORE_DATA": _known(
        "Starts later than asked", _NOTE,
        "Nothing, if the first day shown suits you; else import older prices.",
    ),
    "STAMP_DUTY_ASSUMED": _known(
        "Old stamp duty assumed", _NOTE,
        "Nothing: the difference is a few rupees an order before July 2020.",
    ),
    names.PRICE_INDEX: _known(
        "Benchmark without dividends", _NOTE,
        "Add about 1.3 % a year to the benchmark before you compare. Prices of shares here leave out "
        "dividends too.",
    ),
    "ADJUSTED_PRICES": _known(
        "Adjusted prices", _NOTE,
        "Nothing. Switch the table of trades to unadjusted prices to see what was quoted that day.",
    ),
}  # fmt: skip
_RANK: Final = {_DANGER: 0, _WARNING: 1, _NOTE: 2}


def flag_of(key: str) -> Flag:
    """Return a flag in words; one that is not known yet is shown by its name."""
    label, kind, todo = _WORDS.get(key, (key.replace("_", " ").capitalize(), _WARNING, ""))
    return Flag(key, label, kind, names.FLAG_NOTES.get(key, ""), todo)


def flags_of(keys: list[str]) -> list[Flag]:
    """Return flags in words, the gravest first."""
    return sorted((flag_of(key) for key in dict.fromkeys(keys)), key=lambda flag: _RANK[flag.kind])


def known_flags() -> list[Flag]:
    """Return all flags there are, the gravest first."""
    return flags_of(list(_WORDS))
