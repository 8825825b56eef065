"""Making users."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import User, UserManager
from core.errors import InvalidRequest


@transaction.atomic
def user_ensure(*, email: str, password: str, is_admin: bool = False, name: str = "") -> tuple[User, bool]:
    """Return the user of ``email`` with this password and role, and whether it is new. Safe to repeat."""
    address = UserManager.normalize_email(email)
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidRequest(f"'{email}' is not an e-mail address.") from None
    if len(password) < 8:
        raise InvalidRequest("The password must have at least 8 characters.")
    user, created = User.objects.get_or_create(email=address, defaults={"name": name})
    if created or not user.check_password(password):
        user.set_password(password)
    if is_admin:
        user.is_staff = user.is_superuser = True
    user.is_active = True
    user.save()
    return user, created
