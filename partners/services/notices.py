"""Mails to a partner's contact about its own connection."""

from django.conf import settings

from accounts.services.mail import send
from partners.models import Partner


def paused_mail(*, partner_id: int, environment: str, reason: str) -> bool:
    """Tell the contact that events are kept and no longer sent; False where there is no contact."""
    partner = Partner.objects.filter(pk=partner_id).first()
    if partner is None or not partner.contact_email:
        return False
    body = (
        f"{reason}\n\nNothing more is sent to the {environment} webhook of {partner.name} until it is resumed. "
        "No event is lost: they are kept for 30 days and are sent, in order, as soon as you resume.\n\n"
        f"Resume it in the console: {settings.PUBLIC_URL}/partner/\n"
    )
    send(to=partner.contact_email, subject=f"Webhook paused ({environment})", body=body)
    return True
