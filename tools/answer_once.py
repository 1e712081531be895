"""Writes what each crosswalk of this library leaves open into the page on answering once.

``python tools/answer_once.py`` replaces the table of ``docs/analyst/answer-once.*.md``; a test
fails while it differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from taji.assess.compile import compile_model
from taji.assess.crosswalk import bridge
from taji.assess.crosswalk_loss import crosswalk_loss, drawn
from taji.base.text import LANGUAGES, Language
from taji.catalogue.load import available, crosswalk, model, questionnaire, questionnaire_of
from taji.city.spec import load_city
from taji.city.truth import invent
from taji.desk.estimating import DRAWN, SEED

ROOT = Path(__file__).resolve().parents[1]
START, END = "<!-- tools/answer_once.py -->", "<!-- end -->"
HEADS = {
    "zh": "| 模型 | 节点 | | 覆盖 | 损失（均匀抽取） | 损失（示范城市） |",
    "en": "| Model | Node | | Coverage | Loss, drawn uniformly | Loss, demo city |",
}


def pages() -> Iterator[tuple[Path, str]]:
    """Each page with its table as the program has it now."""
    told = list(_rows())
    for language in LANGUAGES:
        path = ROOT / "docs" / "analyst" / f"answer-once.{language}.md"
        before, rest = path.read_text(encoding="utf-8").split(START)
        after = rest.split(END)[1]
        lines = [HEADS[language], "|---|---|---|--:|--:|--:|", *(row[language] for row in told)]
        yield path, f"{before}{START}\n\n" + "\n".join(lines) + f"\n\n{END}{after}"


def _rows() -> Iterator[dict[Language, str]]:
    city = invent(load_city()).answers
    for name in available("crosswalks"):
        found = crosswalk(name)
        asked = questionnaire(found.from_)
        target = model(found.to)
        compiled = bridge(found, asked, compile_model(target, questionnaire_of(found.to)))
        sheets = drawn(asked, DRAWN, rng=np.random.default_rng(SEED))
        tables = crosswalk_loss(compiled, sheets), crosswalk_loss(compiled, city)
        told = zip(tables[0].iter_rows(), tables[1].get_column("loss"), strict=True)
        for (node, coverage, loss), loss_in_city in told:
            if _named(node):
                figures = f"{coverage:.0%} | {loss:.0%} | {loss_in_city:.0%}"
                title = target.by_id[node].title
                yield {
                    language: f"| {found.to} | `{node}` | {title[language]} | {figures} |"
                    for language in LANGUAGES
                }


def _named(node: str) -> bool:
    """Sub-domains by level are many; ``taji models crosswalk`` lists them."""
    return "." not in node


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
