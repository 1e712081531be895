"""Backup and restore: whole under load, equal afterwards, refused when damaged or in the way."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from tests.web.serving.running import PATIENCE, ROOT, environment

from taji.cli import run
from taji.web.database import PRAGMAS, SQLITE_NAME
from taji.web.office import postgres
from taji.web.office.backup import (
    DamagedBackupError,
    FolderInUseError,
    NotABackupError,
    NotEmptyError,
    OtherDatabaseError,
    back_up,
    restore,
)


@pytest.fixture(autouse=True)
def sqlite_everywhere(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture
def home(tmp_path) -> Path:
    """A data folder as a server leaves it: write-ahead log, secret, files."""
    made = tmp_path / "home"
    (made / "files" / "portraits" / "1").mkdir(parents=True)
    (made / "files" / "portraits" / "1" / "页.html").write_text("画像", encoding="utf-8")
    (made / "files" / "photo.bin").write_bytes(os.urandom(3_000_000))
    (made / "static").mkdir()
    (made / "static" / "made-again.css").write_text("x")
    (made / "secret.key").write_text("s3cret")
    (made / "secret.key").chmod(0o600)
    with closing(connected(made)) as connection:
        connection.execute("CREATE TABLE answer (id INTEGER PRIMARY KEY, text TEXT)")
        connection.execute("CREATE TABLE receipt (id INTEGER PRIMARY KEY, text TEXT)")
        connection.commit()
    write(made, 100)
    return made


def connected(home: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(home / SQLITE_NAME, timeout=20)
    connection.executescript(PRAGMAS)
    return connection


def write(home: Path, times: int) -> None:
    """Write an answer and its receipt, together, so many times."""
    with closing(connected(home)) as connection:
        for number in range(times):
            connection.execute("BEGIN IMMEDIATE")
            for table in ("answer", "receipt"):
                connection.execute(f"INSERT INTO {table} (text) VALUES (?)", [f"答案 {number}"])
            connection.commit()


def rows(home: Path, table: str = "answer") -> list[tuple[int, str]]:
    with closing(sqlite3.connect(home / SQLITE_NAME)) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def files(home: Path) -> dict[str, bytes]:
    folder = home / "files"
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_what_is_restored_equals_what_was_backed_up(home, tmp_path):
    done = back_up(tmp_path / "b.zip", home=home)
    fresh = tmp_path / "fresh"

    restore(tmp_path / "b.zip", home=fresh)

    assert rows(fresh) == rows(home)
    assert files(fresh) == files(home)
    assert (fresh / "secret.key").read_text() == "s3cret"
    assert stat.S_IMODE((fresh / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600
    assert not (fresh / "static").exists()
    assert (done.members, done.secret) == (4, True)
    assert not list(home.glob(".backup-*")) + list(fresh.glob(".restoring-*"))


def test_a_backup_under_load_holds_one_moment(home, tmp_path):
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            write(home, 5)

    writers = [threading.Thread(target=load) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for number in range(3):
            back_up(tmp_path / f"{number}.zip", home=home)
    finally:
        stop.set()
        for writer in writers:
            writer.join()

    lengths = []
    for number in range(3):
        fresh = tmp_path / f"fresh-{number}"
        restore(tmp_path / f"{number}.zip", home=fresh)
        held = rows(fresh)
        assert held == rows(fresh, "receipt")
        assert held == rows(home)[: len(held)]
        lengths.append(len(held))
    assert 100 <= lengths[0] <= lengths[1] <= lengths[2]
    assert rows(home, "answer") == rows(home, "receipt")


def test_a_changed_byte_is_found_before_anything_is_touched(home, tmp_path):
    backup = tmp_path / "b.zip"
    back_up(backup, home=home)
    with zipfile.ZipFile(backup) as archive:
        where = archive.getinfo("files/photo.bin").header_offset
    spoilt = bytearray(backup.read_bytes())
    spoilt[where + 1_000] ^= 1
    backup.write_bytes(spoilt)
    before = rows(home)

    with pytest.raises(DamagedBackupError) as caught:
        restore(backup, home=home, force=True)

    assert caught.value.fields["member"] == "files/photo.bin"
    assert rows(home) == before
    assert not list(home.glob("before-restore-*"))


def test_a_member_that_was_exchanged_is_found(home, tmp_path):
    back_up(tmp_path / "b.zip", home=home)
    with (
        zipfile.ZipFile(tmp_path / "b.zip") as archive,
        zipfile.ZipFile(tmp_path / "c.zip", "w") as other,
    ):
        for name in archive.namelist():
            content = archive.read(name)
            other.writestr(name, b"other" if name == "secret.key" else content)

    with pytest.raises(DamagedBackupError):
        restore(tmp_path / "c.zip", home=tmp_path / "fresh")


@pytest.mark.parametrize("name", ["../outside", "files/../../outside", "/tmp/outside", "other.txt"])
def test_a_forged_backup_cannot_write_elsewhere(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(name, "x")
        members = {name: {"sha256": "", "size": 1, "mode": 420}}
        forged = {"format": 1, "database": "sqlite", "members": members}
        archive.writestr("manifest.json", json.dumps(forged))

    with pytest.raises(NotABackupError):
        restore(tmp_path / "b.zip", home=tmp_path / "fresh")

    assert not list(tmp_path.rglob("outside"))


def test_data_are_replaced_only_on_demand_and_kept_beside(home, tmp_path):
    back_up(tmp_path / "b.zip", home=home)
    write(home, 7)
    with pytest.raises(NotEmptyError):
        restore(tmp_path / "b.zip", home=home)

    done = restore(tmp_path / "b.zip", home=home, force=True)

    assert len(rows(home)) == 100
    assert done.replaced is not None
    assert len(rows(done.replaced)) == 107
    assert files(done.replaced) == files(home)


def test_a_running_platform_is_not_replaced(home, tmp_path):
    back_up(tmp_path / "b.zip", home=home)
    with closing(connected(home)) as connection:
        connection.execute("SELECT 1 FROM answer").fetchone()
        with pytest.raises(FolderInUseError):
            restore(tmp_path / "b.zip", home=home, force=True)


def test_a_server_that_nobody_asked_yet_counts_as_running(home, tmp_path):
    back_up(tmp_path / "b.zip", home=home)
    holder = (
        "import fcntl,sys,time; f=open(sys.argv[1],'a'); fcntl.flock(f, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(home / "serve.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        assert server.stdout.readline() == b"held\n"
        with pytest.raises(FolderInUseError):
            restore(tmp_path / "b.zip", home=home, force=True)
        server.stdin.close()
    restore(tmp_path / "b.zip", home=home, force=True)


def test_a_backup_of_sqlite_is_not_put_into_postgresql(home, tmp_path):
    back_up(tmp_path / "b.zip", home=home)

    with pytest.raises(OtherDatabaseError) as caught:
        restore(tmp_path / "b.zip", home=tmp_path / "x", url="postgres://taji@localhost/taji")

    assert "DATABASE_URL" in caught.value.render("zh")


def test_without_the_programs_of_postgresql_it_says_what_to_install(home, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(postgres.MissingToolError) as caught:
        back_up(tmp_path / "b.zip", home=home, url="postgres://taji@localhost/taji")

    assert "pg_dump" in caught.value.render("en")
    assert not (tmp_path / "b.zip").exists()


def test_a_database_that_does_not_answer_fails_in_words_and_tells_no_password(home, tmp_path):
    with pytest.raises(postgres.ToolFailedError) as caught:
        back_up(tmp_path / "b.zip", home=home, url="postgres://taji:hidden@127.0.0.1:1/taji")

    assert "hidden" not in caught.value.render("zh")
    assert [f.name for f in tmp_path.iterdir()] == ["home"]


def test_the_commands_back_up_and_restore(home, tmp_path, capsys):
    backup, fresh = tmp_path / "b.zip", tmp_path / "fresh"

    assert run(["backup", str(backup), "--data", str(home), "--lang", "zh"]) == 0
    assert run(["restore", str(backup), "--data", str(fresh), "--lang", "en"]) == 0
    assert run(["restore", str(backup), "--data", str(fresh), "--lang", "en"]) == 2

    assert rows(fresh) == rows(home)
    told = capsys.readouterr().err
    assert "已备份 4 个文件" in told
    assert "every digest fits" in told
    assert "--force" in told


@pytest.mark.skipif("TAJI_TEST_DATABASE_URL" in os.environ, reason="of the command, not the base")
def test_a_backup_by_command_stands_in_the_log_of_the_platform(tmp_path):
    home, backup = tmp_path / "home", tmp_path / "b.zip"
    home.mkdir()

    def command(*words: str) -> None:
        told = environment(TAJI_HOME=str(home), DJANGO_SETTINGS_MODULE="taji.web.settings")
        subprocess.run(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env=told,
            check=True,
            timeout=PATIENCE,
            capture_output=True,
        )

    command("django", "migrate", "--verbosity", "0")
    command("taji", "backup", str(backup), "--data", str(home))

    with closing(sqlite3.connect(home / SQLITE_NAME)) as base:
        held = base.execute("SELECT action, actor, subject, facts FROM audit_entry").fetchall()
    ((action, actor, subject, facts),) = held
    assert (action, actor, subject) == ("backup.make", "", "backup:b.zip")
    assert json.loads(facts) == {"command": "taji backup"}


def test_what_is_no_backup_is_refused(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK no")

    with pytest.raises(NotABackupError):
        restore(tmp_path / "x.zip", home=tmp_path / "fresh")


@pytest.mark.skipif("TAJI_TEST_DATABASE_URL" not in os.environ, reason="needs a PostgreSQL server")
def test_a_postgresql_database_comes_back_as_it_was(home, tmp_path):
    import psycopg

    base, _, name = os.environ["TAJI_TEST_DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{base}/{name}", autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS taji_backup_trial")
        server.execute("CREATE DATABASE taji_backup_trial")
    url = f"{base}/taji_backup_trial"
    with psycopg.connect(url) as trial:
        trial.execute("CREATE TABLE answer (id int PRIMARY KEY, text text)")
        trial.execute("INSERT INTO answer VALUES (1, '一'), (2, '二')")

    back_up(tmp_path / "b.zip", home=home, url=url)
    with psycopg.connect(url) as trial:
        trial.execute("DELETE FROM answer WHERE id = 1")
    restore(tmp_path / "b.zip", home=tmp_path / "fresh", url=url)

    with psycopg.connect(url) as trial:
        held = trial.execute("SELECT * FROM answer ORDER BY id").fetchall()
    assert held == [(1, "一"), (2, "二")]
    assert files(tmp_path / "fresh") == files(home)
    with psycopg.connect(f"{base}/{name}", autocommit=True) as server:
        server.execute("DROP DATABASE taji_backup_trial")
