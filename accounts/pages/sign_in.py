"""The sign-in page and the way out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from accounts.services.sign_in import password_sign_in, sign_out
from core import clock
from core.errors import PlatformError
from core.ratelimit import shared_limiter


class SignInPage(View):
    """E-mail and password. Cross-site posts are refused by the middleware."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(_target(request))
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        email, password = request.POST.get("email", ""), request.POST.get("password", "")
        try:
            password_sign_in(
                request=request, email=email, password=password, limiter=shared_limiter(), now=clock.now()
            )
        except PlatformError as exc:
            return self._page(request, status=exc.status, email=email, error=exc.detail)
        return redirect(_target(request))

    def _page(self, request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
        return render(request, "accounts/login.html", context | {"next": _target(request)}, status=status)


class SignOutPage(View):
    """Ends the session; a POST, so that no link can do it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        sign_out(request=request)
        return redirect("login")


def _target(request: HttpRequest) -> str:
    """Return where to go after signing in: an address of ours, never another site's."""
    url = request.POST.get("next") or request.GET.get("next") or "/"
    return url if url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}) else "/"
