"""A firm takes everything back while an answer is being saved: nothing survives."""

from __future__ import annotations

import os
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from taji.web.answering.giving import Given, KeyTakenError, StoppedError, give
from taji.web.answering.models import Sheet
from taji.web.answering.stopping import withdraw
from taji.web.answering.submitting import submit
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "TAJI_TEST_DATABASE_URL" not in os.environ,
        reason="SQLite lets one transaction write at a time: nothing can happen at once",
    ),
]


class Another(threading.Thread):
    """Somebody else, on a connection of their own, who does one thing."""

    def __init__(self, do):
        super().__init__()
        self.do, self.begun, self.failed = do, threading.Event(), []

    def run(self):
        self.begun.set()
        try:
            self.do()
        except Exception as error:
            self.failed.append(error)
        finally:
            connection.close()

    def comes_to_wait(self):
        """Begin; by now it waits for us, or it has not come so far and will find us done."""
        self.start()
        self.begun.wait()
        self.join(0.5)


def answer(city, sheet, text="40", key=""):
    given = Given(item="q2", text=text, seen=0, key=key)
    return give(sheet.pk, given, asked=asked_of(city.round), by=city.users["firm"])


def take_back(city):
    withdraw(city.cases[0], by=city.users["firm"], word="撤回", now=timezone.now())


def test_an_answer_that_waits_for_a_withdrawal_is_refused(city):
    sheet = city.sheet()
    writer = Another(lambda: answer(city, sheet))

    with transaction.atomic():
        take_back(city)
        writer.comes_to_wait()
    writer.join()

    assert [type(error) for error in writer.failed] == [StoppedError]
    sheet.refresh_from_db()
    assert sheet.answers == {}
    assert not sheet.events.exists()


def test_an_answer_holds_no_sheet_while_it_waits_for_its_case(city):
    sheet = city.sheet()
    writer = Another(lambda: answer(city, sheet))

    with transaction.atomic():
        Case.objects.select_for_update().get(pk=city.cases[0].pk)
        writer.comes_to_wait()
        Sheet.objects.select_for_update(nowait=True).get(pk=sheet.pk)
        take_back(city)
    writer.join()

    assert [type(error) for error in writer.failed] == [StoppedError]


@pytest.mark.parametrize(("text", "wrong"), [("40", []), ("50", [KeyTakenError])])
def test_one_key_sent_twice_at_once_is_kept_once(city, text, wrong):
    sheet = city.sheet()
    writer = Another(lambda: answer(city, sheet, text, key="a"))

    with transaction.atomic():
        answer(city, sheet, key="a")
        writer.comes_to_wait()
    writer.join()

    assert [type(error) for error in writer.failed] == wrong
    assert list(sheet.events.values_list("value", flat=True)) == ["40"]


def test_a_sheet_handed_in_twice_at_once_is_one_version(city, filled):
    filled()
    sheet, user = city.sheet(), city.users["firm"]
    made = []
    other = Another(lambda: made.append(submit(sheet.pk, by=user)))

    with transaction.atomic():
        made.append(submit(sheet.pk, by=user))
        other.comes_to_wait()
    other.join()

    assert other.failed == []
    assert made[0] == made[1]
    assert sheet.submissions.count() == 1
