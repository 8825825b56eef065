"""What a process does before it takes requests, so that the first is not much slower than the next."""

import logging
from datetime import timedelta
from typing import Final

from backtest.models import Run
from backtest.services import engine
from backtest.services.documents import document, encoded, rows
from backtest.services.plans import Plan
from backtest.services.process import lay_compiler_aside, settled
from core import clock
from core.clock import IST
from core.errors import PlatformError
from engines.backtest.warm import warm as warm_simulator
from engines.strategy.templates import TEMPLATES
from engines.strategy.warming import warm_up as warm_language
from signals.services.strategies.language import read_body

log = logging.getLogger("platform.server")

UNIVERSE: Final = "nifty_100"
TEMPLATE: Final = "v3_dip_buyer"
#: Markets that people asked for last are made ready too.
RECENT: Final = 2


def warm() -> None:
    """Load compiled functions and the markets people ask for. A failure costs time later, nothing else."""
    try:
        warm_simulator()
        warm_language()
        lay_compiler_aside()
        for plan in _plans():
            _run(plan)
    except Exception:
        log.exception("backtests could not be warmed up")
    settled()


def _plans() -> list[Plan]:
    """Return the last runs, and on the list most people ask for the template they begin with if nobody ran on it."""
    today = clock.now().astimezone(IST).date()
    read = read_body(TEMPLATES[TEMPLATE].body)
    start = today - timedelta(days=6 * 365)
    usual = Plan(read.rules, read.canonical, read.hash, UNIVERSE, start, today)
    found: dict[str, Plan] = {}
    for request in Run.objects.order_by("-id").values_list("request", flat=True)[:20]:
        if len(found) < RECENT and request["universe"] not in found:
            found[request["universe"]] = Plan.restored(request)
    found.setdefault(UNIVERSE, usual)
    return list(found.values())


def _run(plan: Plan) -> None:
    try:
        encoded(rows(document(engine.outcome(plan, engine.prepare(plan, now=clock.now())))))
    except PlatformError as error:
        log.info("a market could not be warmed up", extra={"universe": plan.universe, "reason": error.detail})
