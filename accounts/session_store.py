"""Django's database sessions with one difference: the table holds digests, not the values of cookies.

Whoever reads a copy of the database cannot sign in with what he finds. The engine of ``settings.SESSION_ENGINE``.
"""

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from accounts.hashing import digest


def stored_key(session_key: str) -> str:
    """Return the primary key of the row of the session whose cookie has this value."""
    return digest("session", session_key)[:40]


class SessionStore(db.SessionStore):
    """Sessions whose cookie cannot be read from the database."""

    def _get_session_from_db(self) -> Any:
        row = self._live(self._session_key or "").first()
        if row is None:
            self._session_key = None
        return row

    async def _aget_session_from_db(self) -> Any:
        row = await self._live(self._session_key or "").afirst()
        if row is None:
            self._session_key = None
        return row

    def _live(self, session_key: str) -> Any:
        return self.model.objects.filter(session_key=stored_key(session_key), expire_date__gt=timezone.now())

    def exists(self, session_key: str) -> bool:
        return super().exists(stored_key(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await super().aexists(stored_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row = super().create_model_instance(data)
        row.session_key = stored_key(row.session_key)
        return row

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        row = await super().acreate_model_instance(data)
        row.session_key = stored_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            self.model.objects.filter(session_key=stored_key(key)).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            await self.model.objects.filter(session_key=stored_key(key)).adelete()
