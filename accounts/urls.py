from django.urls import path

from accounts.api.session import LogoutApi, MeApi, PasswordLoginApi
from accounts.pages.sign_in import SignInPage, SignOutPage

urlpatterns = [
    path("login/", SignInPage.as_view(), name="login"),
    path("logout/", SignOutPage.as_view(), name="logout"),
    path("api/auth/password-login", PasswordLoginApi.as_view()),
    path("api/auth/logout", LogoutApi.as_view()),
    path("api/auth/me", MeApi.as_view()),
]
