"""Let the desk decide: one call for each kind of work, its files in a folder of their own.

Decides which verb of the desk a kind stands for and what is kept of what it says. Values, bounds
and proofs are the desk's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import default_storage

from taji.base.text import Language, Text
from taji.desk.funding import FundingRequest, fund
from taji.desk.matching_needs import match_needs
from taji.desk.panel_assigning import assign_panels
from taji.desk.panel_ranking import rank_panel
from taji.desk.steps import Steps
from taji.web.planning.models import Kind, Work
from taji.web.planning.optioning import make_from_round
from taji.web.publishing.making import Refused
from taji.web.rounds.models import Round
from taji.web.uploads import TABLES

__all__ = ["FILES", "STEPS", "Decided", "decide"]

JSON, YAML = (".json",), (".yaml", ".yml")
#: The files of each kind of work, and how their names may end.
FILES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    Kind.OPTIONS: {"worth": YAML},
    Kind.PORTFOLIO: {"options": TABLES, "limits": JSON, "floors": JSON},
    Kind.MATCHING: {"needs": TABLES, "providers": TABLES},
    Kind.PANEL: {"affinity": TABLES},
    Kind.RANKING: {"ratings": TABLES},
}
#: What the desk begins, about. [steps]
STEPS = 5
#: What stands in place of the server's folder in a sentence.
HERE = Text(zh="下列文件", en="the files below")
OPEN_STILL = Text(
    zh="本轮仍在填报：以后提交的答卷不在这些选项之内。",
    en="The round is still open: answers handed in later are not in these options.",
)


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
    decided = _VERBS[work.kind](work, paths, folder, steps)
    where = str(folder)
    told = tuple(
        Text(zh=_here(one.zh, where, "zh"), en=_here(one.en, where, "en"))
        for one in decided.sentences
    )
    return Decided(told, decided.feasible)


def _here(sentence: str, folder: str, spoken: Language) -> str:
    """A sentence without the server's folder: at its end nothing, inside it what is on the page."""
    ends = re.sub(rf"[:：] ?{re.escape(folder)}(?=[。.]|$)", "", sentence)
    return ends.replace(f" {folder}" if spoken == "zh" else folder, HERE[spoken]).replace(
        folder, HERE[spoken]
    )


Paths = Mapping[str, Path]


def _options(work: Work, paths: Paths, folder: Path, steps: Steps) -> Decided:
    made = make_from_round(work, paths, folder, steps=steps)
    if made.rejected:
        raise Refused(made.tally)
    assert work.round is not None, "a table of options is made from a round"
    as_yet = (OPEN_STILL,) if work.round.state == Round.State.OPEN else ()
    return Decided((*made.notes, *as_yet, *made.heard), feasible=made.summary["options"] > 0)


def _portfolio(work: Work, paths: Paths, folder: Path, steps: Steps) -> Decided:
    request = FundingRequest(
        options=paths["options"],
        limits=paths["limits"],
        floors=paths.get("floors"),
        report=True,
        out=folder,
        **work.parameters,
    )
    funded = fund(request, steps=steps)
    return Decided(funded.sentences, funded.feasible)


def _matching(work: Work, paths: Paths, folder: Path, steps: Steps) -> Decided:
    written = match_needs(
        paths["needs"], paths["providers"], out=folder, steps=steps, **work.parameters
    )
    return Decided((written.sentence,))


def _panel(work: Work, paths: Paths, folder: Path, steps: Steps) -> Decided:
    assigned = assign_panels(paths["affinity"], out=folder, steps=steps, **work.parameters)
    return Decided((assigned.sentence,))


def _ranking(work: Work, paths: Paths, folder: Path, steps: Steps) -> Decided:
    ranked = rank_panel(paths["ratings"], out=folder, steps=steps, **work.parameters)
    return Decided((ranked.sentence, *ranked.notes))


_VERBS: Mapping[str, Callable[[Work, Paths, Path, Steps], Decided]] = {
    Kind.OPTIONS: _options,
    Kind.PORTFOLIO: _portfolio,
    Kind.MATCHING: _matching,
    Kind.PANEL: _panel,
    Kind.RANKING: _ranking,
}
