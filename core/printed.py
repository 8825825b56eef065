"""Numbers as people read them, on pages, in mails and in news. More for pages: `market.pages.figures`."""

from decimal import ROUND_HALF_UP, Decimal

MINUS = "\u2212"


def grouped(value: float, decimals: int) -> str:
    """Return digits in lakh and crore groups: ``12,34,567.50``. Halves round away from zero."""
    quantum = Decimal(1).scaleb(-decimals)
    number = Decimal(repr(value)).quantize(quantum, rounding=ROUND_HALF_UP)
    sign = MINUS if number < 0 else ""
    whole, _, fraction = f"{abs(number):f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return sign + ",".join([*groups, tail]) + (f".{fraction}" if fraction else "")


def direction(value: float | None) -> str:
    """Return which way a change points."""
    if not value:
        return "flat"
    return "up" if value > 0 else "down"


def signed(value: float, decimals: int) -> str:
    """Return the number with its sign; what prints as zero has none."""
    text = grouped(abs(value), decimals)
    sign = {"up": "+", "down": MINUS, "flat": ""}[direction(value)]
    return sign + text if text.strip("0.") else text
