"""Django's signals of signing in and out, so that every session has its row, however it began."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.services.sessions import session_record, sessions_end
from accounts.session_store import stored_key
from core import clock


@receiver(user_logged_in, dispatch_uid="accounts.session_record")
def record_session(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Write the row of the session that began."""
    session_record(request=request, user=user, now=clock.now())


@receiver(user_logged_out, dispatch_uid="accounts.session_end")
def end_session(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Close the row of the session that ends."""
    key = request.session.session_key
    if user is not None and key:
        sessions_end(user=user, now=clock.now(), only=[stored_key(key)])
