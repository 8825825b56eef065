"""Scores of a large universe worked out outside a process that serves, and brought back as what a cache keeps."""

import base64
import pickle
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from core import children
from core.errors import DataUnavailable
from market.services import sandbox

WORK: Final = f"{__name__}:packed"
#: Up to so many symbols the tables of a scoring are a few MiB, and starting a child would take longer than the scoring.
HERE: Final = 200
ASK_AGAIN_S: Final = 60


class NotReady(DataUnavailable):
    """Scores that could be worked out are not there yet, or their working out failed: no word about what is known.

    Apart from other DataUnavailable, which says that there are no prices to score. Asking again is safe.
    """

    def __init__(self) -> None:
        super().__init__("The scores are not ready yet. Ask again in a minute.")
        self.headers["Retry-After"] = str(ASK_AGAIN_S)


def packed(*, session: str, extras: Sequence[str], now: datetime, simulated: bool = False) -> str:
    """Score the reference universe and return the result as text; ``simulated``: in the sandbox. For a child."""
    from signals.services.iscore.scoring import scored

    with sandbox.simulated_only(simulated):
        found = scored(now=now, session=date.fromisoformat(session), extras=extras)
    return base64.b64encode(zlib.compress(pickle.dumps(found))).decode()


def fetched(*, session: date, extras: Sequence[str], now: datetime) -> Any:
    """Return the `Scored` of the reference universe from a child. Raises NotReady when it brings none."""
    asked = {"session": session.isoformat(), "extras": list(extras), "simulated": sandbox.active()}
    try:
        text = children.run(WORK, asked, now=now, is_awaited=True)
    except children.ChildFailed:
        raise NotReady from None
    return pickle.loads(zlib.decompress(base64.b64decode(text)))  # noqa: S301 - our own child wrote it
