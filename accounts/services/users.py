"""Making users and changing what they are."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts.constants import REGISTRATION_WINDOW_S, REGISTRATIONS_PER_CLIENT
from accounts.models import User, UserManager
from accounts.services.agent_keys import agent_key_revoke
from accounts.services.client import Client, client_of
from accounts.services.passwords import password_require_good
from accounts.services.sessions import SignInFacts, sessions_end
from accounts.services.tokens import token_issue
from core import audit, clock, events
from core.errors import Conflict, InvalidRequest, NotFound, RateLimited, ValidationFailed
from core.ratelimit import Decision, Limiter


@transaction.atomic
def user_ensure(*, email: str, password: str, is_admin: bool = False, name: str = "") -> tuple[User, bool]:
    """Return the user of ``email`` with this password and role, and whether it is new. Safe to repeat.

    For the operator, who vouches for the address.
    """
    address = UserManager.normalize_email(email)
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidRequest(f"'{email}' is not an e-mail address.") from None
    if len(password) < 8:
        raise InvalidRequest("The password must have at least 8 characters.")
    now = clock.now()
    user, created = User.objects.get_or_create(email=address, defaults={"name": name})
    if created or not user.check_password(password):
        user.set_password(password)
        sessions_end(user=user, now=now)
    if is_admin:
        user.is_staff = user.is_superuser = True
    user.is_active = True
    user.email_verified_at = user.email_verified_at or now
    user.save()
    audit.record(actor="system", action="account.ensured", object=user, user_id=user.pk, at=now)
    return user, created


def registration_throttle(*, client: Client, limiter: Limiter, now: datetime) -> Decision:
    """Return where this client stands with the accounts it made; counts nothing."""
    return limiter.peek(
        f"register:{client.throttle_key}", limit=REGISTRATIONS_PER_CLIENT, window_s=REGISTRATION_WINDOW_S, now=now
    )


def user_register(
    *, request: HttpRequest, email: str, password: str, name: str, limiter: Limiter, now: datetime
) -> tuple[User, str]:
    """Make an account whose address is not proved yet, and a JSON Web Token for it.

    Raises ValidationFailed for a weak password or an address that has an account, RateLimited.
    """
    client = client_of(request)
    decision = limiter.hit(
        f"register:{client.throttle_key}", limit=REGISTRATIONS_PER_CLIENT, window_s=REGISTRATION_WINDOW_S, now=now
    )
    if not decision.allowed:
        error = RateLimited("Too many accounts were made from here.", retry_after_s=decision.retry_after_s)
        error.headers |= decision.headers()
        raise error
    address = UserManager.normalize_email(email)
    password_require_good(password, user=User(email=address, name=name))
    taken = ValidationFailed(
        errors=[{"loc": ["email"], "msg": "There is an account with this address.", "type": "unique"}]
    )
    if User.objects.filter(email=address).exists():
        raise taken
    try:
        with transaction.atomic():
            user = User.objects.create_user(address, password, name=name.strip())
            audit.record(actor=user, action="account.created", ip=client.ip, at=now, data={"by": "registration"})
            events.record("account.created", payload={"user_id": user.pk}, aggregate=user)
            token = token_issue(user=user, facts=SignInFacts("register", False), client=client, now=now)
    except IntegrityError:
        raise taken from None
    return user, token


def user_rename(*, user: User, name: str, ip: str, now: datetime) -> User:
    """Set the display name."""
    user.name = name.strip()
    user.save(update_fields=["name"])
    audit.record(actor=user, action="profile.changed", ip=ip, at=now)
    return user


@transaction.atomic
def user_set_state(
    *, user_id: int, actor: User, is_active: bool | None, is_admin: bool | None, ip: str, now: datetime
) -> User:
    """Let an administrator activate, deactivate, promote or demote a user. None leaves a thing as it is.

    Whoever is deactivated loses sessions, tokens and keys. Nobody takes these rights from himself, so that one
    administrator remains.
    """
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound("No such user.")
    if user.pk == actor.pk and (is_active is False or is_admin is False):
        raise Conflict("Administrators cannot deactivate or demote themselves.")
    if is_admin is not None and is_admin != user.is_staff:
        user.is_staff = user.is_superuser = is_admin
        _tell(user, actor, "user.promoted" if is_admin else "user.demoted", ip, now)
    if is_active is not None and is_active != user.is_active:
        user.is_active = is_active
        if not is_active:
            user.token_version += 1
            sessions_end(user=user, now=now)
            agent_key_revoke(user=user, actor=actor, ip=ip, now=now)
        _tell(user, actor, "account.activated" if is_active else "account.deactivated", ip, now)
    user.save(update_fields=["is_active", "is_staff", "is_superuser", "token_version"])
    return user


def _tell(user: User, actor: User, action: str, ip: str, now: datetime) -> None:
    audit.record(actor=actor, action=action, object=user, user_id=user.pk, ip=ip, at=now)
    events.record(action, payload={"user_id": user.pk}, aggregate=user)


@transaction.atomic
def user_end_sessions(*, user_id: int, actor: User, ip: str, now: datetime) -> int:
    """Let an administrator end all sessions and tokens of a user; return how many."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound("No such user.")
    ended = sessions_end(user=user, now=now)
    audit.record(
        actor=actor, action="sessions.ended", object=user, user_id=user.pk, ip=ip, at=now, data={"count": ended}
    )
    return ended
