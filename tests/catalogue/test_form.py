"""Forms of upper levels: what a mapping may say, and what is found wrong with one."""

from __future__ import annotations

import copy

import pytest
import yaml

from taji.catalogue.check import check
from taji.catalogue.load import available, form
from taji.catalogue.problem import PackError


def text(word):
    return {"zh": f"中文{word}", "en": word}


FORM = {
    "id": "upward",
    "version": "1.0",
    "title": text("form"),
    "source": ["made for tests"],
    "confidence": "assumption",
    "authority": text("province"),
    "document": "none",
    "questionnaire": "sme2024",
    "model": "sme2024",
    "parts": [
        {
            "id": "all",
            "title": text("all"),
            "fields": [
                {"id": "name", "label": text("name"), "register": ["name"]},
                {"id": "nets", "label": text("nets"), "answer": "q1", "options": {"a": "A"}},
                {"id": "total", "label": text("total"), "score": "total"},
                {"id": "paper", "label": text("paper"), "evidence": text("a paper")},
            ],
        }
    ],
}


def written(tmp_path, change=lambda raw: None):
    raw = copy.deepcopy(FORM)
    change(raw)
    path = tmp_path / "upward.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return path


def field(raw, place):
    return raw["parts"][0]["fields"][place]


def test_a_sound_form_loads_from_a_path(tmp_path):
    found = form(written(tmp_path))

    assert [field.source for field in found.fields_] == ["register", "answer", "score", "evidence"]
    assert [field.id for field in found.doubtful()] == ["name", "nets", "total", "paper"]


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        (lambda raw: field(raw, 1).update(answer="q99"), "fields[nets].answer", "unknown"),
        (lambda raw: field(raw, 1).update(options={"z": "Z"}), "fields[nets].options", "unknown"),
        (lambda raw: field(raw, 2).update(score="nowhere"), "fields[total].score", "unknown"),
        (lambda raw: field(raw, 0).update(codes="nowhere"), "fields[name].codes", "unknown"),
        (lambda raw: raw.update(questionnaire="nowhere"), "questionnaire", "unknown"),
        (lambda raw: raw.update(model="nowhere"), "model", "unknown"),
        (lambda raw: field(raw, 0).update(answer="q1"), "parts[all].fields[name]", "source"),
        (lambda raw: field(raw, 0).pop("register"), "parts[all].fields[name]", "source"),
        (lambda raw: field(raw, 0).update(options={}), "parts[all].fields[name]", "options"),
        (lambda raw: field(raw, 1).update(codes="gbt4754"), "parts[all].fields[nets]", "codes"),
        (lambda raw: field(raw, 1).update(id="name"), "", "twice"),
        (lambda raw: raw.pop("model"), "", "model"),
        (lambda raw: field(raw, 1).update(question="q1"), "question", "unknown_key"),
    ],
)
def test_what_is_wrong_is_told_by_path(tmp_path, change, path, code):
    problems = check(written(tmp_path, change))

    assert any(p.code == f"catalogue.{code}" and path in p.path for p in problems), problems


def test_a_form_with_a_fault_is_not_handed_out(tmp_path):
    with pytest.raises(PackError):
        form(written(tmp_path, lambda raw: field(raw, 1).update(answer="q99")))


def test_the_national_form_asks_every_question_once_and_says_what_is_from_memory():
    found = form("sme_level_2024")
    answers = [field.answer for field in found.fields_ if field.answer]

    assert "sme_level_2024" in available("forms")
    assert len(answers) == len(set(answers)) == 31
    assert found.confidence != "confirmed"
    assert all(field.confidence for field in found.parts[0].fields), "about the firm: from memory"
