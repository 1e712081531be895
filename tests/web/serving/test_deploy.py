"""What the manual says of deploying is whole and works."""

from __future__ import annotations

import http.client
import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.web.serving.running import ROOT, Platform, free_port, until

DEPLOY = ROOT / "docs" / "bureau" / "deploy"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
VARIABLE = re.compile(r'"(TAJI_[A-Z_]+|DATABASE_URL)"')


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_variable_that_the_program_reads_is_in_the_table_and_no_other(language):
    page = (DEPLOY.parent / f"deploy.{language}.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    sources = (ROOT / "src").rglob("*.py")
    read = {name for path in sources for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}

    assert told == read


def test_the_unit_starts_the_command_and_lets_it_stop_cleanly():
    unit = (DEPLOY / "taji.service").read_text()

    assert re.search(r"^ExecStart=\S+/taji serve ", unit, re.M)
    assert "KillMode=mixed" in unit


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """The platform behind the manual's nginx, with a certificate of its own; plain and TLS ports."""
    plain, secure = free_port(), free_port()
    url = f"https://localhost:{secure}"
    platform = Platform(tmp_path / "home", options=("--lang", "en"), more={"TAJI_URL": url})
    _certificate(tmp_path)
    site = _site(platform.port, plain, secure, tmp_path)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; worker_processes 1;\n"
        f"events {{}}\nhttp {{ access_log off;\n{_folders(tmp_path)}\n{site}\n}}\n"
    )
    run = [str(NGINX), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    checked = subprocess.run([*run, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
    platform.start()
    server = subprocess.Popen([*run, "-g", "daemon off;"])
    until(lambda: _open(plain), "nginx listens")
    yield plain, secure
    server.send_signal(signal.SIGTERM)
    server.wait(60)
    assert platform.stop() == 0


def _site(port: int, plain: int, secure: int, folder: Path) -> str:
    """The manual's site on these ports and without IPv6, which not every machine has."""
    site = (DEPLOY / "nginx.conf").read_text()
    site = re.sub(r"^ *listen \[::\].*\n", "", site, flags=re.M)
    for told, here in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{secure} "),
        ("taji.example.gov.cn", "localhost"),
        ("/etc/ssl/taji/", f"{folder}/"),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{port}"),
    ):
        assert told in site
        site = site.replace(told, here)
    return site


def _folders(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def _certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "fullchain.pem")),
        ],
        check=True,
        capture_output=True,
    )


def _open(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_the_platform_works_behind_the_nginx_of_the_manual(proxied, tmp_path):
    plain, secure = proxied
    trusted = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
    line = http.client.HTTPSConnection("localhost", secure, timeout=60, context=trusted)

    line.request("GET", "/accounts/login/")
    page = line.getresponse()
    form = page.read().decode()
    cookie = page.headers["Set-Cookie"]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    assert page.status == 200
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    assert "Secure" in cookie

    line.request(
        "POST",
        "/accounts/login/",
        urlencode({"csrfmiddlewaretoken": token, "login": "nobody", "password": "wrong"}),
        {
            "Cookie": cookie.split(";")[0],
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"https://localhost:{secure}",
            "Referer": f"https://localhost:{secure}/accounts/login/",
        },
    )
    answer = line.getresponse()
    answer.read()
    line.close()
    assert answer.status == 200

    redirected = http.client.HTTPConnection("127.0.0.1", plain, timeout=60)
    redirected.request("GET", "/rounds/", headers={"Host": "localhost"})
    moved = redirected.getresponse()
    moved.read()
    redirected.close()
    assert (moved.status, moved.headers["Location"]) == (308, "https://localhost/rounds/")
