"""An answer that the page says is saved survives ``kill -9`` of the server and of the database.

Several people answer over HTTP; at random moments everything is killed; what they hold receipts
for is compared with the rows. ``make test-kill`` does it a hundred times on each database. A kill
proves that nothing acknowledged was left in a process's memory; what a power cut adds is told in
``docs/bureau/deploy``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from tests.web.reliability.answering import Person, Receipt
from tests.web.reliability.bases import TOOL, Kept, Postgres, Sqlite, kept, postgres
from tests.web.serving.running import Platform, environment, until

KILLS = int(os.environ.get("TAJI_KILLS", "5"))
SEED = 20260301
SHEETS = 3
#: Two people answer each sheet, one question each.
ITEMS = ("q2", "q3")
#: Longest time from the first receipts to the kill. [seconds]
LONGEST = 0.6

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.skipif(
        "TAJI_TEST_DATABASE_URL" in os.environ, reason="brings its own databases, both of them"
    ),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sqlite | Postgres]:
    if request.param == "sqlite":
        yield Sqlite(tmp_path / "home")
        return
    if subprocess.run(["sh", str(TOOL), "ensure"], capture_output=True, check=False).returncode:
        pytest.skip("PostgreSQL is not installed")
    with postgres() as cluster:
        yield cluster


@pytest.fixture
def platform(base: Sqlite | Postgres, tmp_path: Path) -> Iterator[Platform]:
    made = Platform(tmp_path / "home", more=base.variables)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def test_no_acknowledged_answer_is_lost_when_everything_is_killed(base, platform, capsys):
    people = _people(platform.home, base)
    random = Random(SEED)
    lost: list[Receipt] = []
    unacknowledged = 0

    for kill in range(KILLS):
        platform.start()
        receipts = _until_killed(platform, base, people, random, whole=kill % 2 == 0)
        base.start()
        sheets = kept(base)
        lost += [one for one in receipts if not _held(one, sheets[one.sheet])]
        for number, sheet in sheets.items():
            assert _follows(sheet), f"sheet {number} does not follow from its events"
        unacknowledged += _catch_up(people, sheets)

    total = sum(len(person.receipts) for person in people)
    with capsys.disabled():
        print(
            f"\n{type(base).__name__}: {KILLS} kills, {total} answers acknowledged, {len(lost)} "
            f"lost, {unacknowledged} kept whose receipt the kill cut off"
        )
    assert [person.refused for person in people] == [[]] * len(people)
    assert total > KILLS
    assert lost == []


def _people(home: Path, base: Sqlite | Postgres) -> list[Person]:
    command = [sys.executable, "-m", "tests.web.reliability.prepare", str(home), str(SHEETS)]
    made = subprocess.run(
        command, env=environment(**base.variables), stdout=subprocess.PIPE, text=True, check=True
    )
    return [
        Person(door["sheet"], item, door["session"], Random(f"{SEED}/{door['sheet']}/{item}"))
        for door in json.loads(made.stdout)
        for item in ITEMS
    ]


def _until_killed(
    platform: Platform,
    base: Sqlite | Postgres,
    people: list[Person],
    random: Random,
    *,
    whole: bool,
) -> list[Receipt]:
    """Let people answer, kill, and return the receipts since the start; ``whole``: the database too."""
    before = [len(person.receipts) for person in people]
    falling = threading.Event()
    lines = [threading.Thread(target=p.answer, args=(platform.port, falling)) for p in people]
    for line in lines:
        line.start()
    until(
        lambda: all(len(p.receipts) > n or p.refused for p, n in zip(people, before, strict=True)),
        "everybody holds a receipt",
    )
    time.sleep(random.uniform(0, LONGEST))
    falling.set()
    if whole:
        base.kill()
    platform.kill()
    for line in lines:
        line.join()
    return [one for p, n in zip(people, before, strict=True) for one in p.receipts[n:]]


def _held(receipt: Receipt, sheet: Kept) -> bool:
    """Whether the answer of a receipt stands among the events."""
    return (receipt.number, receipt.item, receipt.text) in sheet.events


def _follows(sheet: Kept) -> bool:
    """Whether a sheet is what its events make: none missing, none half done."""
    numbers = [number for number, _, _ in sheet.events]
    made = {item: {"v": value, "n": number} for number, item, value in sheet.events}
    return numbers == list(range(1, sheet.latest + 1)) and made == sheet.answers


def _catch_up(people: list[Person], sheets: dict[int, Kept]) -> int:
    """Let everybody read the sheet again; the answers kept that nobody holds a receipt for."""
    missed = 0
    for person in people:
        stands = sheets[person.sheet].answers.get(person.item, {"n": 0})["n"]
        missed += stands != person.seen
        person.seen = stands
    return missed
