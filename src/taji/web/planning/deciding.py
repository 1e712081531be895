"""Let the desk decide: one call for each kind of work, its files in a folder of their own.

Decides which verb of the desk a kind stands for and what is kept of what it says. Values, bounds
and proofs are the desk's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage

from taji.base.text import Text
from taji.desk.funding import FundingRequest, fund
from taji.desk.matching_needs import match_needs
from taji.desk.panel_assigning import assign_panels
from taji.desk.panel_ranking import rank_panel
from taji.desk.steps import Steps
from taji.web.planning.models import Kind, Work
from taji.web.uploads import TABLES

__all__ = ["FILES", "STEPS", "Decided", "decide"]

JSON = (".json",)
#: The files of each kind of work, and how their names may end.
FILES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    Kind.PORTFOLIO: {"options": TABLES, "limits": JSON, "floors": JSON},
    Kind.MATCHING: {"needs": TABLES, "providers": TABLES},
    Kind.PANEL: {"affinity": TABLES},
    Kind.RANKING: {"ratings": TABLES},
}
#: What the desk begins, about. [steps]
STEPS = 5
#: What stands in place of the server's folder in a sentence.
HERE = Text(zh="下列文件", en="the files below")


@dataclass(frozen=True, slots=True)
class Decided:
    """What the desk says, and whether it found what was asked for."""

    sentences: tuple[Text, ...]
    feasible: bool = True


def decide(work: Work, folder: Path, *, steps: Steps) -> Decided:
    """Let the desk work in ``folder``.

    Raises
    ------
    TajiError
        If a file cannot be used, or nothing keeps the rules.
    """
    paths = {name: Path(default_storage.path(one["stored"])) for name, one in work.files.items()}
    decided = _VERBS[work.kind](paths, work.parameters, folder, steps)
    where = str(folder)
    told = tuple(
        Text(
            zh=one.zh.replace(f" {where}", HERE.zh).replace(where, HERE.zh),
            en=one.en.replace(where, HERE.en),
        )
        for one in decided.sentences
    )
    return Decided(told, decided.feasible)


Paths = Mapping[str, Path]
Asked = Mapping[str, Any]


def _portfolio(paths: Paths, asked: Asked, folder: Path, steps: Steps) -> Decided:
    request = FundingRequest(
        options=paths["options"],
        limits=paths["limits"],
        floors=paths.get("floors"),
        report=True,
        out=folder,
        **asked,
    )
    funded = fund(request, steps=steps)
    return Decided(funded.sentences, funded.feasible)


def _matching(paths: Paths, asked: Asked, folder: Path, steps: Steps) -> Decided:
    written = match_needs(paths["needs"], paths["providers"], out=folder, steps=steps, **asked)
    return Decided((written.sentence,))


def _panel(paths: Paths, asked: Asked, folder: Path, steps: Steps) -> Decided:
    return Decided((assign_panels(paths["affinity"], out=folder, steps=steps, **asked).sentence,))


def _ranking(paths: Paths, asked: Asked, folder: Path, steps: Steps) -> Decided:
    ranked = rank_panel(paths["ratings"], out=folder, steps=steps, **asked)
    return Decided((ranked.sentence, *ranked.notes))


_VERBS: Mapping[str, Callable[[Paths, Asked, Path, Steps], Decided]] = {
    Kind.PORTFOLIO: _portfolio,
    Kind.MATCHING: _matching,
    Kind.PANEL: _panel,
    Kind.RANKING: _ranking,
}
