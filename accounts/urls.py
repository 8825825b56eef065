from django.urls import path

from accounts.api import schemes  # noqa: F401 - makes the credentials known to the OpenAPI document
from accounts.api.account import AccountApi, DeletionCodeApi, ExportApi
from accounts.api.admin import AdminAuditApi, AdminUserApi, AdminUserKeyApi, AdminUsersApi, AdminUserSessionsApi
from accounts.api.agent import AgentKeyApi, PendingTokenApi
from accounts.api.brokers import IciciCredentialsApi, KiteCallbackApi, KiteCredentialsApi, KiteLoginApi
from accounts.api.passwords import PasswordApi, PasswordResetApi, PasswordResetConfirmApi
from accounts.api.profile import ActivityApi, NotificationsApi, ProfileApi
from accounts.api.session import BrokerStatusApi, MeApi
from accounts.api.sessions import SessionApi, SessionsApi
from accounts.api.sign_in import LogoutApi, MagicLinkApi, PasswordLoginApi, VerifyLinkApi
from accounts.api.tokens import LoginApi, RegisterApi
from accounts.api.totp import TotpApi, TotpConfirmApi, TotpDisableApi
from accounts.pages.admin_sign_in import AdminSignIn
from accounts.pages.dev_mail import DevMailPage
from accounts.pages.reset import ForgotPage, ResetPage
from accounts.pages.settings import (
    AgentPage,
    AppearancePage,
    BrokersPage,
    DataPage,
    NotificationsPage,
    ProfilePage,
    SecurityPage,
)
from accounts.pages.sign_in import MailSignInPage, RegisterPage, SignInPage, SignOutPage
from accounts.pages.verify import VerifyPage

urlpatterns = [
    path("login/", SignInPage.as_view(), name="login"),
    path("login/mail", MailSignInPage.as_view(), name="login-mail"),
    path("login/verify", VerifyPage.as_view(), name="login-verify"),
    path("login/forgot", ForgotPage.as_view(), name="login-forgot"),
    path("login/reset", ResetPage.as_view(), name="login-reset"),
    path("register/", RegisterPage.as_view(), name="register"),
    path("logout/", SignOutPage.as_view(), name="logout"),
    path("settings/", ProfilePage.as_view(), name="settings"),
    path("settings/security/", SecurityPage.as_view(), name="settings-security"),
    path("settings/brokers/", BrokersPage.as_view(), name="settings-brokers"),
    path("settings/agent/", AgentPage.as_view(), name="settings-agent"),
    path("settings/notifications/", NotificationsPage.as_view(), name="settings-notifications"),
    path("settings/appearance/", AppearancePage.as_view(), name="settings-appearance"),
    path("settings/data/", DataPage.as_view(), name="settings-data"),
    path("settings/delete", DataPage.as_view(), name="settings-delete"),
    path("dev/mail/", DevMailPage.as_view(), name="dev-mail"),
    path("admin/login/", AdminSignIn.as_view()),
    path("api/auth/magic-link", MagicLinkApi.as_view()),
    path("api/auth/verify-link", VerifyLinkApi.as_view()),
    path("api/auth/password-login", PasswordLoginApi.as_view()),
    path("api/auth/register", RegisterApi.as_view()),
    path("api/auth/login", LoginApi.as_view()),
    path("api/auth/logout", LogoutApi.as_view()),
    path("api/auth/me", MeApi.as_view()),
    path("api/auth/status", BrokerStatusApi.as_view()),
    path("api/auth/profile", ProfileApi.as_view()),
    path("api/auth/sessions", SessionsApi.as_view()),
    path("api/auth/sessions/<int:session_id>", SessionApi.as_view()),
    path("api/auth/password", PasswordApi.as_view()),
    path("api/auth/password-reset", PasswordResetApi.as_view()),
    path("api/auth/password-reset/confirm", PasswordResetConfirmApi.as_view()),
    path("api/auth/totp", TotpApi.as_view()),
    path("api/auth/totp/confirm", TotpConfirmApi.as_view()),
    path("api/auth/totp/disable", TotpDisableApi.as_view()),
    path("api/auth/kite-credentials", KiteCredentialsApi.as_view()),
    path("api/auth/icici-credentials", IciciCredentialsApi.as_view()),
    path("api/auth/kite/login", KiteLoginApi.as_view(), name="kite-login"),
    path("api/auth/kite/callback", KiteCallbackApi.as_view()),
    path("api/auth/notifications", NotificationsApi.as_view()),
    path("api/auth/activity", ActivityApi.as_view()),
    path("api/auth/export", ExportApi.as_view()),
    path("api/auth/account", AccountApi.as_view()),
    path("api/auth/account/deletion-code", DeletionCodeApi.as_view()),
    path("api/auth/admin/users", AdminUsersApi.as_view()),
    path("api/auth/admin/users/<int:user_id>", AdminUserApi.as_view()),
    path("api/auth/admin/users/<int:user_id>/sessions", AdminUserSessionsApi.as_view()),
    path("api/auth/admin/users/<int:user_id>/agent-key", AdminUserKeyApi.as_view()),
    path("api/auth/admin/audit", AdminAuditApi.as_view()),
    path("api/agent/key", AgentKeyApi.as_view()),
    path("api/agent/pending-token", PendingTokenApi.as_view()),
]
