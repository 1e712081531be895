"""The demo city in the tests' database, filled once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import transaction
from django.test import override_settings
from tests.web.everywhere.objects import fill


@pytest.fixture(scope="package")
def filled(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Path]:
    """The home of the filled platform; each test undoes what it changes, the folder the rest."""
    home = tmp_path_factory.mktemp("home")
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": home / "files"},
    }
    changed = override_settings(
        HOME=home, FILES=home / "files", STORAGES={**configured.STORAGES, "default": files}
    )
    with django_db_blocker.unblock(), changed, transaction.atomic():
        fill(home)
        yield home
        transaction.set_rollback(True)
