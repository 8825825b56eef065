"""What the children of the tests do."""

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any


def say(*, now: datetime, **given: Any) -> dict[str, Any]:
    print("a word on the standard output does no harm")
    policy = os.sched_getscheduler(0)
    return {"pid": os.getpid(), "now": now.isoformat(), "given": given, "nice": os.nice(0), "policy": policy}


def sleep(*, now: datetime, path: str = "") -> int:
    if path:
        Path(path).write_text(str(os.getpid()))
    time.sleep(60)
    return 0


def nap(*, now: datetime) -> int:
    time.sleep(0.5)
    return os.getpid()


def fail(*, now: datetime) -> None:
    raise ValueError("password=hunter22 is wrong")


def die(*, now: datetime) -> None:
    os._exit(9)
