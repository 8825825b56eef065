"""The sign-in page and the way out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from accounts.services.errors import TotpRequired
from accounts.services.sign_in import password_sign_in, sign_out
from core import clock
from core.errors import PlatformError
from core.ratelimit import shared_limiter


class SignInPage(View):
    """E-mail and password, and ``otp`` for those with a second factor. The middleware refuses cross-site posts."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(next_target(request))
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        posted = {name: request.POST.get(name, "")[:1024] for name in ("email", "password", "otp")}
        try:
            password_sign_in(request=request, limiter=shared_limiter(), now=clock.now(), **posted)
        except PlatformError as exc:
            needs_otp = isinstance(exc, TotpRequired) or bool(posted["otp"])
            context = {"email": posted["email"], "error": exc.detail, "needs_otp": needs_otp}
            return self._page(request, status=exc.status, **context)
        return redirect(next_target(request))

    def _page(self, request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
        return render(request, "accounts/login.html", context | {"next": next_target(request)}, status=status)


class SignOutPage(View):
    """Ends the session; a POST, so that no link can do it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        sign_out(request=request, now=clock.now())
        return redirect("login")


def next_target(request: HttpRequest) -> str:
    """Return where to go after signing in: an address of ours, never another site's."""
    url = request.POST.get("next") or request.GET.get("next") or "/"
    return url if url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}) else "/"
