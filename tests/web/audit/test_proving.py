"""The log against somebody who can write to the database behind its triggers."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from taji.web.audit.log import record
from taji.web.audit.models import Entry
from taji.web.audit.verifying import Anchor, AnchorError, head, prove_log
from taji.web.publishing.models import Portrait

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def tampering(city):
    """A log of six entries, and a way to write to it behind the triggers."""
    for number in range(6):
        record("test", actor=city.users["analyst"], subject="round:2026", n=number)

    def write(*statements: str) -> None:
        on = " ON audit_entry" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            for verb in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS audit_entry_no_{verb}{on}")
            for statement in statements:
                cursor.execute(statement)

    return write


COPY = (
    "INSERT INTO audit_entry (number, at, actor, action, subject, facts, before, sha256) "
    "SELECT {to}, at, actor, action, subject, facts, before, sha256 FROM audit_entry "
    "WHERE number = {of}"
)


def test_an_untouched_log_holds_and_gives_its_anchor(tampering):
    result = prove_log()

    assert result.holds
    assert result.entries == 6
    assert result.head == head()
    assert str(head()) in result.sentence.zh


@pytest.mark.parametrize(
    ("statements", "kind", "number"),
    [
        (["UPDATE audit_entry SET actor = 'somebody' WHERE number = 3"], "content", 3),
        (
            ["UPDATE audit_entry SET at = '2020-01-01T00:00:00+00:00' WHERE number = 1"],
            "content",
            1,
        ),
        (["DELETE FROM audit_entry WHERE number = 4"], "gap", 4),
        (["DELETE FROM audit_entry WHERE number = 1"], "gap", 1),
        (
            [
                "DELETE FROM audit_entry WHERE number = 4",
                "UPDATE audit_entry SET number = number - 1 WHERE number > 4",
            ],
            "link",
            4,
        ),
        (
            [
                "UPDATE audit_entry SET number = 99 WHERE number = 2",
                "UPDATE audit_entry SET number = 2 WHERE number = 3",
                "UPDATE audit_entry SET number = 3 WHERE number = 99",
            ],
            "link",
            2,
        ),
        ([COPY.format(to=7, of=6)], "link", 7),
        (["UPDATE audit_entry SET sha256 = before WHERE number = 5"], "content", 5),
    ],
    ids=[
        *("changed", "changed first", "deleted", "deleted first", "deleted and closed up"),
        *("reordered", "put in", "digest changed"),
    ],
)
def test_the_first_broken_link_is_named_with_its_kind(tampering, statements, kind, number):
    tampering(*statements)

    result = prove_log()

    assert (result.kind, result.number) == (kind, number)
    assert str(number) in result.sentence.en


def test_a_cut_tail_is_a_chain_still_and_only_an_anchor_shows_it(tampering):
    noted = head()
    tampering("DELETE FROM audit_entry WHERE number > 4")

    assert prove_log().holds
    result = prove_log(anchors=[noted])
    assert (result.kind, result.number) == ("anchor", 6)


def test_a_log_forged_as_a_whole_does_not_hold_the_anchor(tampering, city):
    noted = head()
    tampering("DELETE FROM audit_entry")
    for _ in range(8):
        record("test", actor=city.users["analyst"], subject="round:2026", n=0)

    assert prove_log().holds
    assert prove_log(anchors=[noted]).kind == "anchor"


def test_a_tail_cut_with_a_publication_in_it_is_seen_without_an_anchor(tampering, city):
    portrait = Portrait.objects.create(
        round=city.round,
        asked_by=city.users["analyst"],
        manifest_sha256="ab" * 32,
        published_at=timezone.now(),
    )
    record("portrait.publish", subject=f"portrait:{portrait.pk}", manifest="ab" * 32)
    assert prove_log().holds

    tampering("DELETE FROM audit_entry WHERE number > 6")

    result = prove_log()
    assert (result.kind, result.number) == ("publication", portrait.pk)


def test_an_older_anchor_still_holds_when_the_log_has_grown(tampering):
    noted = head()
    record("test")

    assert prove_log(anchors=[noted, Anchor.parse(str(noted))]).holds


@pytest.mark.parametrize("text", ["", "6", "6:abc", "x:" + "a" * 64, "6:" + "g" * 64])
def test_what_is_no_anchor_is_refused(text):
    with pytest.raises(AnchorError):
        Anchor.parse(text)


def test_the_page_proves_the_log_and_shows_where_it_breaks(tampering, signed_in):
    browser = signed_in("auditor")
    assert "日志完整" in browser.post("/audit/log/check/").content.decode()

    tampering("UPDATE audit_entry SET actor = 'somebody' WHERE number = 3")

    page = browser.post("/audit/log/check/").content.decode()
    assert "第 3 条的内容与其校验码不符" in page
    assert "somebody" in page


def test_the_triggers_are_there_after_all_migrations(db):
    if connection.vendor == "sqlite":
        sql = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        sql = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        names = {row[0] for row in cursor.fetchall()}

    assert {"audit_entry_no_update", "audit_entry_no_delete"} <= names
    assert {"answering_answerevent_no_update", "answering_submission_no_update"} <= names
    assert not Entry.objects.exists()


def _taji(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{k: v for k, v in os.environ.items() if k not in ("TAJI_HOME", "DATABASE_URL")},
        "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "taji.web.settings",
    }
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**environment, "TAJI_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


@pytest.mark.skipif("TAJI_TEST_DATABASE_URL" in os.environ, reason="brings its own database")
def test_the_command_proves_a_database_file_and_exits_with_one_where_it_was_tampered_with(
    tmp_path,
):
    assert _taji(tmp_path, "django", "migrate", "--verbosity", "0").returncode == 0
    code = "import django; django.setup()\nfrom taji.web.audit.log import record\n" + (
        "for n in range(5): record('test', n=n)\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **{k: v for k, v in os.environ.items() if k != "DATABASE_URL"},
            "PYTHONPATH": str(ROOT / "src"),
            "TAJI_HOME": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "taji.web.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr

    whole = _taji(tmp_path, "taji", "audit", "verify", "--data", str(tmp_path), "--lang", "en")
    assert whole.returncode == 0, whole.stderr
    anchor = re.search(r"5:[0-9a-f]{64}", whole.stderr + whole.stdout).group()

    with sqlite3.connect(tmp_path / "taji.sqlite3") as database:
        database.execute("DROP TRIGGER audit_entry_no_delete")
        database.execute("DELETE FROM audit_entry WHERE number = 5")
    database.close()
    data = ("--data", str(tmp_path))
    cut = _taji(tmp_path, "taji", "audit", "verify", *data)
    anchored = _taji(tmp_path, "taji", "audit", "verify", *data, "--anchor", anchor, "--lang", "zh")
    with sqlite3.connect(tmp_path / "taji.sqlite3") as database:
        database.execute("DROP TRIGGER audit_entry_no_update")
        database.execute("UPDATE audit_entry SET facts = '{}' WHERE number = 2")
    database.close()
    changed = _taji(tmp_path, "taji", "audit", "verify", *data, "--lang", "en")

    assert cut.returncode == 0
    assert anchored.returncode == 1
    assert "截断" in anchored.stderr
    assert changed.returncode == 1
    assert "entry 2 is not what its digest says" in changed.stderr


def test_the_command_says_where_there_is_no_platform(tmp_path):
    answer = _taji(tmp_path, "taji", "audit", "verify", "--data", str(tmp_path), "--lang", "en")

    assert answer.returncode == 2
    assert "no database" in answer.stderr
    assert not (tmp_path / "taji.sqlite3").exists()
