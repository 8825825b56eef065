"""Redis as Celery's broker, when Redis goes away: what kombu 5.7 does not do.

*A worker lives on.* A worker that has unacknowledged messages gives them back as it closes the broken connection, fails
at that and ends; likewise when a task ends later and is acknowledged on that connection. What was not acknowledged
comes back by itself: Redis holds it until the visibility time-out.
"""

import logging
from typing import Any

from kombu.transport.redis import Channel, QoS
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError
from redis.retry import Retry

log = logging.getLogger("platform.jobs")


class LenientQoS(QoS):
    """Messages under way on a connection that may be broken."""

    def restore_unacked(self, client: Any = None) -> None:
        """Give back what was not acknowledged; if Redis is away, leave that to the visibility time-out."""
        try:
            super().restore_unacked(client)
        except Exception as exc:
            log.warning("job.not_given_back", extra={"count": len(self._delivered), "error": type(exc).__name__})
            self._delivered.clear()


class PromptChannel(Channel):
    """A channel that tries a connection once; kombu's own patience stands in the settings."""

    QoS = LenientQoS

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:  # a task ended whose connection is gone
            raise ConnectionError("The connection to the broker was closed.")
        return {**super()._connparams(asynchronous=asynchronous), "retry": Retry(NoBackoff(), 0)}


def mend() -> None:
    """Have every connection to Redis as a broker made this way."""
    from kombu.transport.redis import Transport

    Transport.Channel = PromptChannel
