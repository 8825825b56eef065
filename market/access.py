"""The only door to somebody's rows of the market package."""

from accounts.models import User
from core.errors import NotFound
from market.models import Watchlist


def access_watchlist(user: User, watchlist_id: int) -> Watchlist:
    """Return a watchlist of ``user``; anybody else's is reported as absent."""
    watchlist = Watchlist.objects.filter(pk=watchlist_id, owner=user).first()
    if watchlist is None:
        raise NotFound("No such watchlist.")
    return watchlist
