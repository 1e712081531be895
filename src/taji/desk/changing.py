"""What changed in the city between two rounds, from two files of answers to one table and manifest.

Reads both rounds as a portrait does and hands them to ``taji.compare.change``. Decides nothing about
numbers; what either round withholds is withheld.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

import taji
from taji.base.identifiers import KEY
from taji.base.text import Language, Text
from taji.compare.change import Round, change
from taji.desk.figures import tabulated
from taji.desk.files import keep_inputs, write_table
from taji.desk.gathering import notes_of, write_refused
from taji.desk.joining import is_simulated
from taji.desk.packs_used import packs_used
from taji.desk.request import PortraitRequest
from taji.desk.rounds import Answered, answered, figures_of, joined
from taji.desk.steps import SILENT, Steps
from taji.store.manifest import MANIFEST_NAME, Manifest, code_digest, environment, fingerprint

__all__ = ["CHANGE_NAME", "COMMAND", "Changed", "compare_rounds", "requests_of"]

CHANGE_NAME = "change.csv"
#: What the manifest calls this.
COMMAND = "compare"
#: Folders beside the result for what each round refused.
BEFORE, AFTER = "before", "after"

COMPARING = Text(zh="比较两期", en="Comparing the rounds")


@dataclass(frozen=True, slots=True)
class Changed:
    """What was compared.

    Attributes
    ----------
    table : Path or None
        ``change.csv``; None where the data of a round was refused.
    tallies : tuple of str
        ``read N, accepted A, refused R`` of both rounds, in rows.
    rejected : bool
        A round was refused as a whole; nothing was compared.
    firms_before, firms_after, firms_both : int
        Firms that answered in either round and in both.
    rows, suppressed : int
        Rows of the table, and those of them that are withheld.
    notes : tuple of Text
        What a person should hear.
    """

    table: Path | None
    tallies: tuple[str, str]
    rejected: bool
    firms_before: int
    firms_after: int
    firms_both: int
    rows: int
    suppressed: int
    notes: tuple[Text, ...]


def compare_rounds(
    before: PortraitRequest,
    after: PortraitRequest,
    out: Path,
    *,
    language: Language | None = None,
    steps: Steps = SILENT,
) -> Changed:
    """Compare two rounds and write ``change.csv`` into ``out``, with its manifest.

    Parameters
    ----------
    before, after : PortraitRequest
        As for their portraits. The confidence of the later round is taken for both.
    out : Path
        Folder; what a round refused is listed in ``before/`` and ``after/`` there.
    language : {"zh", "en"}, optional
        Of the lists of refusals; None: that of the later request.
    steps : Steps
        Hears of progress.

    Raises
    ------
    TajiError
        As ``taji.desk.portraying.portray``; and if the rounds have nothing in common.
    """
    before = replace(before, confidence=after.confidence)
    requests = {BEFORE: before, AFTER: after}
    for request in requests.values():
        keep_inputs(
            (request.answers, request.design, request.register),
            [out / CHANGE_NAME, out / MANIFEST_NAME],
        )
    came = {name: answered(request, steps=steps) for name, request in requests.items()}
    spoken = language or after.language
    notes = [note for name, one in came.items() for note in _notes(name, one, out, spoken)]
    keys = {name: set(_keys(one)) for name, one in came.items()}
    rejected = any(one.intake.stopped for one in came.values())
    table = None if rejected else _compared(came[BEFORE], came[AFTER], steps)
    if table is not None:
        (out / MANIFEST_NAME).unlink(missing_ok=True)
        write_table(table, out / CHANGE_NAME)
        _manifest(came, out).write(out)
        notes.append(_shared(keys[BEFORE], keys[AFTER]))
    return Changed(
        table=None if table is None else out / CHANGE_NAME,
        tallies=(came[BEFORE].intake.summary, came[AFTER].intake.summary),
        rejected=rejected,
        firms_before=len(keys[BEFORE]),
        firms_after=len(keys[AFTER]),
        firms_both=len(keys[BEFORE] & keys[AFTER]),
        rows=0 if table is None else table.height,
        suppressed=0 if table is None else int(table["suppressed"].sum()),
        notes=tuple(notes),
    )


def _compared(before: Answered, after: Answered, steps: Steps) -> pl.DataFrame:
    earlier, later = (_round(one, steps) for one in (before, after))
    steps.begin(COMPARING)
    return change(earlier, later)


def _round(came: Answered, steps: Steps) -> Round:
    """A round as published; benchmark figures are the same answers counted once more."""
    rows = joined(came)
    figures = figures_of(came, rows, steps=steps)
    measures = tabulated(came.asked, [one.model for one in came.chosen], rows.design)
    own = figures.protected.estimates.filter(
        pl.col("question").is_in([measure.question for measure in measures])
    )
    return Round(figures.frame, figures.sample, measures, own)


def _manifest(came: Mapping[str, Answered], out: Path) -> Manifest:
    """What the table rests on: both rounds, each as for its portrait."""
    return Manifest(
        command=COMMAND,
        arguments={name: one.request.arguments() for name, one in came.items()},
        version=taji.__version__,
        code=code_digest(),
        seed=None,
        simulated=any(
            one.request.simulated or is_simulated(one.intake.of(one.asked.id))
            for one in came.values()
        ),
        inputs={
            f"{name} {kind}": fingerprint(path, relative_to=out)
            for name, one in came.items()
            for kind, path in one.request.inputs.items()
        },
        packs={
            k: v for one in came.values() for k, v in packs_used(one.request, one.chosen).items()
        },
        libraries=environment(),
        outputs={CHANGE_NAME: fingerprint(out / CHANGE_NAME, relative_to=out)},
    )


def requests_of(manifest: Manifest, folder: Path) -> tuple[PortraitRequest, PortraitRequest]:
    """Take both requests back from the manifest of a comparison in ``folder``."""

    def request(name: str) -> PortraitRequest:
        files = {
            kind.removeprefix(f"{name} "): folder / record.path
            for kind, record in manifest.inputs.items()
            if kind.startswith(f"{name} ")
        }
        return PortraitRequest.from_arguments(manifest.arguments[name], files)

    return request(BEFORE), request(AFTER)


def _keys(came: Answered) -> list[str]:
    return [] if came.intake.stopped else came.intake.of(came.asked.id)[KEY].to_list()


def _notes(name: str, came: Answered, out: Path, language: Language) -> list[Text]:
    folder = out / name
    if came.intake.refusals_found:
        folder.mkdir(parents=True, exist_ok=True)
    title = {BEFORE: Text(zh="前期", en="Before"), AFTER: Text(zh="后期", en="After")}[name]
    refused = write_refused(came.intake, folder, language)
    return [
        Text(zh=f"{title.zh}：{note.zh}", en=f"{title.en}: {note.en}")
        for note in notes_of(came.intake, refused)
    ]


def _shared(before: set[str], after: set[str]) -> Text:
    both = len(before & after)
    return Text(
        zh=f"前期 {len(before)} 家、后期 {len(after)} 家企业作答，其中 {both} 家两期都作答；"
        "变化的区间已计入这一重叠。",
        en=f"{len(before)} firms answered before and {len(after)} after, {both} of them in both "
        "rounds; the intervals of the changes take that into account.",
    )
