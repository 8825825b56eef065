"""Reading strategies."""

from django.db.models import Q, QuerySet

from accounts.models import User
from signals.models import Strategy, StrategyVersion


def strategies_of(
    user: User,
    *,
    is_active: bool | None = None,
    is_template: bool | None = None,
    is_public: bool | None = None,
    q: str = "",
) -> QuerySet[Strategy]:
    """Return a list: templates with ``is_template``, what anybody shares with ``is_public``, else one's own."""
    if is_template:
        found = Strategy.objects.filter(is_template=True).order_by("id")
    elif is_public:
        found = Strategy.objects.filter(is_public=True, is_template=False)
    else:
        found = Strategy.objects.filter(owner=user)
        if is_public is not None:
            found = found.filter(is_public=is_public)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    if q:
        found = found.filter(Q(name__icontains=q) | Q(description__icontains=q) | Q(base_model__icontains=q))
    return found.select_related("current", "owner", "forked_from")


def versions_of(strategy: Strategy) -> QuerySet[StrategyVersion]:
    """Return the versions, newest first."""
    return strategy.versions.order_by("-number")


def version_of(strategy: Strategy, number: int) -> StrategyVersion | None:
    """Return one version by its number, or None."""
    return strategy.versions.filter(number=number).first()
