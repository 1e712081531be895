"""Every route, by part; each view declares its rule (``taji.web.access``)."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import include, path

from taji.web import home
from taji.web.access import everyone, signed_in
from taji.web.people import views as people

handler403 = "taji.web.failures.forbidden"
handler404 = "taji.web.failures.missing"
handler500 = "taji.web.failures.failed"

accounts = [
    path("login/", everyone(account.login), name="account_login"),
    path("logout/", everyone(account.logout), name="account_logout"),
    path("inactive/", everyone(account.account_inactive), name="account_inactive"),
    path("reauthenticate/", signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("password/", signed_in(people.password), name="account_change_password"),
    path("start/<slug:token>/", people.start, name="account_start"),
    path("2fa/", signed_in(mfa.index), name="mfa_index"),
    path("2fa/authenticate/", everyone(mfa.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/totp/", signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/totp/off/", signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/codes/", signed_in(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "2fa/codes/new/",
        signed_in(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/codes/file/",
        signed_in(recovery.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("health/", home.health, name="health"),
    path("accounts/", include(accounts)),
    path("", include("taji.web.answering.urls")),
    path("register/", include("taji.web.register.urls")),
    path("rounds/", include("taji.web.rounds.urls")),
    path("visits/", include("taji.web.fieldwork.urls")),
    path("portraits/", include("taji.web.publishing.urls")),
    path("", include("taji.web.planning.urls")),
    path("audit/", include("taji.web.audit.urls")),
    path("office/", include("taji.web.office.urls")),
    path("public/", include("taji.web.publishing.public_urls")),
    path("api/v1/", include("taji.web.api.urls")),
]
