"""Redis as the broker, when it goes away."""

import pytest
from kombu import Connection
from kombu.transport.redis import Transport
from redis.exceptions import ConnectionError

from tradeplatform import broker

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def mended(monkeypatch):
    """As it is where Redis is the broker; the embedded server does without."""
    monkeypatch.setattr(Transport, "Channel", Transport.Channel)
    broker.mend()


def test_every_channel_is_ours():
    assert Connection(NOBODY).transport.Channel is broker.PromptChannel


def test_a_channel_whose_connection_is_closed_says_so_in_words_that_celery_expects():
    """Celery lives on after errors of a connection, and ends with any other."""
    connection = Connection(NOBODY)
    channel = object.__new__(broker.PromptChannel)
    channel.connection = None
    with pytest.raises(ConnectionError, match="was closed") as caught:
        channel._connparams()
    assert isinstance(caught.value, connection.connection_errors)
