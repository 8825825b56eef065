"""Refusals of this package that clients tell apart by code."""

from enum import StrEnum

from core.errors import Conflict, Forbidden, Unauthenticated


class AccountCode(StrEnum):
    """Codes beside those of `core.errors`."""

    TOTP_REQUIRED = "TOTP_REQUIRED"
    BROKER_NOT_CONFIGURED = "BROKER_NOT_CONFIGURED"
    EXPORT_REQUIRED = "EXPORT_REQUIRED"


class TotpRequired(Unauthenticated):
    """The first factor was right; the code of the authenticator app is missing."""

    code = AccountCode.TOTP_REQUIRED  # type: ignore[assignment]


class AdminTotpRequired(Forbidden):
    """An administrator must have signed in with a second factor."""

    code = AccountCode.TOTP_REQUIRED  # type: ignore[assignment]


class BrokerNotConfigured(Conflict):
    """The user has stored no credentials for this broker."""

    code = AccountCode.BROKER_NOT_CONFIGURED  # type: ignore[assignment]


class ExportRequired(Conflict):
    """Data must be downloaded before the account goes."""

    code = AccountCode.EXPORT_REQUIRED  # type: ignore[assignment]
