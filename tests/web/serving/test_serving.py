"""``taji serve``: the only command that a bureau needs."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from tests.web.serving.running import Platform, alive, environment, until

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.skipif(
        "TAJI_TEST_DATABASE_URL" in os.environ, reason="of processes, not of the database"
    ),
]


@pytest.fixture
def platform(tmp_path):
    made = Platform(tmp_path / "home", options=("--lang", "en"))
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_command_makes_the_home_serves_and_stops_leaving_nothing_behind(platform, number):
    platform.start()

    assert f"http://localhost:{platform.port}" in platform.said
    assert [platform.get(path) for path in ("/", "/health/", "/static/taji/taji.css")] == [200] * 3
    assert stat.S_IMODE((platform.home / "secret.key").stat().st_mode) == 0o600
    children = platform.children()
    assert any("db_worker" in line for line in children.values())
    assert platform.stop(number) == 0
    assert not any(alive(pid) for pid in children)


def test_an_empty_home_gives_the_first_administrator_a_way_in_until_it_was_used(platform):
    links = []
    for _ in range(2):
        platform.start()
        links.append(re.search(rf":{platform.port}(/accounts/start/[\w-]+/)", platform.said)[1])
        working = [platform.get(link) for link in links]
        assert platform.stop() == 0

    assert links[0] != links[1]
    assert working[1] == 200
    assert working[0] != 200
    with closing(sqlite3.connect(platform.home / "taji.sqlite3")) as base:
        assert base.execute("SELECT username FROM people_user").fetchall() == [("admin",)]
        base.execute("UPDATE people_user SET password = 'chosen'")
        base.commit()
    platform.start()
    assert "/accounts/start/" not in platform.said


def test_a_second_start_on_the_same_home_or_port_says_what_to_do(platform, tmp_path):
    platform.start()

    home = Platform(platform.home, options=("--lang", "en")).run()
    port = Platform(tmp_path / "other", port=platform.port, options=("--lang", "zh")).run()

    assert home.returncode == port.returncode == 2
    assert f"process {platform.process.pid}" in home.stderr
    assert "--port" in port.stderr
    assert "无法监听" in port.stderr
    assert "Traceback" not in home.stderr + port.stderr
    assert platform.get("/health/") == 200


def test_a_request_that_came_before_the_stop_is_answered(platform):
    platform.start()
    status: list[int] = []
    answered = threading.Thread(target=lambda: status.append(_sign_in_wrongly(platform.port)))
    base = sqlite3.connect(platform.home / "taji.sqlite3", isolation_level=None)
    with closing(base) as holding:
        holding.execute("BEGIN IMMEDIATE")  # the sign-in is written down: it must wait for this
        answered.start()
        time.sleep(2)
        assert status == []
        platform.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert alive(platform.process.pid)
        holding.execute("ROLLBACK")
    answered.join(60)

    assert status == [200]
    assert platform.process.wait(60) == 0


def _sign_in_wrongly(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/accounts/login/")
    response = connection.getresponse()
    page = response.read().decode()
    cookie = response.headers["Set-Cookie"].split(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    connection.request(
        "POST",
        "/accounts/login/",
        f"csrfmiddlewaretoken={token}&login=nobody&password=wrong",
        {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"},
    )
    return connection.getresponse().status


def test_a_worker_killed_in_a_job_is_started_again_and_the_job_runs_again(platform, tmp_path):
    platform.start()
    _enqueue(platform.home, tmp_path)
    until(lambda: len(_begun(tmp_path)) == 1, "the job begins")
    (first,) = _begun(tmp_path)
    os.kill(first, signal.SIGKILL)
    until(lambda: len(_begun(tmp_path)) == 2, "the job begins again")
    (tmp_path / "go").touch()
    until((tmp_path / "done").exists, "the job ends")

    assert platform.stop() == 0


def test_a_job_that_kills_its_worker_every_time_is_given_up(platform, tmp_path):
    platform.start()
    _enqueue(platform.home, tmp_path)
    for time_ in range(1, 4):
        until(lambda n=time_: len(_begun(tmp_path)) == n, f"begin {time_}")
        newest = max(_begun(tmp_path), key=lambda pid: (tmp_path / f"begun-{pid}").stat().st_mtime)
        os.kill(newest, signal.SIGKILL)
    until(lambda: _states(platform.home) == ["FAILED"], "the job is given up")

    assert platform.stop() == 0


def test_a_job_that_is_finished_while_stopping_counts(platform, tmp_path):
    platform.start()
    _enqueue(platform.home, tmp_path)
    until(lambda: len(_begun(tmp_path)) == 1, "the job begins")
    platform.process.send_signal(signal.SIGTERM)
    (tmp_path / "go").touch()

    assert platform.process.wait(60) == 0
    assert _states(platform.home) == ["SUCCESSFUL"]


def test_a_web_server_that_dies_ends_the_platform_with_an_error(platform):
    platform.start()
    children = platform.children()
    server = next(pid for pid in children if os.getpgid(pid) == pid and "granian" in children[pid])
    os.kill(server, signal.SIGKILL)

    assert platform.process.wait(60) == 1
    assert "stopped by itself" in platform.log()
    assert not any(alive(pid) for pid in children)


def _states(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "taji.sqlite3")) as base:
        return [
            row[0] for row in base.execute("SELECT status FROM django_tasks_database_dbtaskresult")
        ]


def _enqueue(home: Path, folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from taji.web.starting import set_up;"
        "set_up(Path(sys.argv[1])); from tests.web.serving.jobs import wait_for;"
        "wait_for.enqueue(sys.argv[2])"
    )
    command = [sys.executable, "-c", code, str(home), str(folder)]
    subprocess.run(command, env=environment(), check=True)


def _begun(folder: Path) -> set[int]:
    return {int(path.name.removeprefix("begun-")) for path in folder.glob("begun-*")}
