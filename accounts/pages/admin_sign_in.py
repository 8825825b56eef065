"""The way into the admin: the platform's own sign-in, with its throttle and second factor; there is no other."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View

from accounts.pages.sign_in import next_target


class AdminSignIn(View):
    """Send whoever is not signed in to the sign-in page; whoever is, and was sent here, may not enter."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            raise PermissionDenied
        target = next_target(request)
        query = urlencode({"next": target if target.startswith("/admin/") else reverse("admin:index")})
        return redirect(f"{reverse('login')}?{query}")
