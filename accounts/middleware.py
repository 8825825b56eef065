"""When a session was last used."""

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

from accounts.services.client import client_of
from accounts.services.sessions import session_used
from accounts.session_store import stored_key
from core import clock


class LastUse:
    """Note the use of a browser's session. Looks only at sessions the view has read, so it costs no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.session.session_key
        if key and request.session.accessed and SESSION_KEY in request.session:
            session_used(key_hash=stored_key(key), ip=client_of(request).ip, now=clock.now())
        return response
