"""What processes remember of the market and of what was worked out from it, for tests to take away."""

from core import versions
from market.services import panels
from signals.services import market_data
from signals.services.iscore import scoring
from signals.services.patterns import reading, scanning, similar, top
from signals.services.strategies import compiled

REMEMBERING = (panels, market_data, compiled, scoring, scanning, reading, similar, top)


def forget() -> None:
    """Leave this process as one that has answered nothing yet."""
    for service in REMEMBERING:
        service.forget()  # type: ignore[attr-defined]
    versions.expire()
