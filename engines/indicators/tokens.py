"""Reading indicator tokens: a name from the registry and its numbers, ``sma20``, ``macd12_26_9``, ``bb20_2.5``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from engines.indicators.registry import INDICATORS, Indicator, Param

MAX_TOKEN_LENGTH: Final = 40
_NUMBERS: Final = re.compile(r"\d+(?:\.\d+)?(?:_\d+(?:\.\d+)?)*", re.ASCII)
_NAME: Final = re.compile(r"[a-z_]+", re.ASCII)


class InvalidIndicator(ValueError):
    """A token or parameter that names no indicator; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class IndicatorCall:
    """An indicator with all its numbers. Equal calls mean equal values."""

    name: str
    params: tuple[tuple[str, float], ...]

    @property
    def indicator(self) -> Indicator:
        """Return the registry's entry."""
        return INDICATORS[self.name]

    @property
    def numbers(self) -> dict[str, float]:
        """Return the parameters by name."""
        return dict(self.params)

    @property
    def token(self) -> str:
        """Return the canonical token, all numbers spelled out: ``supertrend10_3``, ``macd12_26_9``."""
        return self.name + "_".join(f"{value:g}" for _, value in self.params)


def parse_token(token: str) -> IndicatorCall:
    """Read a token in any case; absent numbers take their defaults. Raises `InvalidIndicator`."""
    if not isinstance(token, str):
        raise InvalidIndicator(f"an indicator is named by text such as sma20, was {type(token).__name__}")
    text = token.strip().lower()
    if not text or len(text) > MAX_TOKEN_LENGTH:
        shown = repr(token[:20])
        raise InvalidIndicator(f"an indicator token has 1 to {MAX_TOKEN_LENGTH} characters, {shown} has {len(text)}")
    names = [name for name in INDICATORS if text.startswith(name) and _is_numbers(text[len(name) :])]
    if not names:
        raise InvalidIndicator(f"unknown indicator {token!r}{_hint(text)}")
    name = max(names, key=len)
    rest = text[len(name) :]
    values = [float(number) for number in rest.split("_")] if rest else []
    specification = INDICATORS[name].params
    if len(values) > len(specification):
        takes = ", ".join(param.name for param in specification) or "no numbers"
        raise InvalidIndicator(f"{token!r} has {len(values)} numbers, {name} takes {takes}")
    given = {param.name: value for param, value in zip(specification, values, strict=False)}
    return indicator_call(name, given)


def indicator_call(name: str, params: Mapping[str, float]) -> IndicatorCall:
    """Return a call of a named indicator, its parameters checked and completed. Raises `InvalidIndicator`."""
    indicator = INDICATORS.get(name)
    if indicator is None:
        raise InvalidIndicator(f"unknown indicator {name!r}{_hint(name)}")
    known = [param.name for param in indicator.params]
    for given in params:
        if given not in known:
            raise InvalidIndicator(f"{name} has no parameter {given!r}; it has {', '.join(known) or 'none'}")
    numbers = tuple((p.name, _checked(name, p, params.get(p.name, p.default))) for p in indicator.params)
    values = dict(numbers)
    if "fast" in values and values["fast"] >= values["slow"]:
        raise InvalidIndicator(f"{name}: fast ({values['fast']:g}) must be less than slow ({values['slow']:g})")
    return IndicatorCall(name, numbers)


def _checked(name: str, param: Param, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidIndicator(f"{name}: {param.name} must be a number, was {value!r}")
    if not param.least <= value <= param.most:
        bounds = f"between {param.least:g} and {param.most:g}"
        raise InvalidIndicator(f"{name}: {param.name} must lie {bounds}, was {value:g}")
    if param.whole and value != int(value):
        raise InvalidIndicator(f"{name}: {param.name} must be a whole number, was {value:g}")
    return float(value)


def _is_numbers(rest: str) -> bool:
    return not rest or _NUMBERS.fullmatch(rest) is not None


def _hint(text: str) -> str:
    stem = _NAME.match(text)
    close = get_close_matches(stem.group() if stem else text, INDICATORS, n=3)
    return f"; did you mean {', '.join(close)}?" if close else f"; known: {', '.join(INDICATORS)}"
