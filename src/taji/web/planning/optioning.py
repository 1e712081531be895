"""Make the options of support from a round: its answers as the platform holds them, to the desk.

Decides what of a round goes in: the answers handed in so far and what the register says of the
firms that were asked. What an option is, ``taji.desk.optioning`` decides. The answers are written
for the time of the work alone: they stay where they are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from taji.base.identifiers import KEY
from taji.base.text import Text
from taji.catalogue.load import questionnaire_of
from taji.desk.gathering import IntakeChoices
from taji.desk.option_request import OptionsRequest
from taji.desk.optioning import Optioned, make_options
from taji.desk.steps import Steps
from taji.survey.intake.canonical import canonical_schema
from taji.web.answering.exporting import answers_frame, as_filed, of_questionnaire
from taji.web.planning.grounds import plannable
from taji.web.planning.models import Work
from taji.web.register.coding import enrolment_in_use
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case, Round
from taji.web.spreadsheets import safe_frame

__all__ = ["TABLE", "make_from_round"]

EXPORTING = Text(zh="取出答卷", en="Taking the answers")
TABLE, AS_TEXT = "options.parquet", "options.csv"
#: Of a firm that handed in, a cell that the gate would not let in today counts as not answered.
CHOICES = IntakeChoices(accept_partial=True)


def make_from_round(
    work: Work, paths: Mapping[str, Path], folder: Path, *, steps: Steps
) -> Optioned:
    """Make the table of options of a round in ``folder``.

    Raises
    ------
    TajiError
        If a pack or the file of assumptions cannot be used.
    """
    its = work.round
    assert its is not None, "a table of options is made from a round"
    grounds = plannable(its)
    assert grounds is not None, "the form lets no round through that cannot be planned for"
    steps.begin(EXPORTING)
    with tempfile.TemporaryDirectory() as place:
        request = _request(work, its, grounds, Path(place), folder, worth=paths.get("worth"))
        made = make_options(request, steps=steps)
    if not made.rejected:
        table = pl.read_parquet(folder / TABLE)
        with (folder / AS_TEXT).open("wb") as stream:
            safe_frame(table).write_csv(stream, include_bom=True)
    return made


def _request(
    work: Work,
    its: Round,
    grounds: tuple[str, str],
    place: Path,
    folder: Path,
    *,
    worth: Path | None,
) -> OptionsRequest:
    model, measures = grounds
    asked: Mapping[str, Any] = work.parameters
    _answers(its, model).write_parquet(place / "answers.parquet")
    _register(its).write_csv(place / "register.csv")
    rules = ()
    if asked["share"] is not None:
        (place / "aid.yaml").write_text(
            f"share: {asked['share'] / 100:.6g}\ncap: {asked['cap']}\n", encoding="utf-8"
        )
        rules = (place / "aid.yaml",)
    return OptionsRequest(
        answers=place / "answers.parquet",
        out=folder,
        budgets=tuple(asked["budgets"]),
        model=model,
        measures=measures,
        profile=its.profile or None,
        options=its.options or {},
        ahead=asked["ahead"],
        periods=asked["periods"],
        subsidies=rules,
        register=place / "register.csv",
        enrolment=enrolment_in_use(),
        worth=worth,
        counting=asked["counting"],
        seconds=float(asked["seconds"]),
        seed=asked["seed"],
        intake=CHOICES,
        language=asked["language"],
    )


def _answers(its: Round, model: str) -> pl.DataFrame:
    """What the firms handed in to the questionnaire of a model, as a file of answers has it."""
    asked, pack = asked_of(its), questionnaire_of(model)
    frame = of_questionnaire(as_filed(answers_frame(its), asked), asked, pack)
    own = [name for name in canonical_schema(pack) if name in frame.columns]
    return frame.select(KEY, *(name for name in own if name != KEY))


def _register(its: Round) -> pl.DataFrame:
    """The firms that were asked, as the register describes them now."""
    described = ("key", "name", "size", "district", "industry")
    rows = Case.objects.filter(round=its).order_by("organisation__key")
    found = rows.values_list(*(f"organisation__{name}" for name in described))
    schema = dict.fromkeys((KEY, *described[1:]), pl.String)
    return pl.DataFrame(list(found.iterator(chunk_size=5_000)), schema=schema, orient="row")
