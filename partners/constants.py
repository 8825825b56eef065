"""The numbers of the partner platform and the names it uses on the wire."""

from datetime import timedelta
from typing import Final

from django.db.models import TextChoices


class Environment(TextChoices):
    """``test`` is always on the simulated market and shares nothing with ``live`` but the partner."""

    LIVE = "live"
    TEST = "test"


class Plan(TextChoices):
    """What a partner has agreed to."""

    DEFAULT = "default"
    PRO = "pro"
    ELITE = "elite"


class Engine(TextChoices):
    """What can be subscribed to."""

    FNO = "fno"
    ISCORE = "iscore"


class Channel(TextChoices):
    """How an alert is told."""

    WEBHOOK = "webhook"
    EMAIL = "email"


class RetryPolicy(TextChoices):
    """``standard``: one more attempt, as promised to every partner. ``extended``: on for a day and a half."""

    STANDARD = "standard"
    EXTENDED = "extended"


#: Accepted requests a minute and key, by plan (partner contract, 2026-05-01).
REQUESTS_PER_MINUTE: Final[dict[str, int]] = {Plan.DEFAULT: 60, Plan.PRO: 300, Plan.ELITE: 1200}
WINDOW_S: Final = 60.0

INDICES: Final = ("NIFTY", "BANKNIFTY", "FINNIFTY", "SENSEX")
#: From which value on a subscription speaks, if it does not say so itself.
DEFAULT_MIN_CONFIDENCE: Final[dict[str, int]] = {Engine.FNO: 75, Engine.ISCORE: 60}
DEFAULT_DELTA_THRESHOLD: Final = 5

BATCH_MAX: Final = 25
HOLDINGS_MAX: Final = 50
TRADES_MAX: Final = 100
IDEMPOTENCY_TTL: Final = timedelta(hours=24)

SECRET_OVERLAP: Final = timedelta(hours=24)
DEADLINE_S: Final = 5.0
#: Bytes of an answer that are read, and kept to be shown.
ANSWER_READ_BYTES: Final = 64 * 1024
ANSWER_KEPT_BYTES: Final = 2 * 1024
#: Waits before the second and each further attempt; each is varied by a fifth either way.
RETRY_WAITS: Final[dict[str, tuple[timedelta, ...]]] = {
    RetryPolicy.STANDARD: (timedelta(seconds=30),),
    RetryPolicy.EXTENDED: (
        timedelta(seconds=30),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=24),
    ),
}
RETRY_JITTER: Final = 0.2
RETRY_AFTER_MAX: Final = timedelta(seconds=120)
#: An endpoint from which nothing but failures came for so long is paused.
PAUSE_AFTER: Final = timedelta(days=5)
KEPT: Final = timedelta(days=30)

#: Characters of a partner's or a firm's name.
NAME_LENGTH: Final = 80
SYMBOL_LENGTH: Final = 40
