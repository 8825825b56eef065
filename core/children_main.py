"""A child of `core.children`: reads what to do, does it, says what came of it and ends. The first line is the work."""

import contextlib
import json
import os
import signal
import sys
import threading
from datetime import datetime
from typing import Any, Final

#: Behind everybody who waits for an answer, and still ahead of nothing at all.
NICE: Final = 10


def main() -> None:
    """Do the work that the parent sends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches the whole group; there is nothing to tidy up
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever prints does not print between parent and child
    line = b""
    while not line.endswith(b"\n"):
        if not (some := os.read(0, 1 << 16)):
            return
        line += some
    threading.Thread(target=_end_with_the_parent, name="parent", daemon=True).start()
    order = json.loads(line)
    if not order["is_awaited"]:
        step_back()
    os.write(answers, json.dumps(_answer(order)).encode() + b"\n")


def step_back() -> None:
    """Leave the processor to others, whatever priority the parent had."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    with contextlib.suppress(OSError):
        os.nice(NICE)


def _end_with_the_parent() -> None:
    """Wait for the end of what the parent writes, which is the parent's own end, and follow it at once."""
    while os.read(0, 1 << 10):
        pass
    os._exit(1)


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeplatform.settings")
    django.setup()
    from core import clock, request_id
    from core.children import function_of
    from core.redaction import redact_text

    clock.start_at(datetime.fromisoformat(order["clock"]))
    with request_id.bound(request_id.accept(order["request_id"])):
        try:
            work = function_of(order["work"])
            return {"result": work(now=datetime.fromisoformat(order["now"]), **order["arguments"])}
        except Exception as error:
            import logging

            logging.getLogger("platform.children").exception("a child's work failed")
            return {"error": redact_text(f"{type(error).__name__}: {error}")}


if __name__ == "__main__":
    main()
    sys.stdout.flush()
