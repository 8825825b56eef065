"""How every figure of the F&O pages is computed, in words. The definition is docs/engines/mvla.md."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class How:
    """One explanation: ``formula`` as written down, ``meaning`` in a sentence or two, ``inputs`` it is made from."""

    key: str
    label: str
    formula: str
    meaning: str
    inputs: str


HOWS: Final = (
    How(
        "direction",
        "the direction",
        "D = Σ weight × vote / Σ weight of the votes with data; up from +0.30, down from −0.30, with 60% agreeing",
        "Seven votes between −1 and +1. What has no data does not vote and lowers the coverage; it is never filled in.",
        "five-minute bars of the index, the near-month future, open interest since the open, the index's members",
    ),
    How(
        "strength",
        "the strength",
        "S = .30 trend + .20 range + .20 volume + .20 move + .10 one-sidedness, each between 0 and 1",
        "How strong the move is, whichever way it goes. Parts without data are left out and the rest weighs more.",
        "ADX of 14 five-minute bars; range and the future's volume against the same minute of ten sessions",
    ),
    How(
        "filters",
        "the filters",
        "every check must pass; one that does not forbids a signal",
        "A check without data is marked as unknown. What only makes a trade less attractive lowers the confidence.",
        "market phase and hours, announcements, India VIX, choppiness, the option's spread, size and costs",
    ),
    How(
        "discipline",
        "the loss-averse state",
        "3 signals a day; after a stop 30 minutes' rest in its direction, 15 in the other; 2 stops or −2R end the day",
        "R is the distance from entry to stop. After −5R in a week the size is halved until the week is over.",
        "the signals of this index and of all four today and this week",
    ),
    How(
        "confidence",
        "the confidence",
        "50 + 50 × (.55 × (|D| − .30) / .70 + .45 × S) × softeners, then mapped by the calibrator",
        "Meant as the chance in percent that the index goes one stop's distance the signal's way before it goes as far "
        "against it. A coin is at 50. Without 50 past outcomes it is not calibrated and at most 74 is shown.",
        "the layers below; outcomes that were known when the week began",
    ),
    How(
        "trades",
        "a trade",
        "entry = ask; stop and target = Black-76 at the index's stop and target, 15 and 30 minutes on, same volatility",
        "The stop is never below 65% of the entry. Prices are rounded to the tick against you. The risk is the loss at "
        "the stop with charges; a price that jumps over the stop can lose more, up to the whole premium.",
        "bid and ask of the option, the forward of its expiry, our own implied volatility, dated charges",
    ),
    How(
        "expected_r",
        "the expected result",
        "(p × reward − (1 − p) × loss − costs) / loss, p from the confidence by the two-barrier formula",
        "In multiples of what is risked. Below zero the trade loses on average even if the confidence is right.",
        "confidence, entry, stop, target, charges and half the spread each way",
    ),
    How(
        "lots",
        "the number of lots",
        "⌊0.5% of ₹10,00,000 / max loss a lot⌋, halved after a bad week",
        "What risks half a percent of ten lakh. With another capital take it in proportion.",
        "maximum loss a lot at the stop, state of the week",
    ),
    How(
        "greeks",
        "the Greeks",
        "Black-76 on the forward of the expiry; volatility solved from the middle of bid and ask",
        "Delta: rupees for one point of the index. Theta: rupees a day. Vega: rupees for one volatility point.",
        "forward from put-call parity at the money or the future, time to 15:30 of the expiry",
    ),
    How(
        "payoff",
        "the payoff",
        "at expiry: (max(0, ±(index − strike)) − entry) × lot; now: (Black-76 at that index − entry) × lot",
        "One lot, before charges. Stop and target stand where the option would have that price now, at the same "
        "volatility. Break-even is at expiry.",
        "entry, strike, implied volatility, time to expiry, the dated risk-free rate",
    ),
    How(
        "chain",
        "the chain's columns",
        "IV: our own, from the middle of bid and ask; OI change: against the open of the day",
        "Open interest is in units, not lots. Where no volatility can be solved the last known one stands, marked *.",
        "quotes of the expiry that signals use",
    ),
    How(
        "life",
        "a signal's life",
        "R = (price − entry) / (entry − stop); best and worst are the extremes since the trigger",
        "Followed on one-minute bars of the option: one that opens below the stop is sold at its open, one with "
        "both in it counts as the stop, after 45 minutes or at 15:05 the time is up.",
        "one-minute bars of the option; charges of both sides",
    ),
)

RECORD_HOWS: Final = (
    How(
        "hit_rate",
        "the share of targets",
        "signals that reached their target / all that are over",
        "Bounds are Wilson's: between them lies the true share in 95 of 100 samples of this size.",
        "outcomes of all signals as they fired",
    ),
    How(
        "win_rate",
        "the share that made money",
        "signals with a gain after charges / all with a price",
        "An exit by time can make money without the target. Bounds are Wilson's, 95%.",
        "results after charges of both sides",
    ),
    How(
        "r",
        "R",
        "R = (exit − entry) / (entry − stop)",
        "One R is what was risked. A stop costs −1 R, or more where the price jumped over it.",
        "entry, stop and exit of the option at the money",
    ),
    How(
        "expectancy",
        "the expectancy",
        "mean of (exit − entry) × lot − charges, in rupees; the same over what was risked, in R",
        "What a signal brought on average after charges. Spread at the exit and jumps beyond it are not in it.",
        "results of one lot, dated charges of both sides",
    ),
    How(
        "reliability",
        "the reliability diagram",
        "for each tier: mean confidence that was said, against how often the index went that way first",
        "On the diagonal what was said came true as often as said. Bars are Wilson's bounds, 95%.",
        "labels: one stop's distance for the signal before one against it, within an hour",
    ),
    How(
        "coin",
        "the comparison with a coin",
        "index: 50%; target before stop: stop distance / (stop distance + target distance), mean of the signals",
        "What prices without any drift would give. Where chance lies within the bounds the record shows no edge.",
        "labels and outcomes of signals that are over",
    ),
)
