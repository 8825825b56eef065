"""The page that a mailed sign-in link opens: a button, so that programs which follow links sign nobody in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.models import OneTimeCode
from accounts.services.codes import code_by_link
from accounts.services.errors import TotpRequired
from accounts.services.sign_in import link_sign_in
from core import clock
from core.errors import PlatformError
from core.ratelimit import shared_limiter


@method_decorator(never_cache, name="dispatch")
class VerifyPage(View):
    """GET shows where the link was asked for and a button, and consumes nothing. POST signs in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get("token", "")[:200]
        try:
            row = code_by_link(purpose=OneTimeCode.Purpose.SIGN_IN, token=token, now=clock.now())
        except PlatformError as exc:
            return self._page(request, status=exc.status, error=exc.detail)
        return self._page(request, token=token, asked=row)

    def post(self, request: HttpRequest) -> HttpResponse:
        token, otp = request.POST.get("token", "")[:200], request.POST.get("totp", "")[:40]
        now = clock.now()
        try:
            user = link_sign_in(request=request, token=token, otp=otp, limiter=shared_limiter(), now=now)
        except PlatformError as exc:
            needs_totp = isinstance(exc, TotpRequired) or bool(otp)
            again = token if needs_totp else ""
            return self._page(request, status=exc.status, error=exc.detail, token=again, needs_totp=needs_totp)
        # The first proof of an address ends what was set up before it: the owner is led to what he may set now.
        first = user.email_verified_at == now
        return redirect(f"{reverse('settings')}?welcome=1" if first else "/")

    def _page(self, request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
        return render(request, "accounts/verify.html", context, status=status)
