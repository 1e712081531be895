"""The log as it is read."""

from __future__ import annotations

import csv
import io

import pytest
from tests.web.conftest import put_away

from taji.web.audit.log import record
from taji.web.audit.models import Entry


@pytest.fixture
def written(city):
    """Sixty entries of two kinds."""
    for number in range(40):
        record("round.open", actor=city.users["analyst"], subject="round:2026", n=number)
    for number in range(20):
        record("portrait.publish", subject=f"portrait:{number}")
    return city


def _numbers(page: str) -> list[int]:
    rows = page.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
    return [int(row.split("</td>")[0].split(">")[-1]) for row in rows]


def test_pages_go_back_by_number_without_overlap(written, signed_in):
    browser = signed_in("auditor")

    first = _numbers(browser.get("/audit/log/").content.decode())
    second = _numbers(browser.get(f"/audit/log/?before={first[-1]}").content.decode())

    assert first == list(range(60, 10, -1))
    assert second == list(range(10, 0, -1))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("action=portrait", 20),
        ("action=round.open&actor=analyst", 40),
        ("subject=portrait:3", 1),
        ("actor=nobody", 0),
        ("since=2000-01-01&until=2000-12-31", 0),
        ("since=2000-01-01", 50),
        ("since=nonsense&before=nonsense", 50),
    ],
)
def test_the_log_is_narrowed_as_asked(written, signed_in, query, count):
    page = signed_in("auditor").get(f"/audit/log/?{query}").content.decode()

    assert (len(_numbers(page)) if "<tbody>" in page else 0) == count


def test_an_export_is_whole_logged_and_runs_no_formula(written, signed_in):
    record("test", subject="=HYPERLINK(1)", note="+1")

    answer = signed_in("administrator").get("/audit/log/file/")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    put_away(answer)

    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert rows[60]["subject"] == "'=HYPERLINK(1)"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert Entry.objects.filter(action="audit.export").count() == 1


@pytest.mark.parametrize("role", ["firm", "expert", "analyst", "provider"])
def test_the_log_is_for_auditors_and_administrators(written, signed_in, role):
    assert signed_in(role).get("/audit/log/").status_code == 403
    assert signed_in(role).get("/audit/log/file/").status_code == 403
    assert signed_in(role).post("/audit/log/check/").status_code == 403


def test_a_page_of_the_log_takes_few_queries(written, signed_in, django_assert_max_num_queries):
    browser = signed_in("auditor")

    with django_assert_max_num_queries(7):
        browser.get("/audit/log/?action=round")
