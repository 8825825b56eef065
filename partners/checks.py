"""What an operator is told at every start, of whatever role, while webhooks may go where nobody should reach."""

import logging
from functools import cache
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

log = logging.getLogger("platform.webhooks")

OPEN_NETS = "partners.W001"


@register(Tags.security)
def webhook_nets(**_: Any) -> list[CheckMessage]:
    """Warn while webhooks may reach private addresses; every management command says it, so the feed's too."""
    words = open_nets()
    hint = "Empty WEBHOOK_ALLOW_NETS. It is meant for tests."
    return [Warning(words, hint=hint, id=OPEN_NETS)] if words else []


def open_nets() -> str:
    """Return in words which private addresses webhooks may reach; empty where none."""
    if not settings.WEBHOOK_ALLOW_NETS:
        return ""
    nets = ", ".join(str(net) for net in settings.WEBHOOK_ALLOW_NETS)
    return f"Webhooks may reach PRIVATE addresses, over plain http:// too: WEBHOOK_ALLOW_NETS={nets}. For tests only."


@cache
def log_open_nets() -> None:
    """Log it, once a process: for roles that start without a management command. Silencing the check does not silence
    this.
    """
    if words := open_nets():
        log.warning(words)
