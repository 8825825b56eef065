"""The rows of the accounts package."""

from accounts.models.brokers import Broker, BrokerCredential, BrokerLogin, BrokerSession
from accounts.models.grants import Grant, Scope, Source
from accounts.models.preferences import NotificationPreference
from accounts.models.sign_in import AgentKey, OneTimeCode, RecoveryCode, TotpDevice, UserSession
from accounts.models.user import User, UserManager

__all__ = [
    "AgentKey",
    "Broker",
    "BrokerCredential",
    "BrokerLogin",
    "BrokerSession",
    "Grant",
    "NotificationPreference",
    "OneTimeCode",
    "RecoveryCode",
    "Scope",
    "Source",
    "TotpDevice",
    "User",
    "UserManager",
    "UserSession",
]
