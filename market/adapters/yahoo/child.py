"""The child process that speaks to Yahoo: JSON lines in, JSON lines out. Ends when its standard input does.

In:  ``{"id": 7, "path": "/v8/finance/chart/RELIANCE.NS", "params": {...}, "timeout_s": 8}``
Out: ``{"id": 7, "body": ...}`` or ``{"id": 7, "error": "UpstreamTimeout", "detail": "...", "retry_after_s": 0}``;
before the first answer, once, ``{"ready": true}``.
"""

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from typing import TextIO

from market.adapters.yahoo.session import Failure, Session, YfinanceSession


def serve(session: Session, lines: Iterable[str], out: TextIO) -> None:
    """Answer every request of ``lines`` on ``out``, in order."""
    for line in lines:
        request = json.loads(line)
        answer: dict[str, object] = {"id": request["id"]}
        try:
            answer["body"] = session.fetch(request["path"], request["params"], timeout_s=request["timeout_s"])
        except Failure as error:
            answer |= {"error": error.kind, "detail": error.detail, "retry_after_s": error.retry_after_s}
        _send(out, answer)


def _send(out: TextIO, value: object) -> None:
    out.write(json.dumps(value, separators=(",", ":")) + "\n")
    out.flush()


def main() -> None:
    # What yfinance prints must not end up between the answers.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        with tempfile.TemporaryDirectory(prefix="yahoo-") as cache, contextlib.suppress(KeyboardInterrupt):
            session = YfinanceSession(api_root=sys.argv[1] if len(sys.argv) > 1 else "", cache_dir=cache)
            _send(out, {"ready": True})
            serve(session, sys.stdin, out)


if __name__ == "__main__":
    main()
