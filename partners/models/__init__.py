"""Rows of the partner platform."""

from partners.models.deliveries import Attempt, Delivery
from partners.models.endpoints import Endpoint
from partners.models.keys import ApiKey
from partners.models.notices import Notice
from partners.models.partners import Member, Partner
from partners.models.requests import IdempotentAnswer, Usage
from partners.models.sandbox import SandboxScan, SandboxSignal
from partners.models.subscriptions import Subscription

__all__ = [
    "ApiKey", "Attempt", "Delivery", "Endpoint", "IdempotentAnswer", "Member", "Notice", "Partner",
    "SandboxScan", "SandboxSignal", "Subscription", "Usage",
]  # fmt: skip
