"""Settings of the platform, all of them from the environment; none needs to be set.

``TAJI_HOME`` is the folder that holds everything a bureau must keep: database, secret, uploads,
portraits. ``DATABASE_URL`` moves the database to PostgreSQL. What else can be set stands in
``docs/bureau/deploy``.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from taji.web.database import database
from taji.web.secret import secret_key

HOME = Path(os.environ.get("TAJI_HOME", "taji-data")).resolve()
HOME.mkdir(parents=True, exist_ok=True)
FILES = HOME / "files"

SECRET_KEY = secret_key(HOME)
DEBUG = False
#: The address that invitations carry, and that people come by.
PUBLIC_URL = os.environ.get("TAJI_URL", "http://localhost:8000").rstrip("/")
#: Names that the server answers to: its own, this machine's, and what the bureau adds.
ALLOWED_HOSTS = [
    *("localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname or "localhost"),
    *filter(None, os.environ.get("TAJI_HOSTS", "").split(",")),
]
#: Behind a proxy that speaks TLS: cookies are secure, HSTS is sent, plain requests are redirected.
HTTPS = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
#: Proxies of the bureau in front of the server: how much of ``X-Forwarded-For`` is believed.
TRUSTED_PROXIES = int(os.environ.get("TAJI_PROXIES", "1" if HTTPS else "0"))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "taji.web",
    "taji.web.people",
    "taji.web.register",
    "taji.web.rounds",
    "taji.web.answering",
    "taji.web.fieldwork",
    "taji.web.publishing",
    "taji.web.planning",
    "taji.web.audit",
    "taji.web.office",
    "taji.web.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "taji.web.middleware.language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "taji.web.middleware.PrivateByDefault",
    "taji.web.access.Gate",
    "taji.web.middleware.SaidErrors",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "taji.web.urls"
FORM_RENDERER = "taji.web.forms.OurForms"
WSGI_APPLICATION = "taji.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "taji.web.context.page",
            ],
            "builtins": ["taji.web.templatetags.saying", "django.templatetags.static"],
        },
    }
]

DATABASES = {"default": database(os.environ.get("DATABASE_URL"), HOME)}
#: Only failed attempts are counted here, so that every process counts the same ones.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "office_counter",
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "taji.web.people.adapter.ClosedDoor"
ACCOUNT_FORMS = {
    "login": "taji.web.people.forms.SignIn",
    "change_password": "taji.web.people.forms.ChangePassword",  # a class, no password  # nosec B105
    "reauthenticate": "taji.web.people.forms.ByPassword",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "taji.web.people.adapter.Codes"
MFA_FORMS = {
    "authenticate": "taji.web.people.forms.SecondFactor",
    "reauthenticate": "taji.web.people.forms.ByCode",
    "activate_totp": "taji.web.people.forms.Activate",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Taji"
MFA_TOTP_TOLERANCE = 1

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # [hours]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "taji.web.people.whence.account_name"
AXES_CLIENT_IP_CALLABLE = "taji.web.people.whence.address"
AXES_DISABLE_ACCESS_LOG = True  # who signed in stands in our own log

SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "taji.web.failures.forged"
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "taji_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("TAJI_TIME_ZONE", "Asia/Shanghai")

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": FILES, "file_permissions_mode": 0o600},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
#: What a bureau's own packs are called by, ``id@version``, is looked up here.
PACKS = FILES / "packs"
os.environ["TAJI_PACKS"] = str(PACKS)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
#: Largest file that any page takes. [bytes]
UPLOAD_LIMIT = int(os.environ.get("TAJI_UPLOAD_LIMIT", 64 * 1024 * 1024))

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

#: Under which licence published figures may be used again.
DATA_LICENCE = os.environ.get("TAJI_DATA_LICENCE", "CC BY 4.0")

EMAIL_HOST = os.environ.get("TAJI_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("TAJI_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("TAJI_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("TAJI_SMTP_PASSWORD", "")
EMAIL_USE_TLS = EMAIL_PORT == 587
EMAIL_USE_SSL = EMAIL_PORT == 465
DEFAULT_FROM_EMAIL = os.environ.get("TAJI_MAIL_FROM", "taji@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("TAJI_LOG", "WARNING")},
}
