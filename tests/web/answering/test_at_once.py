"""A firm takes everything back while an answer is being saved: nothing survives."""

from __future__ import annotations

import os
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from taji.base.errors import TajiError
from taji.web.answering.giving import Given, StoppedError, give
from taji.web.answering.stopping import withdraw
from taji.web.rounds.asked import asked_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "TAJI_TEST_DATABASE_URL" not in os.environ,
        reason="SQLite lets one transaction write at a time: nothing can happen at once",
    ),
]


def test_an_answer_that_waits_for_a_withdrawal_is_refused(city):
    sheet, asked, user = city.sheet(), asked_of(city.round), city.users["firm"]
    begun = threading.Event()
    refused: list[TajiError] = []

    def answer() -> None:
        begun.set()
        try:
            give(sheet.pk, Given(item="q2", text="40", seen=0), asked=asked, by=user)
        except TajiError as error:
            refused.append(error)
        finally:
            connection.close()

    writer = threading.Thread(target=answer)
    with transaction.atomic():
        withdraw(city.cases[0], by=user, word="撤回", now=timezone.now())
        writer.start()
        begun.wait()
        writer.join(0.5)  # it waits for us now; if it has not come so far, it is refused as well
    writer.join()

    assert [type(error) for error in refused] == [StoppedError]
    sheet.refresh_from_db()
    assert sheet.answers == {}
    assert not sheet.events.exists()
