"""Grants: the one mechanism by which somebody sees another's data."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.access import access_user_data, scope_of, visible_owners
from accounts.lifecycle import GrantEvent, GrantState
from accounts.models import Grant, Scope, Source, User
from accounts.services.grants import grant_apply, grant_give, grants_end
from core import clock
from core.errors import Conflict, InvalidRequest, NotFound

pytestmark = pytest.mark.django_db
NOW = clock.now()


def give(grantor: User, grantee: User, scope: str = Scope.TOTALS, **more: Any) -> Grant:
    return grant_give(grantor=grantor, grantee=grantee, scope=scope, now=NOW, **({"source": Source.FAMILY} | more))


def test_oneself_and_strangers(user: User, other_user: User) -> None:
    assert access_user_data(user, user, Scope.FULL) == user
    for scope in Scope.values:
        with pytest.raises(NotFound):
            access_user_data(other_user, user, scope)
    with pytest.raises(NotFound):
        access_user_data(other_user, 10**9, Scope.TOTALS)


def test_a_grant_counts_once_accepted_and_up_to_its_scope(user: User, other_user: User) -> None:
    grant = give(user, other_user, Scope.ALLOCATION)
    assert scope_of(other_user, user) is None
    with pytest.raises(NotFound):
        grant_apply(grant_id=grant.pk, event=GrantEvent.ACCEPT, actor=user, now=NOW)
    grant_apply(grant_id=grant.pk, event=GrantEvent.ACCEPT, actor=other_user, now=NOW)
    assert access_user_data(other_user, user.pk, Scope.TOTALS) == user
    assert access_user_data(other_user, user, Scope.ALLOCATION) == user
    with pytest.raises(NotFound):
        access_user_data(other_user, user, Scope.FULL)
    with pytest.raises(NotFound):
        access_user_data(user, other_user, Scope.TOTALS)
    assert set(visible_owners(other_user, Scope.TOTALS)) == {user, other_user}
    assert set(visible_owners(other_user, Scope.FULL)) == {other_user}


def test_time_deactivation_and_revocation_end_it(user: User, other_user: User) -> None:
    end = NOW + timedelta(hours=1)
    grant = give(user, other_user, Scope.FULL, source=Source.SUPPORT, valid_to=end, accepted=True)
    assert scope_of(other_user, user, now=NOW) == Scope.FULL
    assert scope_of(other_user, user, now=end) is None
    assert scope_of(other_user, user, now=NOW - timedelta(seconds=1)) is None
    User.objects.filter(pk=other_user.pk).update(is_active=False)
    assert scope_of(other_user, user, now=NOW) is None
    User.objects.update(is_active=True)
    grant_apply(grant_id=grant.pk, event=GrantEvent.REVOKE, actor=user, now=NOW)
    assert scope_of(other_user, user, now=NOW) is None
    with pytest.raises(Conflict):
        grant_apply(grant_id=grant.pk, event=GrantEvent.ACCEPT, actor=other_user, now=NOW)


def test_the_widest_of_several_counts_and_a_new_one_replaces_its_source(user: User, other_user: User) -> None:
    give(user, other_user, Scope.FULL, reference="group:1", accepted=True)
    give(user, other_user, Scope.TOTALS, reference="group:2", accepted=True)
    assert scope_of(other_user, user) == Scope.FULL
    give(user, other_user, Scope.ALLOCATION, reference="group:1", accepted=True)
    assert scope_of(other_user, user) == Scope.ALLOCATION
    assert grants_end(user=user, now=NOW) == 2
    assert scope_of(other_user, user) is None
    assert Grant.objects.filter(state=GrantState.REVOKED).count() == 3


def test_what_may_not_be_given(user: User, other_user: User) -> None:
    with pytest.raises(InvalidRequest):
        give(user, user)
    with pytest.raises(InvalidRequest):
        give(user, other_user, source=Source.ADMIN)


def test_an_administrator_sees_nothing_without_a_grant(user: User, other_user: User) -> None:
    User.objects.filter(pk=other_user.pk).update(is_staff=True, is_superuser=True)
    with pytest.raises(NotFound):
        access_user_data(User.objects.get(pk=other_user.pk), user, Scope.TOTALS)
