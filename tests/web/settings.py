"""Settings of the tests: a home of their own, quick hashing, files as they lie."""

import os
import tempfile

os.environ.setdefault("TAJI_HOME", tempfile.mkdtemp(prefix="taji-tests-"))
if not os.environ["TAJI_HOME"].endswith(os.environ.get("PYTEST_XDIST_WORKER", "")):
    # A worker hears of the home of whoever started it: its files go to a folder of its own.
    os.environ["TAJI_HOME"] += "/" + os.environ["PYTEST_XDIST_WORKER"]
if "TAJI_TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TAJI_TEST_DATABASE_URL"]

from taji.web.settings import *  # noqa: F403
from taji.web.settings import STORAGES as _STORAGES

ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **_STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
AXES_ENABLED = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
(HOME / "static").mkdir(exist_ok=True)  # noqa: F405
if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    # A file, so that the threads of a live server have connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": HOME / "tests.sqlite3"}  # noqa: F405
