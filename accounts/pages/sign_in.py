"""The sign-in pages and the way out."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.services.errors import TotpRequired
from accounts.services.sign_in import password_sign_in, sign_out
from core import clock
from core.errors import PlatformError
from core.ratelimit import shared_limiter

#: What the page says after something that ends on it, by the value of ``?done=``.
DONE = {
    "reset": "Your new password is set, and all sessions ended. Sign in with it.",
    "deleted": "Your account and everything it owned are deleted.",
    "out": "You are signed out.",
}


@method_decorator(never_cache, name="dispatch")
class EntryPage(View):
    """Base of the pages for those who are not signed in; who is goes where he wanted to."""

    template: str

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(next_target(request))
        return self.page(request)

    def page(self, request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
        """Return the page. Its links keep where the person wanted to go."""
        target = next_target(request)
        shared = {
            "next": target,
            "query": "" if target == "/" else f"?{urlencode({'next': target})}",
            "email": request.GET.get("email", "")[:254],
            "dev_mail": settings.DEV_MAIL,
        }
        return render(request, self.template, shared | context, status=status)


class SignInPage(EntryPage):
    """E-mail and password, and ``otp`` for those with a second factor. The middleware refuses cross-site posts.

    The script of the page calls the API; the POST is for browsers without scripts.
    """

    template = "accounts/login.html"

    def page(self, request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
        done = DONE.get(request.GET.get("done", ""), "")
        return super().page(request, status=status, done=done, tabs=sign_in_tabs(request, "login"), **context)

    def post(self, request: HttpRequest) -> HttpResponse:
        posted = {name: request.POST.get(name, "")[:1024] for name in ("email", "password", "otp")}
        try:
            password_sign_in(request=request, limiter=shared_limiter(), now=clock.now(), **posted)
        except PlatformError as exc:
            needs_otp = isinstance(exc, TotpRequired) or bool(posted["otp"])
            context = {"email": posted["email"], "error": exc.detail, "needs_otp": needs_otp}
            return self.page(request, status=exc.status, **context)
        return redirect(next_target(request))


class MailSignInPage(EntryPage):
    """Have a link and a code mailed, and enter the code."""

    template = "accounts/login_mail.html"

    def page(self, request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
        return super().page(request, status=status, tabs=sign_in_tabs(request, "login-mail"), **context)


class RegisterPage(EntryPage):
    """Make an account, then prove the address with the mailed code."""

    template = "accounts/register.html"


class SignOutPage(View):
    """Ends the session; a POST, so that no link can do it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        sign_out(request=request, now=clock.now())
        return redirect(f"{reverse('login')}?done=out")


def sign_in_tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """Return the ways in; each is an address of its own and keeps ``next``."""
    target = next_target(request)
    query = "" if target == "/" else f"?{urlencode({'next': target})}"
    ways = (("login", "Password"), ("login-mail", "Link or code by mail"))
    return [{"label": label, "url": reverse(name) + query, "current": name == current} for name, label in ways]


def next_target(request: HttpRequest) -> str:
    """Return where to go after signing in: an address of ours, never another site's."""
    url = request.POST.get("next") or request.GET.get("next") or "/"
    return url if url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}) else "/"
