"""The portrait of a city, from a file of answers to page, PDF, workbook, figures and manifest.

Puts the parts in order and decides which file each becomes. Files are made in a folder of their
own and moved in when all are whole, the manifest last: a run that fails leaves no half portrait.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

import taji
from taji.assess.compile import compile_model
from taji.assess.why import why as reasons
from taji.base.text import Text
from taji.desk.choosing import Chosen
from taji.desk.comparing import place_firms
from taji.desk.figures import Figures
from taji.desk.files import keep_inputs
from taji.desk.gathering import REFUSED_NAME, notes_of, write_refused
from taji.desk.joining import is_simulated
from taji.desk.packs_used import packs_used
from taji.desk.request import PortraitRequest
from taji.desk.rounds import answered, figures_of, joined
from taji.desk.segmenting import SEED
from taji.desk.steps import SILENT, Steps
from taji.desk.telling import tell
from taji.report.content import PortraitContent
from taji.report.document import write_pdf
from taji.report.fonts import family
from taji.report.page import write_html
from taji.report.workbook import write_xlsx
from taji.store.manifest import MANIFEST_NAME, Manifest, code_digest, environment, fingerprint

__all__ = ["OUTPUTS", "Portrayed", "portray"]

#: Files of a portrait that the manifest vouches for.
OUTPUTS = (
    "portrait.html",
    "portrait.pdf",
    "portrait.xlsx",
    "estimates.csv",
    "scores.parquet",
    "places.csv",
    "why.csv",
)
DRAWING = Text(zh="生成报告", en="Drawing the report")


@dataclass(frozen=True, slots=True)
class Portrayed:
    """What was done with a file of answers.

    Attributes
    ----------
    page : Path or None
        The report; None where the data was refused.
    tally : str
        ``read N, accepted A, refused R``, in rows.
    rejected : bool
        The data was refused as a whole; no portrait was made.
    notes : tuple of Text
        What a person should hear.
    """

    page: Path | None
    tally: str
    rejected: bool
    notes: tuple[Text, ...]


def portray(request: PortraitRequest, out: Path, *, steps: Steps = SILENT) -> Portrayed:
    """Make the portrait and write it into ``out``.

    Raises
    ------
    TajiError
        If a file cannot be read, the design does not fit the rows, or a pack cannot be used.
    """
    inputs = (request.answers, request.design, request.register)
    keep_inputs(inputs, [out / name for name in (*OUTPUTS, MANIFEST_NAME, REFUSED_NAME)])
    came = answered(request, steps=steps)
    asked, chosen, intake = came.asked, came.chosen, came.intake
    out.mkdir(parents=True, exist_ok=True)
    notes = notes_of(intake, write_refused(intake, out, request.language))
    if intake.stopped:
        return Portrayed(None, intake.summary, True, notes)

    rows = joined(came)
    answers, by, sheets = rows.answers, rows.by, rows.sheets
    with ThreadPoolExecutor(1) as beside:  # reasons wait for nothing but the sheets
        why = beside.submit(_reasons, sheets, chosen)
        figures = figures_of(came, rows, steps=steps)
        simulated = request.simulated or is_simulated(answers)
        content = tell(
            request,
            intake,
            rows.firms,
            figures,
            rows.design,
            sheets,
            asked,
            chosen,
            by,
            simulated=simulated,
            steps=steps,
        )
        makers = {
            **_published(content, request, steps),
            **_about_firms(figures, why, chosen, by, request.confidence),
        }
        _write(makers, out)
    _manifest(request, chosen, simulated, out, tuple(makers)).write(out)
    return Portrayed(out / "portrait.html", intake.summary, False, notes)


Maker = Callable[[Path], object]


def _published(
    content: PortraitContent, request: PortraitRequest, steps: Steps
) -> dict[str, Maker]:
    """What may leave the bureau."""
    language = request.language
    steps.begin(DRAWING)
    return {
        "estimates.csv": lambda path: _write_estimates(content.estimates, path),
        "portrait.html": lambda path: write_html(content, path, language=language),
        "portrait.pdf": lambda path: write_pdf(content, path, language=language),
        "portrait.xlsx": lambda path: write_xlsx(content, path, language=language),
    }


def _write_estimates(estimates: pl.DataFrame, path: Path) -> None:
    """Write the contract's table: what a row does not have is an empty cell, not an empty text."""
    keys = pl.col("option", "by", "group")
    estimates.with_columns(pl.when(keys != "").then(keys).name.keep()).write_csv(path)


def _about_firms(
    figures: Figures,
    why: Future[pl.DataFrame],
    chosen: Sequence[Chosen],
    by: Sequence[str],
    confidence: float,
) -> dict[str, Maker]:
    """What stays inside: scores, places among peers and reasons of single firms."""
    if not chosen:
        return {"scores.parquet": figures.scores.write_parquet}
    places = place_firms(figures, chosen, by, confidence=confidence)
    return {
        "scores.parquet": figures.scores.write_parquet,
        "places.csv": places.write_csv,
        "why.csv": lambda path: why.result().write_csv(path),
    }


def _reasons(sheets: Mapping[str, pl.DataFrame], chosen: Sequence[Chosen]) -> pl.DataFrame:
    """What holds every firm's level down, under every model."""
    found = [reasons(sheets[c.asked.id], compile_model(c.model, c.asked)) for c in chosen]
    return pl.concat(found) if found else pl.DataFrame()


def _write(makers: dict[str, Maker], out: Path) -> None:
    """Make every file apart, then move all in; files of an earlier portrait go."""
    with tempfile.TemporaryDirectory(dir=out, prefix=".unfinished-") as made:
        for name, make in makers.items():
            make(Path(made) / name)
        for name in (*OUTPUTS, MANIFEST_NAME):
            (out / name).unlink(missing_ok=True)
        for name in makers:
            (Path(made) / name).replace(out / name)


def _manifest(
    request: PortraitRequest,
    chosen: Sequence[Chosen],
    simulated: bool,
    out: Path,
    made: Sequence[str],
) -> Manifest:
    return Manifest(
        command="portrait",
        arguments=request.arguments(),
        version=taji.__version__,
        code=code_digest(),
        seed=SEED,
        simulated=simulated,
        inputs={n: fingerprint(p, relative_to=out) for n, p in request.inputs.items()},
        packs=packs_used(request, chosen),
        libraries=environment({"font": family()}),
        outputs={name: fingerprint(out / name, relative_to=out) for name in made},
    )
