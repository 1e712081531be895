"""Settings of the tests: a home of their own, quick hashing, files as they lie."""

import os
import tempfile

os.environ.setdefault("TAJI_HOME", tempfile.mkdtemp(prefix="taji-tests-"))
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
(HOME / "static").mkdir(exist_ok=True)  # noqa: F405
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, not memory: the threads of a live server each have a connection of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}  # noqa: F405
