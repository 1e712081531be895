"""A round that asks and scores by packs that the bureau brought itself."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.web.answering.conftest import come_in, invite, some_answer
from tests.web.office.conftest import own_packs, upload
from tests.web.rounds.conftest import FORM

from taji.catalogue.files import pack_file
from taji.web.answering.jobs import refresh_peers
from taji.web.answering.models import Sheet
from taji.web.api.models import Scope
from taji.web.api.tokens import make
from taji.web.office import packs
from taji.web.office.jobs import compare
from taji.web.office.switching import ask
from taji.web.publishing.asking import ask_portrait
from taji.web.publishing.findings import findings_of
from taji.web.publishing.jobs import make_portrait
from taji.web.publishing.models import Made
from taji.web.rounds import stages
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Round

__all__ = ["own_packs", "upload"]

OWN, MODEL = "sme_own@1.0", "sme2024@1.1"


def switch_on(pack, by):
    """Compare, where it is a model, and switch on."""
    if pack.kind == packs.MODELS:
        compare.func(ask(pack, by=by).pk)
    packs.activate(pack, by=by)


@pytest.fixture
def brought(bureau, upload):
    """A questionnaire and a newer model of the bureau's own, in use."""
    by = bureau.city.users["administrator"]
    text = pack_file("questionnaires", "sme2024").read_text(encoding="utf-8")
    own = text.replace("id: sme2024", "id: sme_own", 1)
    switch_on(packs.take(SimpleUploadedFile("own.yaml", own.encode()), by=by), by)
    switch_on(packs.take(upload("1.1"), by=by), by)
    return by


def said(**other):
    return {**FORM, "slug": "2028", "asks": ["sme2024", OWN], "model_ids": [MODEL], **other}


@pytest.fixture
def its(bureau, brought, signed_in):
    """A round with both, drawn and open."""
    reading = {f"reading:{MODEL}:q4": "equal", "by": ["size"]}
    page = signed_in("analyst").post(reverse("rounds:new"), said(**reading))
    assert page.status_code == 302, page.content.decode()
    bureau.round = Round.objects.get(slug="2028")
    bureau.opened()
    return bureau.round


def hand_in(its, number: int):
    """A firm of the round comes in, answers everything and hands in; its browser and sheet."""
    case = its.cases.order_by("pk")[number]
    browser = come_in(invite(case))
    sheet = Sheet.objects.get(case=case)
    for one in asked_of(its).items.values():
        got = browser.post(
            f"/firm/sheet/{sheet.pk}/save/",
            {"item": one.key, "text": some_answer(one.item), "seen": "0", "key": one.key},
        )
        assert got.status_code == 200, got.content
    assert browser.post(f"/firm/sheet/{sheet.pk}/submit/").status_code == 302
    sheet.refresh_from_db()
    assert sheet.submission is not None
    return browser, sheet


def test_the_form_offers_what_is_in_use_in_place_of_the_librarys_own(bureau, brought, signed_in):
    page = signed_in("analyst").get(reverse("rounds:new")).content.decode()

    assert f'value="{OWN}"' in page
    assert f'value="{MODEL}"' in page
    assert 'name="model_ids" value="sme2024"' not in page


def test_a_model_that_reads_another_version_of_a_questionnaire_is_refused(
    bureau, brought, signed_in
):
    newer = pack_file("questionnaires", "sme2024").read_text(encoding="utf-8")
    newer = newer.replace('version: "1.0"', 'version: "1.3"', 1)
    switch_on(packs.take(SimpleUploadedFile("q.yaml", newer.encode()), by=brought), brought)

    page = signed_in("analyst").post(reverse("rounds:new"), said(asks=["sme2024@1.3"]))

    assert page.status_code == 422
    assert "sme2024@1.0" in page.content.decode()


def test_an_open_round_keeps_the_version_it_was_opened_with(its, brought, upload):
    assert its.packs == {
        "questionnaires/sme2024": "1.0",
        "questionnaires/sme_own": "1.0",
        "models/sme2024": "1.1",
    }
    switch_on(packs.take(upload("1.2"), by=brought), brought)
    its.refresh_from_db()

    assert its.model_ids == [MODEL]
    assert stages.packs_of(its)["models/sme2024"] == "1.1"


def test_firms_answer_and_see_what_the_own_model_says(its, signed_in):
    browser, sheet = hand_in(its, 0)
    refresh_peers.func(its.pk)

    assert browser.get(f"/firm/sheet/{sheet.pk}/result/").status_code == 200
    assert browser.get(f"/firm/sheet/{sheet.pk}/report.pdf").content[:4] == b"%PDF"
    assert browser.get(f"/firm/sheet/{sheet.pk}/form.xlsx").status_code == 200
    bureau = signed_in("analyst")
    assert bureau.get(reverse("rounds:show", args=["2028"])).status_code == 200
    form = bureau.get(reverse("rounds:xlsform", args=["2028"]), {"questionnaire": OWN})
    assert form.status_code == 200


def test_programs_read_the_scores_of_the_own_model(its, city, client):
    _, sheet = hand_in(its, 0)
    key = make(city.users["analyst"], name="t", scopes=list(Scope.values), days=1)[1]

    got = client.get(
        f"/api/v1/rounds/2028/scores/{sheet.case.organisation.key}",
        {"model": MODEL},
        headers={"Authorization": f"Bearer {key}"},
    )

    assert got.status_code == 200, got.content
    last = json.loads(got.content)["items"][-1]
    assert (last["node"], last["points"] > 0) == ("total", True)


def test_a_portrait_is_made_of_such_a_round(its, city):
    for number in range(6):
        hand_in(its, number)
    stages.freeze(its, by=city.users["analyst"])

    portrait = ask_portrait(its, by=city.users["analyst"])
    make_portrait.func(portrait.pk)
    portrait.refresh_from_db()

    assert portrait.state == Made.DONE, portrait.problem
    assert portrait.rows == 6
    assert findings_of(portrait, "zh")
    manifest = json.loads((portrait.path / "manifest.json").read_text(encoding="utf-8"))
    assert "pack models/sme2024@1.1" in manifest["inputs"]
