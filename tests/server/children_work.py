"""A night that takes its time, so that a test can end it in the middle."""

import time
from datetime import datetime
from typing import Any

from signals.services.iscore import nightly


def slow_night(*, now: datetime) -> None:
    keep = nightly._keep_and_tell

    def slowly(*given: Any) -> int:
        told = keep(*given)
        time.sleep(0.3)
        return told

    nightly.BATCH, nightly._keep_and_tell = 10, slowly
    nightly.run_once(now=now)
