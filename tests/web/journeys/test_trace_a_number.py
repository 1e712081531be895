"""An auditor goes from a published number to the rows behind it, and replays it."""

from __future__ import annotations

import pytest
from tests.web.audit.conftest import answer_all, make, publish
from tests.web.journeys.conftest import picture, sign_in, ways

from taji.web.audit import jobs
from taji.web.audit.models import Replay

pytestmark = pytest.mark.browser

WORDS = {
    "zh": ("用同样的输入重新计算", "复验通过", "查验全部链条", "日志完整"),
    "en": (
        *("Compute it again from the same inputs", "Verified"),
        *("Prove the whole chain", "The log holds"),
    ),
}


@pytest.mark.parametrize("language", ways("zh", "en"))
def test_trace_a_number_to_its_rows_and_replay_it(lived, page, tmp_path, language):
    again, verified, prove, holds = WORDS[language]
    answer_all(lived)
    portrait = publish(lived, make(lived, tmp_path / "made"))
    desk = page(1280, language)
    sign_in(desk, lived.users["auditor"])

    desk.goto("/audit/numbers/")
    desk.locator(".card a").first.click()
    desk.locator("#question").fill("q2")
    desk.locator("#question").press("Enter")
    desk.locator(".trace").first.wait_for()
    desk.locator(".trace").first.click()
    assert desk.locator("tbody tr").count() == 30
    assert portrait.manifest_sha256 in desk.content()
    picture(desk, "trace-number", language)

    desk.get_by_role("button", name=again).click()
    desk.locator("#outcome").wait_for()
    jobs.run_replay.func(Replay.objects.get().pk)
    desk.get_by_text(verified).wait_for()

    desk.goto("/audit/log/")
    picture(desk, "audit-log", language)
    desk.get_by_role("button", name=prove).click()
    desk.get_by_role("heading", name=holds).wait_for()
