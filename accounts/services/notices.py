"""Mails about the security of an account. They hold nothing secret and cannot be switched off."""

from accounts.models import User
from core import jobs

NOTICES: dict[str, tuple[str, str]] = {
    "password_changed": ("Your password was changed", "The password of your account was changed. All sessions ended."),
    "totp_on": ("Two-factor sign-in is on", "Signing in to your account now also asks for a code of your app."),
    "totp_off": ("Two-factor sign-in is off", "Signing in to your account no longer asks for a code of your app."),
    "recovery_code_used": ("A recovery code was used", "Somebody signed in to your account with a recovery code."),
    "agent_key_created": ("A trading agent key was made", "A trading agent got a new key; the former is dead."),
    "broker_credentials_stored": ("Broker credentials were stored", "API credentials of a broker were stored."),
}


def notice_send(*, user: User, kind: str) -> None:
    """Mail one of `NOTICES` to ``user`` once the transaction has committed."""
    assert kind in NOTICES, kind
    jobs.enqueue("accounts.mail_notice", user_id=user.pk, kind=kind)
