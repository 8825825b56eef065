"""What a process does before it takes requests for patterns."""

import logging
from datetime import datetime

from core.errors import PlatformError
from engines.patterns.warming import warm as warm_engine
from signals.models import PatternScan
from signals.services.patterns.scanning import DEFAULT_UNIVERSE, standing
from signals.services.patterns.similar import prepare

log = logging.getLogger("platform.patterns")


def warm(*, now: datetime) -> None:
    """Load compiled functions, and the usual universe if it was ever searched. Never raises.

    On a fresh start nothing is searched here: that is the worker's, and the first reader's if he is sooner.
    """
    try:
        warm_engine()
        if PatternScan.objects.filter(universe=DEFAULT_UNIVERSE).exists():
            prepare(standing(now=now))
    except PlatformError as error:
        log.info("patterns could not be warmed up", extra={"reason": error.detail})
    except Exception:
        log.exception("patterns could not be warmed up")
