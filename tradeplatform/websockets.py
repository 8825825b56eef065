"""The WebSocket protocol of our uvicorn: the server's own, and a shorter way for finished frames.

Half of what a tick message cost was its way through the server: a task's turn, an ASGI event, a frame object. An
application that has the bytes of a whole frame may hand them over in its own turn instead, through the ASGI extension
`market.stream.client.DIRECT`. Everything else (handshake, pings, limits, closing, back-pressure) is the server's.
"""

import asyncio
from typing import TYPE_CHECKING

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from market.stream.client import DIRECT

if TYPE_CHECKING:
    from websockets.http11 import Request
    from websockets.server import ServerProtocol


class DirectWriter:
    """Implements `market.stream.client.Direct`. Small, because it is read for every message of every connection.

    A data frame written past ``ServerProtocol`` leaves its state as it is: without extensions it keeps nothing of one.
    """

    __slots__ = ("_connection", "_transport", "full")

    def __init__(self, connection: "ServerProtocol", transport: asyncio.Transport) -> None:
        self._connection, self._transport = connection, transport
        self.full = False

    def write(self, frame: bytes) -> bool:
        """Hand ``frame`` to the transport if the protocol's ``send`` would do so now; tell whether it did."""
        if self.full or self._connection.state is not State.OPEN or self._transport.is_closing():
            return False
        self._transport.write(frame)
        return True


class DirectWebSocketProtocol(WebSocketsSansIOProtocol):
    """What uvicorn is told to use by ``--ws``."""

    direct: DirectWriter | None = None

    def handle_connect(self, event: "Request") -> None:
        """Offer the extension; the application's task starts in a later turn, so it finds it in its scope."""
        super().handle_connect(event)
        if self.conn.handshake_exc is None and not self.conn.extensions:
            self.direct = DirectWriter(self.conn, self.transport)
            self.scope["extensions"][DIRECT] = self.direct  # type: ignore[index, typeddict-unknown-key]

    def pause_writing(self) -> None:
        """Called by the transport when its buffer is full."""
        super().pause_writing()
        if self.direct is not None:
            self.direct.full = True

    def resume_writing(self) -> None:
        """Called by the transport when its buffer has room again."""
        super().resume_writing()
        if self.direct is not None:
            self.direct.full = False
