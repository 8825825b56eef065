"""Companies in headlines: which ones are meant."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from signals.adapters.base import Company

#: Words of registered names that headlines leave out.
_LEGAL: Final = frozenset({"ltd", "limited", "co", "company", "corp", "corporation", "inc", "the", "of", "and"})
#: Names that are everyday words: the whole registered name must stand there.
_COMMON: Final = frozenset(
    {"trent", "titan", "eternal", "hal", "bel", "gail", "dlf", "lt", "idea", "coal", "india", "bank", "power", "life",
     "page", "just", "star", "info", "adani", "tata", "bajaj", "hdfc", "icici", "sbi", "reliance", "max", "united"}
)  # fmt: skip
_WORD: Final = re.compile(r"[a-z0-9&]+")
_LEAST_SYMBOL: Final = 4


def words(text: str) -> list[str]:
    """Return the lower-case words of a text; possessives lose their ending."""
    return _WORD.findall(re.sub(r"['’]s\b", "", text.lower()))


def spoken_name(name: str) -> tuple[str, ...]:
    """Return the words by which a company is called: its registered name without its legal form.

    What would leave a single everyday word keeps one more: Titan Company, not Titan.
    """
    every = [word for word in words(re.sub(r"\(.*?\)", " ", name)) if word != "the"]
    kept = list(every)
    while kept and kept[-1] in _LEGAL:
        kept.pop()
    if len(kept) == 1 and kept[0] in _COMMON:
        kept = every[:2]
    return tuple(kept)


class Matcher:
    """Finds companies in headlines by name, by the first two words if no other begins so, and by unusual symbols."""

    def __init__(self, companies: Iterable[Company]) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        listed = list(companies)
        beginnings = Counter(spoken_name(company.name)[:2] for company in listed)
        for company in listed:
            for phrase in self._of(company, beginnings):
                self._phrases.setdefault(phrase[0], []).append((phrase, company.symbol))

    @staticmethod
    def _of(company: Company, beginnings: Counter[tuple[str, ...]]) -> set[tuple[str, ...]]:
        name = spoken_name(company.name)
        bare = company.symbol.rpartition(":")[2].lower()
        found = {name}
        if len(name) > 2 and beginnings[name[:2]] == 1 and name[1] not in _LEGAL:
            found.add(name[:2])
        if len(bare) >= _LEAST_SYMBOL and bare.isalnum():
            found.add((bare,))
        return {phrase for phrase in found if phrase and (len(phrase) > 1 or phrase[0] not in _COMMON)}

    def find(self, headline: str) -> Mapping[str, float]:
        """Return the symbols meant and the relevance of each: 1 over the number of companies named.

        A longer name wins over a shorter one in the same place ("HDFC Life" is not "HDFC").
        """
        text = words(headline)
        found: set[str] = set()
        at = 0
        while at < len(text):
            fitting = [
                (len(phrase), symbol)
                for phrase, symbol in self._phrases.get(text[at], ())
                if tuple(text[at : at + len(phrase)]) == phrase
            ]
            longest = max((size for size, _ in fitting), default=0)
            found |= {symbol for size, symbol in fitting if size == longest}
            at += max(1, longest)
        return {symbol: 1.0 / len(found) for symbol in sorted(found)}


def matched(headline: str, matcher: Matcher, limit: int = 4) -> Sequence[tuple[str, float]]:
    """Return (symbol, relevance) of a headline; one that names more than ``limit`` companies is about none of them."""
    found = matcher.find(headline)
    return [] if len(found) > limit else list(found.items())
