"""The platform for programs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from tests.web.conftest import City

from taji.web.answering.models import AnswerEvent, Submission
from taji.web.answering.peers import make_peers
from taji.web.api.grounds import purpose_digest
from taji.web.api.models import ApiToken, IdempotentWrite, Scope
from taji.web.api.tokens import make, revoke
from taji.web.audit.models import Entry
from taji.web.people.models import Organisation
from taji.web.publishing.models import Made, Portrait
from taji.web.rounds.models import Round

ALL = list(Scope.values)


def by_consent(its: Round, text: str, **more: object) -> dict[str, object]:
    """An answer of somebody who agreed to what the round tells firms."""
    return {"text": text, "basis": "consent", "purpose": purpose_digest(its), **more}


class Program:
    """A program with a token."""

    def __init__(self, key: str | None) -> None:
        self.client = Client()
        self.headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    def get(self, path: str, **query: object) -> tuple[int, object]:
        """Read."""
        response = self.client.get(f"/api/v1{path}", query, headers=self.headers)
        return response.status_code, response.json()

    def send(self, method: str, path: str, body: object = None, key: str = "key-0001") -> object:
        """Write."""
        call = getattr(self.client, method)
        return call(
            f"/api/v1{path}",
            json.dumps(body),
            content_type="application/json",
            headers={**self.headers, "Idempotency-Key": key},
        )


@pytest.fixture
def program(city: City) -> Callable[..., Program]:
    """A program that acts for somebody of a role."""

    def acting(role: str, scopes: list[str] = ALL) -> Program:
        return Program(make(city.users[role], name="test", scopes=scopes, days=1)[1])

    return acting


def test_without_a_token_only_what_is_published_is_told(city: City):
    stranger = Program(None)

    assert stranger.get("/portraits") == (200, [])
    status, problem = stranger.get("/rounds")
    assert (status, problem["code"]) == (401, "web.no_token")
    assert "令牌" in problem["zh"]


def test_an_analyst_reads_the_register_page_by_page(program):
    analyst = program("analyst")

    status, first = analyst.get("/register", limit=2)
    assert status == 200, first
    _, second = analyst.get("/register", limit=2, after=first["next"])

    keys = [f["enterprise"] for f in first["items"] + second["items"]]
    assert keys == sorted(keys)
    assert len(keys) == 3
    assert second["next"] is None


def test_a_token_does_no_more_than_its_scopes(program):
    status, problem = program("analyst", [Scope.ROUNDS_READ]).get("/register")

    assert (status, problem["code"]) == (403, "web.not_allowed")


def test_a_revoked_token_opens_nothing(city: City):
    token, key = make(city.users["analyst"], name="t", scopes=ALL, days=1)
    revoke(token, by=city.users["analyst"])

    assert Program(key).get("/register")[0] == 401


def test_the_key_of_a_token_is_kept_nowhere(city: City):
    _, key = make(city.users["analyst"], name="t", scopes=ALL, days=1)

    assert key not in str(list(ApiToken.objects.values())) + str(list(Entry.objects.values()))


def test_a_firm_reads_and_writes_its_own_sheet_and_finds_no_other(city: City, program):
    firm, other = program("firm"), program("other_firm")
    own = f"/rounds/2026/answers/{city.firms[0].key}"

    written = firm.send("put", f"{own}/items/q2", by_consent(city.round, "35"))

    assert written.json() == {"item": "q2", "value": "35", "number": 1}
    assert firm.get(own)[1]["answers"] == [{"item": "q2", "value": "35", "number": 1}]
    assert other.get(own)[0] == 404
    assert (
        other.send("put", f"{own}/items/q2", by_consent(city.round, "1", seen=1)).status_code == 404
    )


def test_a_write_sent_twice_is_done_once_and_answered_alike(city: City, program):
    firm = program("firm")
    path = f"/rounds/2026/answers/{city.firms[0].key}/items/q2"

    first = firm.send("put", path, by_consent(city.round, "35"))
    second = firm.send("put", path, by_consent(city.round, "35"))

    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (AnswerEvent.objects.count(), IdempotentWrite.objects.count()) == (1, 1)


def test_a_key_of_another_request_is_refused(city: City, program):
    firm = program("firm")
    path = f"/rounds/2026/answers/{city.firms[0].key}/items/q2"
    firm.send("put", path, by_consent(city.round, "35"))

    response = firm.send("put", path, by_consent(city.round, "36", seen=1))

    assert (response.status_code, response.json()["code"]) == (409, "web.key_reused")
    assert city.sheet().answers["q2"]["v"] == "35"


@pytest.mark.parametrize(
    ("item", "body", "status", "code"),
    [
        ("q2", {"text": "140"}, 422, "web.answer_refused"),
        ("q2", {"text": "35", "seen": 7}, 409, "web.answer_conflict"),
        ("q99", {"text": "35"}, 422, "web.unknown_item"),
        ("q2", {"words": "35"}, 422, "web.malformed"),
    ],
)
def test_what_cannot_be_kept_is_told_with_a_code(city: City, program, item, body, status, code):
    path = f"/rounds/2026/answers/{city.firms[0].key}/items/{item}"

    if "text" in body:
        body = by_consent(city.round, **body)

    response = program("firm").send("put", path, body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert AnswerEvent.objects.count() == 0
    assert IdempotentWrite.objects.count() == 0


def test_a_text_among_the_facts_of_an_error_keeps_both_languages(city: City, program):
    path = f"/rounds/2026/answers/{city.firms[0].key}/items/q2"

    facts = program("firm").send("put", path, by_consent(city.round, "140")).json()["fields"]

    assert set(facts["question"]) == {"zh", "en"}


def test_a_firm_that_writes_by_a_program_agrees_to_what_the_round_tells(city: City, program):
    firm = program("firm")
    path = f"/rounds/2026/answers/{city.firms[0].key}/items/q2"
    told = firm.get("/rounds/2026")[1]

    body = {"text": "35", "basis": "consent", "purpose": told["purpose_sha256"]}
    assert firm.send("put", path, body).status_code == 200

    consent = AnswerEvent.objects.get().consent
    assert (consent.by, consent.purpose_zh) == (city.users["firm"], told["purpose_zh"])
    assert city.round.purpose_zh in told["purpose_zh"]


@pytest.mark.parametrize(
    ("role", "grounds", "code"),
    [
        ("firm", {}, "web.malformed"),
        ("firm", {"basis": "consent"}, "web.purpose_other"),
        ("firm", {"basis": "consent", "purpose": "0" * 64}, "web.purpose_other"),
        ("firm", {"basis": "duty", "note": "statistics law"}, "web.answer_grounds"),
        ("analyst", {"basis": "duty"}, "web.answer_grounds"),
        ("analyst", {"basis": "consent", "note": "file 12"}, "web.purpose_other"),
    ],
)
def test_an_answer_without_its_grounds_is_not_kept(city: City, program, role, grounds, code):
    path = f"/rounds/2026/answers/{city.firms[0].key}/items/q2"

    response = program(role).send("put", path, {"text": "35", **grounds})

    assert (response.status_code, response.json()["code"]) == (422, code)
    assert AnswerEvent.objects.count() == 0


def test_the_log_keeps_once_on_what_grounds_a_bureau_answers_for_a_firm(city: City, program):
    analyst = program("analyst")
    own = f"/rounds/2026/answers/{city.firms[0].key}/items"
    grounds = {"basis": "duty", "note": "《统计法》第七条"}

    for item in ("q2", "q3"):
        answer = {"text": "35", **grounds}
        assert analyst.send("put", f"{own}/{item}", answer, key=f"key-of-{item}").status_code == 200
    kept = Entry.objects.get(action="answer.grounds")

    assert kept.facts == {**grounds, "purpose": ""}
    assert (kept.actor, kept.subject) == ("analyst", f"case:{city.cases[0].pk}")
    assert set(AnswerEvent.objects.values_list("consent", flat=True)) == {None}


def test_chinese_stands_in_every_answer_as_it_is_read(city: City, program):
    firm = program("firm")

    for path in ("/openapi.json", "/rounds/2026", "/rounds/2026/items", "/rounds/none"):
        body = firm.client.get(f"/api/v1{path}", headers=firm.headers).content
        assert b"\\u" not in body
        assert any(character > 127 for character in body)


def test_a_submitted_sheet_is_scored_as_the_command_scores_it(city: City, program):
    firm, analyst = program("firm"), program("analyst")
    own = f"/rounds/2026/answers/{city.firms[0].key}"
    firm.send("put", f"{own}/items/q2", by_consent(city.round, "35"), key="answer-1")

    receipt = firm.send("post", f"{own}/submit", key="submit-1").json()

    _, scores = analyst.get(f"/rounds/2026/scores/{city.firms[0].key}", model="sme2024")
    _, page = analyst.get("/rounds/2026/scores", model="sme2024")
    assert receipt["sha256"] == Submission.objects.get().sha256
    assert scores["items"] == page["items"]
    assert next(s["points"] for s in scores["items"] if s["node"] == "q2") > 0
    assert scores["items"][-1]["node"] == "total"
    assert scores["chances"] == []

    make_peers(city.round, now=timezone.now())
    _, sure = analyst.get("/rounds/2026/scores", model="sme2024")
    assert sum(one["probability"] for one in sure["chances"]) == pytest.approx(1.0)
    assert {one["track"] for one in sure["chances"]} == {"assumed"}


def test_a_bureau_writes_a_firm_of_the_register(city: City, program):
    path = "/register/91430200MA4L16JQ9J"
    response = program("analyst").send("put", path, {"name": "改名", "district": "430211"})

    assert response.status_code == 200
    assert Organisation.objects.get(key=city.firms[0].key).name == "改名"
    assert program("firm").send("put", path, {"name": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("key", "body", "code"),
    [
        ("91430200MA4L16JQ9K", {"name": "x"}, "web.false_key"),
        ("91430200MA4L16JQ9J", {"name": "x", "district": "999999"}, "web.unknown_code"),
    ],
    ids=["check digit", "district"],
)
def test_a_firm_that_a_file_could_not_bring_is_refused(city: City, program, key, body, code):
    response = program("analyst").send("put", f"/register/{key}", body)

    assert (response.status_code, response.json()["code"]) == (422, code)
    assert not Organisation.objects.filter(name="x").exists()


def test_what_is_published_is_told_to_everybody(city: City):
    made = Portrait.objects.create(
        round=city.round,
        asked_by=city.users["analyst"],
        state=Made.DONE,
        rows=65,
        manifest_sha256="0" * 64,
        published_at=timezone.now(),
    )

    status, found = Program(None).get("/portraits")

    assert (status, [(p["id"], p["round"], p["firms"]) for p in found]) == (
        200,
        [(made.pk, "2026", 65)],
    )


def test_the_page_of_the_api_names_every_operation(city: City):
    page = Client().get("/api/v1/").content.decode()

    assert "/api/v1/rounds/{slug}/answers/{key}/items/{item}" in page


def test_a_token_is_shown_once(signed_in):
    browser = signed_in("analyst")

    made = browser.post("/api/v1/tokens/", {"name": "t", "scopes": [ALL[0]], "days": 3})

    assert "taji_" in made.content.decode()
    assert "taji_" not in browser.get("/api/v1/tokens/").content.decode()


def test_nobody_ends_the_token_of_another(city: City, signed_in):
    token, _ = make(city.users["analyst"], name="t", scopes=ALL, days=1)

    assert signed_in("auditor").post(f"/api/v1/tokens/{token.pk}/revoke/").status_code == 404
    assert signed_in("analyst").post(f"/api/v1/tokens/{token.pk}/revoke/").status_code == 302
