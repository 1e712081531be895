"""What keeps strangers out: headers, cookies, secrets, sizes, and what is installed."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from taji.web.secret import secret_key

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ("requirements.lock", "requirements-dev.lock")
ITS_OWN = pytest.mark.skipif(
    "TAJI_TEST_DATABASE_URL" in os.environ, reason="brings its own database"
)

ASK = """
import json, sys
import django
django.setup()
from django.test import Client
from django.conf import settings
over_tls = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_HOST": "taji.example.org"}
plain = Client().get("/accounts/inactive/", HTTP_HOST="taji.example.org")
page = Client().get("/accounts/login/?lang=en", **over_tls)
print(json.dumps({
    "plain": [plain.status_code, plain.headers.get("Location")],
    "headers": dict(page.headers),
    "cookies": {name: dict(one) for name, one in page.cookies.items()},
    "session": [settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,
                settings.SESSION_COOKIE_SAMESITE],
    "proxies": settings.TRUSTED_PROXIES,
    "debug": settings.DEBUG,
}))
"""


def _environment(home: Path) -> dict[str, str]:
    """Of a platform of its own, on SQLite."""
    own = {
        "TAJI_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "taji.web.settings",
        "PYTHONPATH": str(ROOT / "src"),
    }
    return {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | own


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform that was installed."""
    made = tmp_path_factory.mktemp("home")
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run(
            [sys.executable, "-m", "django", *command],
            env=_environment(made),
            check=True,
            capture_output=True,
        )
    return made


def asked(home: Path, url: str) -> dict[str, object]:
    """What a platform with this public address answers."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={
            **_environment(home),
            "TAJI_URL": url,
            "TAJI_HOSTS": "taji.example.org,localhost",
        },
        check=True,
        capture_output=True,
        text=True,
    )
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


@ITS_OWN
def test_behind_tls_everything_is_secure(home):
    told = asked(home, "https://taji.example.org")

    headers = told["headers"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert told["plain"] == [301, "https://taji.example.org/accounts/inactive/"]
    assert told["session"] == [True, True, "Lax"]
    assert all(cookie["secure"] for cookie in told["cookies"].values())
    assert {"csrftoken", "taji_language"} <= set(told["cookies"])
    assert (told["proxies"], told["debug"]) == (1, False)


@ITS_OWN
def test_without_tls_nothing_pretends(home):
    told = asked(home, "http://localhost:8000")

    assert "Strict-Transport-Security" not in told["headers"]
    assert told["proxies"] == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "status"),
    [("/", 200), ("/accounts/login/", 200), ("/nowhere/", 404), ("/office/people/", 302)],
)
def test_every_response_carries_the_headers(url, status):
    response = Client().get(url)

    policy = response.headers["Content-Security-Policy"]
    assert response.status_code == status
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    kept = "public" if url == "/" else "no-store"  # what everybody sees may be kept a while
    assert kept in response.headers["Cache-Control"]


def test_a_form_from_elsewhere_changes_nothing(city):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(
        city.users["administrator"], backend="allauth.account.auth_backends.AuthenticationBackend"
    )

    response = browser.post(f"/office/people/{city.users['firm'].pk}/switch/")

    city.users["firm"].refresh_from_db()
    assert response.status_code == 403
    assert city.users["firm"].is_active


def test_the_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("TAJI_SECRET_KEY", raising=False)

    made = secret_key(tmp_path)

    assert secret_key(tmp_path) == made
    assert len(made) >= 64
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_an_upload_beyond_its_limit_is_refused_in_words(city, signed_in):
    upload = SimpleUploadedFile("model.yaml", b"#" * (4 * 2**20 + 1))

    response = signed_in("administrator").post("/office/packs/", {"file": upload})

    assert response.status_code == 422
    assert "超过 4 MB" in response.content.decode()


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_installed_is_pinned_by_digest_and_names_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.findall(r"^([A-Za-z0-9][^\s\\]*)(.*?)(?=^[A-Za-z0-9]|\Z)", text, re.M | re.S)

    assert len(entries) > 30
    for name, rest in entries:
        assert "==" in name, name
        assert "--hash=sha256:" in rest, name
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
