"""Setting a new password by mail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.models import OneTimeCode
from accounts.pages.sign_in import EntryPage
from accounts.services.codes import code_by_link
from core import clock
from core.errors import PlatformError


class ForgotPage(EntryPage):
    """Ask for the mail, then enter its code and the new password."""

    template = "accounts/forgot.html"


@method_decorator(never_cache, name="dispatch")
class ResetPage(View):
    """What the mailed link opens: the form of the new password. GET consumes nothing."""

    def get(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get("token", "")[:200]
        try:
            row = code_by_link(purpose=OneTimeCode.Purpose.RESET, token=token, now=clock.now())
        except PlatformError as exc:
            return render(request, "accounts/reset.html", {"error": exc.detail}, status=exc.status)
        return render(request, "accounts/reset.html", {"token": token, "asked": row})
