"""What the partner pages of the admin share."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from accounts.services.client import client_of
from core import clock
from core.errors import PlatformError


class PageAdmin(ModelAdmin):
    """An admin of pages of its own instead of generated forms."""

    def page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        """Return a page in the frame of the admin."""
        common = {**self.admin_site.each_context(request), "opts": self.model._meta, "title": title}
        return TemplateResponse(request, template, common | context)

    def tell_errors(self, request: HttpRequest, form: forms.Form) -> None:
        """Say what is wrong with a form above the page, with the names of its fields."""
        for name, errors in form.errors.items():
            is_seen = name in form.fields and not form[name].is_hidden
            words = " ".join(errors)
            self.message_user(request, f"{form[name].label}: {words}" if is_seen else words, messages.ERROR)


def who(request: HttpRequest) -> dict[str, Any]:
    """Return actor, address and time, as services take them."""
    return {"actor": request.user, "ip": client_of(request).ip, "now": clock.now()}


def refuse(form: forms.Form, exc: PlatformError) -> None:
    """Put what a service said at the field it names, without the name; above the form if it names none."""
    name, _, words = exc.detail.partition(": ")
    if name in form.fields:
        form.add_error(name, words[:1].upper() + words[1:])
    else:
        form.add_error(None, exc.detail)
