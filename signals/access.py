"""The only door to somebody's strategies.

One's own may be changed. A template or a public strategy may be seen, run and forked, not changed. Everything else is
reported as absent.
"""

from django.db.models import Q, QuerySet

from accounts.models import User
from core.errors import Forbidden, NotFound
from signals.models import Strategy

MAX_ID = 2**63 - 1


def visible_strategies(user: User) -> QuerySet[Strategy]:
    """Return what ``user`` may see: his own, templates, and what others share."""
    return Strategy.objects.filter(Q(owner=user) | Q(is_template=True) | Q(is_public=True))


def access_strategy(user: User, key: int | str) -> Strategy:
    """Return a strategy the user may see, by number or by a template's name. Raises NotFound."""
    found = visible_strategies(user).select_related("current", "owner", "forked_from")
    text = str(key)
    if text.isdecimal() and text.isascii():
        number = int(text) if len(text) < 20 else MAX_ID + 1
        strategy = found.filter(pk=number).first() if number <= MAX_ID else None
    else:
        strategy = found.filter(slug=text.lower()).first() if "\x00" not in text else None
    if strategy is None:
        raise NotFound("No such strategy.")
    return strategy


def own_strategy(user: User, key: int | str) -> Strategy:
    """Return a strategy the user may change. Raises NotFound, or Forbidden for one he only sees."""
    strategy = access_strategy(user, key)
    if strategy.owner_id != user.pk:
        what = "A template" if strategy.is_template else "Somebody else's strategy"
        raise Forbidden(f"{what} cannot be changed; fork it and change your copy.")
    return strategy
