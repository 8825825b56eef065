"""Partners in the admin: provisioned in one form, watched and changed on one page, each delivery on one of its own.

Rows are never edited as such: every button calls a service, which writes actor and reason into the audit record. A new
key or secret is shown on the page that answers the form, and nowhere else.
"""

from partners.admin.deliveries import DeliveryAdmin
from partners.admin.pages import PartnerAdmin
from partners.admin.subscriptions import SubscriptionAdmin

__all__ = ["DeliveryAdmin", "PartnerAdmin", "SubscriptionAdmin"]
