"""What the engines' events are for partners: rows of the outbox, made in the consumer's transaction."""

from core import clock, events
from core.models import Event
from partners.services.firing import fno_fire, iscore_fire
from signals.constants import EVENT_ISCORE_CHANGED
from signals.services.fno.emission import EVENT_TRIGGERED

NSE = "NSE:"


def on_fno_triggered(event: Event) -> None:
    """Tell of a signal."""
    fno_fire(event.payload, now=clock.now())


def on_iscore_changed(event: Event) -> None:
    """Tell of a score, under the bare symbol that this surface uses."""
    symbol = event.payload["symbol"]
    if symbol.startswith(NSE):
        iscore_fire({**event.payload, "symbol": symbol.removeprefix(NSE)}, now=clock.now())


events.register_consumer("partners.fno", {EVENT_TRIGGERED}, on_fno_triggered)
events.register_consumer("partners.iscore", {EVENT_ISCORE_CHANGED}, on_iscore_changed)
