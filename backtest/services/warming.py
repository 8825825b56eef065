"""What a process does before it takes requests, so that the first is not much slower than the next."""

import logging

from backtest.services.process import settle, settled
from core import clock
from core.errors import PlatformError
from engines.backtest.warm import warm as warm_simulator
from engines.strategy.templates import TEMPLATES
from engines.strategy.warming import warm_up as warm_language
from signals.services.compiled import prepared
from signals.services.language import read_body
from signals.services.market_data import whole_panel

log = logging.getLogger("platform.server")

UNIVERSE = "nifty_100"
TEMPLATE = "v3_dip_buyer"


def warm() -> None:
    """Load compiled functions, and the panel most people ask for. A failure costs time later, nothing else."""
    settle()
    try:
        warm_simulator()
        warm_language()
        now = clock.now()
        last = whole_panel(UNIVERSE, now).dates[-1].item()
        rules = read_body(TEMPLATES[TEMPLATE].body).rules
        prepared(rules=rules, parameters={}, universe=UNIVERSE, start=last, end=last, now=now)
    except PlatformError as error:
        log.info("no panel to warm up with", extra={"reason": error.detail})
    except Exception:
        log.exception("backtests could not be warmed up")
    settled()
