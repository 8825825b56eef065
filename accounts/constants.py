"""Limits and names of the accounts package."""

from datetime import timedelta

CODE_LIFETIME = timedelta(minutes=10)
CODE_ATTEMPTS = 5
MAILS_PER_ADDRESS, MAILS_PER_CLIENT, MAIL_WINDOW_S = 5, 30, 3600
FAILURES_ALLOWED, FAILURE_WINDOW_S = 10, 15 * 60
REGISTRATIONS_PER_CLIENT, REGISTRATION_WINDOW_S = 300, 3600

TOKEN_LIFETIME = timedelta(days=7)
KITE_STATE_LIFETIME = timedelta(minutes=10)
REQUEST_TOKEN_LIFETIME = timedelta(minutes=5)
EXPORT_FRESH_FOR = timedelta(hours=24)
ENDED_SESSIONS_KEPT_FOR = timedelta(days=30)
LAST_USE_STEP_S = 60

RECOVERY_CODES = 10

#: What a person can be told of, and how. Security notices are always mailed and cannot be switched off.
NOTIFICATION_KINDS = ("signals", "orders", "risk", "imports", "digest")
NOTIFICATION_CHANNELS = ("email", "web")
NOTIFICATION_DEFAULTS = {
    "signals": {"email": False, "web": True},
    "orders": {"email": True, "web": True},
    "risk": {"email": True, "web": True},
    "imports": {"email": False, "web": True},
    "digest": {"email": False, "web": False},
}
