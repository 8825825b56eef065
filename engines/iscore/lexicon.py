"""The tone of a headline: a small word list of our own for Indian market news, with directions and negation.

Not a copy of any published list. Words of praise and blame count by themselves. Words of movement ("rises",
"slumps") count up or down, turned round when what moves is a burden ("debt falls" is good, "losses widen" is bad).
A negation within three words before turns a word round at a discount. The tone is the sum over the sum of sizes plus
one, so that a single word gives 0.5 and never 1.
"""

import re
from typing import Final

_GOOD: Final = """
accolade accretive acquires applauded approval approved award awarded bags beat beats boom boost boosts bounce
breakthrough bright bullish buoyant buyback cheer clears commissions commissioned confident delight dividend eases
efficient expands expansion favourable gain gains good healthy improve improved improves improving inks innovative
landmark lands launch launches leads milestone optimistic outperform outperforms overweight partnership partners
profitable profitability progress promising prudent rebound rebounds record recover recovers recovery resilient
resolved reward rewards robust secures signs solid stable stake-buy strength strengthen strengthens strong stronger
success successful surplus sustained synergy thrive tie-up top tops turnaround upbeat upgrade upgraded upgrades
upside value-unlocking win winner wins won
"""
_BAD: Final = """
abuse accident accused adverse allegation allegations arrest arrested attach avoid bad ban banned bankrupt
bankruptcy bearish bleak blow breach bribery cancel cancelled cancels cautious cheat collapse complaint concern
concerns contraction controversy crisis critical curb cyberattack damage dampen dampener death default defaulted
defaults deficit delay delayed delays derail detained dilution disappoint disappointing disappoints dismal
disruption dispute downgrade downgraded downgrades drag drags explosion exposure-risk fail failed fails failure fear
fears fine fined fire flags fraud freeze glitch grim halt halted halts headwind headwinds hurt hurts illegal
impairment inquiry insolvency investigation irregularities lapse lapses lawsuit layoff layoffs litigation lockdown
lookout manipulation miss missed misses outage overvalued panic penalised penalty pessimistic poor pressure probe
probes problem qualified questioned quits raid raids recall recalled recession reject rejected rejects resign
resignation resigned resigns restatement risk risks sanction scam scandal scrap scraps scrutiny seized sell-off
setback shortage shortfall shut shutdown shuts slowdown sluggish stress strike strikes struggle struggles sues
suspend suspended suspends tax-evasion terminate terminated tepid theft threat tough trouble turmoil uncertainty
underperform underperforms underweight unfavourable violation violations volatile vulnerable warn warned warning
warns weak weaken weakens weaker weakness weigh weighs withdraw withdraws worries worry worse worst write-off
wrongdoing
"""
_UP: Final = """
accelerate accelerates advance advances climb climbs doubled doubles grow growing grows growth higher hike hiked
increase increased increases increasing jump jumped jumps leap leaps peak peaks quadruples raise raised raises
rallied rallies rally rise rises rising rose skyrockets soar soared soars spurt spurts surge surged surges swell
swells trebles triples up uptick widen widened widens zoom zoomed zooms
"""
_DOWN: Final = """
crash crashed crashes cut cuts decline declined declines declining decrease decreased decreases dip dipped dips dive
dives down drop dropped drops ease fall fallen falling falls fell halve halved lower lowest narrow narrowed narrows
plummet plummets plunge plunged plunges reduce reduced reduces reduction shed sheds shrink shrinks sink sinks skid
skids slash slashed slashes slide slides slip slipped slips slow slowing slump slumped slumps tank tanked tanks
tumble tumbled tumbles
"""
_BURDENS: Final = """
accidents attrition borrowing borrowings burn complaints cost costs debt delinquencies delinquency duty emissions
expense expenses fraud gnpa inflation leverage liabilities liability loss losses nnpa npa npas overdue pledge
pledged provision provisions slippage slippages stress tax unemployment vacancy volatility
"""
_NEGATIONS: Final = frozenset(
    {"no", "not", "never", "without", "denies", "deny", "denied", "refutes", "rules-out", "nor"}
)
_TURNED: Final = -0.8
_NEGATION_REACH: Final = 3
_BURDEN_REACH: Final = 3

_WORD: Final = re.compile(r"[a-z]+(?:-[a-z]+)*")
#: Filings of every week that sound worse than they are.
_ROUTINE: Final = re.compile(r"loss of (duplicate )?share certificates?")
_VALUES: Final[dict[str, float]] = {
    **dict.fromkeys(_GOOD.split(), 1.0),
    **dict.fromkeys(_BAD.split(), -1.0),
    **dict.fromkeys(_UP.split(), 1.0),
    **dict.fromkeys(_DOWN.split(), -1.0),
}
_MOVES: Final = frozenset((*_UP.split(), *_DOWN.split()))
_BURDEN_WORDS: Final = frozenset(_BURDENS.split())
#: Burdens that are bad by themselves when nothing moves them.
_BAD_ALONE: Final = frozenset({"loss", "losses", "npa", "npas", "slippages", "fraud"})


def tone(headline: str) -> float:
    """Return the tone of a headline from -1 (bad) to 1 (good); 0 where no word of the list occurs."""
    words = _words(headline)
    moved = {near for at, word in enumerate(words) if word in _MOVES for near in _burdens(words, at)}
    found = []
    for at, word in enumerate(words):
        value = _VALUES.get(word, -1.0 if word in _BAD_ALONE else 0.0)
        if word in _BURDEN_WORDS and at in moved:
            continue  # the movement tells, not the burden itself
        if word in _MOVES and _burdens(words, at):
            value = -value
        if value and any(before in _NEGATIONS for before in words[max(0, at - _NEGATION_REACH) : at]):
            value *= _TURNED
        if value:
            found.append(value)
    return sum(found) / (sum(abs(value) for value in found) + 1.0)


def _words(headline: str) -> list[str]:
    return _WORD.findall(_ROUTINE.sub(" ", headline.lower()))


def _burdens(words: list[str], at: int) -> list[int]:
    """Return the places of burdens near a word of movement: "debt falls", "cuts its debt"."""
    near = range(max(0, at - _BURDEN_REACH), min(len(words), at + _BURDEN_REACH + 1))
    return [place for place in near if words[place] in _BURDEN_WORDS]


#: What a headline announces, by the words of it; the first that fits counts.
_EVENTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(pattern, re.I))
    for kind, pattern in (
        ("fraud", r"\bfraud\b|\bscam\b|\bforensic audit\b"),
        ("default", r"\bdefault(s|ed)?\b|\binsolvency\b"),
        ("rating_downgrade", r"\brating\b.*\bdowngrad|\bdowngrad\w*\b.*\brating\b"),
        ("rating_upgrade", r"\brating\b.*\bupgrad|\bupgrad\w*\b.*\brating\b"),
        ("regulatory_relief", r"\b(clean chit|stays? (the )?order|relief from (sebi|rbi|court))\b"),
        (
            "regulatory_action",
            r"\b(sebi|rbi|ed|cbi|tax department|usfda|cci)\b.*\b(penalt|fine|ban|notice|raid|action|warn)",
        ),
        ("results_beat", r"\b(beats?|tops?|above)\b.*\b(estimate|expectation|forecast)"),
        ("results_miss", r"\b(miss(es|ed)?|below)\b.*\b(estimate|expectation|forecast)"),
        ("guidance_raised", r"\brais\w+\b.*\bguidance\b|\bguidance\b.*\brais\w+"),
        ("guidance_cut", r"\b(cut|lower|slash)\w*\b.*\bguidance\b|\bguidance\b.*\b(cut|lowered)\b"),
        ("order_loss", r"\border\b.*\bcancel|\bcancel\w*\b.*\b(order|contract)\b"),
        ("order_win", r"\b(bags?|wins?|won|secures?|receives?)\b.*\b(order|contract|project)s?\b"),
        ("management_exit", r"\b(ceo|cfo|md|managing director|auditor|chairman)\b.*\b(resign|quit|step)"),
        ("buyback", r"\bbuy-?back\b"),
        ("dilution", r"\b(qip|rights issue|preferential issue|share sale)\b"),
        ("dividend", r"\b(declares?|interim|final|special)\b.*\bdividend\b"),
        ("capacity_expansion", r"\b(new|expands?|commission\w*)\b.*\b(plant|capacity|facility|unit)\b"),
    )
)


def event_kind(headline: str) -> str | None:
    """Return the kind of `tables.EVENT_POINTS` that a headline announces; None for no known one, or a denied one."""
    for kind, pattern in _EVENTS:
        found = pattern.search(headline)
        if found:
            before = _words(headline[: found.start()])[-_NEGATION_REACH:]
            return None if any(word in _NEGATIONS for word in before) else kind
    return None
