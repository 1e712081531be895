"""Words that mean one thing."""

from __future__ import annotations

from taji.catalogue.check import check
from taji.catalogue.load import thesaurus


def test_the_trade_has_its_words_in_both_languages():
    pack = thesaurus("manufacturing")

    assert {"mes", "erp", "aps", "vision", "maintenance"} <= set(pack.by_id)
    assert pack.confidence == "house"


def test_a_word_that_means_two_things_is_refused_with_both(tmp_path):
    file = tmp_path / "words.yaml"
    file.write_text(
        "id: words\nversion: '1.0'\ntitle: {zh: 词, en: words}\nsource: [own]\nconfidence: house\n"
        "concepts:\n"
        "  - {id: mes, label: {zh: 执行, en: execution}, aliases: [MES]}\n"
        "  - {id: other, label: {zh: 其他, en: other}, aliases: [ｍｅｓ]}\n",
        "utf-8",
    )

    (problem,) = check(file)

    assert problem.code == "catalogue.ambiguous"
    assert "mes" in problem.reason.en
    assert "other" in problem.reason.en
