"""What a process does before it takes requests for patterns."""

import logging
from datetime import datetime

from core.errors import PlatformError
from engines.patterns.warming import warm as warm_engine
from signals.services.market_data import complete_at_hand
from signals.services.patterns.scanning import DEFAULT_UNIVERSE, is_searched, standing
from signals.services.patterns.similar import prepare

log = logging.getLogger("platform.patterns")


def warm(*, now: datetime) -> None:
    """Load compiled functions, and the usual universe if its present prices were searched. Never raises.

    At a start nothing is searched here: that is the worker's, and the first reader's if he is sooner.
    """
    try:
        warm_engine()
        panel = complete_at_hand(DEFAULT_UNIVERSE, now)
        if panel is not None and is_searched(DEFAULT_UNIVERSE, panel):
            prepare(standing(now=now))
    except PlatformError as error:
        log.info("patterns could not be warmed up", extra={"reason": error.detail})
    except Exception:
        log.exception("patterns could not be warmed up")
