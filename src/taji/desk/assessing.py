"""Score and grade every firm of a file under one model.

A file of answers in any dialect goes through intake. A Parquet file that is canonical already
(types and names as intake would make them) is checked in one scan and scored batch by batch,
so that a nation's answers need no more memory than a city's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from taji.assess.compile import Program, compile_model
from taji.assess.why import why as reasons
from taji.base.errors import TajiError
from taji.base.identifiers import KEY
from taji.base.text import Language, Text
from taji.catalogue.load import model as load_model
from taji.catalogue.load import questionnaire_of
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.chancing import grounds_in_words, how_sure, open_programs
from taji.desk.files import keep_inputs, whole, write_table
from taji.desk.gathering import (
    REFUSED_NAME,
    IntakeChoices,
    gather,
    no_row_read,
    notes_of,
    other_keys,
    write_refused,
)
from taji.desk.steps import SILENT, Steps
from taji.engine.local import score_file
from taji.store.parquet import check_scannable
from taji.survey.intake import check_canonical, is_canonical

__all__ = [
    "SCORING",
    "Assessed",
    "ChancesAsked",
    "NoPairsError",
    "PairsRefusedError",
    "assess",
    "canonical_rows",
]

WHY_SUFFIX = ".why.csv"
#: What ``--chances`` writes beside the scores.
CHANCES_SUFFIX, FIRMS_SUFFIX = ".chances.csv", ".chances_firms.csv"
READINGS_SUFFIX, RELIABILITY_SUFFIX = ".chances_readings.csv", ".reliability.csv"
SCORING = Text(zh="评分定级", en="Scoring")
CHECKING = Text(zh="检查答卷", en="Checking the answers")
EXPLAINING = Text(zh="说明原因", en="Saying why")
DRAWING = Text(zh="计算等级的把握", en="Asking how sure the levels are")


class NoPairsError(TajiError):
    """A second track is about other firms."""

    code = "desk.no_pairs"
    sentences = {
        "en": "None of the {firms} firms in {file} is among the answers, so nothing can be compared. "
        "Give a file about the same firms, with the same keys.",
        "zh": "{file} 中的 {firms} 家企业都不在答卷里，无法比较。请提供同一批企业的文件，企业标识须一致。",
    }


class PairsRefusedError(TajiError):
    """A second track was refused as a whole."""

    code = "desk.pairs_refused"
    sentences = {
        "en": "{file} was refused as a whole ({tally}). `taji assess {file}` lists the reasons; "
        "correct the file and run again.",
        "zh": "{file} 整份未被接受（{tally}）。用 `taji assess {file}` 可逐一查看原因，改正后重新运行。",
    }


@dataclass(frozen=True, slots=True)
class ChancesAsked:
    """That the probability of every level is wanted.

    Attributes
    ----------
    expert, repeat : Path or None
        Answers that experts found, and that firms gave again, about some of the firms.
    draws : int or None
        For each firm; None: as the library's rule says.
    seed : int
    """

    expert: Path | None = None
    repeat: Path | None = None
    draws: int | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Assessed:
    """What was done with a file of answers.

    Attributes
    ----------
    tally : str
        ``read N, accepted A, refused R``, in rows.
    rejected : bool
        The data was refused as a whole; nothing was scored.
    notes : tuple of Text
        What a person should hear.
    """

    tally: str
    rejected: bool
    notes: tuple[Text, ...]


def assess(
    answers: Path,
    *,
    model: str,
    out: Path,
    profile: str | None = None,
    options: Mapping[str, str] | None = None,
    why: bool = False,
    sure: ChancesAsked | None = None,
    shares: str | None = None,
    duplicates: str = "error",
    max_errors: int = 10_000,
    accept_partial: bool = False,
    sheet: str | None = None,
    language: Language = "zh",
    steps: Steps = SILENT,
) -> Assessed:
    """Score every firm of a file and write the tidy result, whole or not at all.

    Parameters
    ----------
    answers : Path
        File of answers.
    model, profile, options
        As for ``taji.catalogue.load.model``.
    out : Path
        ``.csv`` or ``.parquet``; ``refused.csv`` stands beside it.
    why : bool
        Also write ``<out>.why.csv``.
    sure : ChancesAsked, optional
        Also write how sure each level is: ``<out>.chances.csv``, ``<out>.chances_firms.csv``,
        ``<out>.chances_readings.csv`` and ``<out>.reliability.csv``.
    shares, duplicates, max_errors, accept_partial, sheet
        As for ``taji.survey.intake.take``.
    language : {"zh", "en"}
        Of the reasons in ``refused.csv``.
    steps : Steps
        Hears of progress.

    Raises
    ------
    TajiError
        If the file cannot be read, its columns cannot be told, or the model cannot be used.
    """
    chosen = load_model(model, profile=profile, options=options)
    asked = questionnaire_of(model)
    program = compile_model(chosen, asked)
    choices = IntakeChoices(
        shares=shares,
        duplicates=duplicates,
        max_errors=max_errors,
        accept_partial=accept_partial,
        sheet=sheet,
    )
    beside = (WHY_SUFFIX, CHANCES_SUFFIX, FIRMS_SUFFIX, READINGS_SUFFIX, RELIABILITY_SUFFIX)
    tracks = () if sure is None else (sure.expert, sure.repeat)
    keep_inputs(
        [answers, *tracks],
        [out, out.parent / REFUSED_NAME, *(out.with_suffix(suffix) for suffix in beside)],
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    canonical = canonical_rows(answers, asked, steps) if shares is None else None
    if canonical is not None:
        lazy, others = canonical
        done = _score(lazy, program, out, steps)
        (out.parent / REFUSED_NAME).unlink(missing_ok=True)
        result = Assessed(f"read {done}, accepted {done}, refused 0", False, other_keys(others))
    else:
        intake = gather(answers, [asked], choices, steps=steps)
        refused = write_refused(intake, out.parent, language)
        lazy = intake.of(asked.id).lazy()
        result = Assessed(intake.summary, intake.stopped, notes_of(intake, refused))
        if intake.stopped:
            return result
        _score(lazy, program, out, steps)
    if why:
        _explain(lazy, program, out, steps)
    if sure is None:
        return result
    programs = open_programs(model, profile=profile, options=options)
    grounds = _chances(lazy.collect(), programs, sure, choices, out, steps)
    return replace(result, notes=(*result.notes, *grounds))


def canonical_rows(
    path: Path, asked: Questionnaire, steps: Steps
) -> tuple[pl.LazyFrame, int] | None:
    """The answers as they lie and how many keys are no codes, if nothing in them is wrong."""
    if path.suffix.lower() != ".parquet":
        return None
    steps.begin(CHECKING)
    with no_row_read():
        check_scannable(path)
    lazy = pl.scan_parquet(path)
    try:
        if not is_canonical(lazy.collect_schema(), [asked]):
            return None
        found = check_canonical(lazy, [asked])
        return (lazy, found.keys_other) if found.ok else None
    except pl.exceptions.PolarsError:
        return None  # intake says what is wrong with the file, row and column


def _score(answers: pl.LazyFrame, program: Program, out: Path, steps: Steps) -> int:
    steps.begin(SCORING)
    done = 0

    def told(rows: int) -> None:
        nonlocal done
        done += rows
        steps.advance(done, None)

    return score_file(answers, program, out, told=told).firms


def _explain(answers: pl.LazyFrame, program: Program, out: Path, steps: Steps) -> None:
    steps.begin(EXPLAINING)
    with whole(out.with_suffix(WHY_SUFFIX)) as unfinished:
        write_table(reasons(answers.collect(), program), unfinished)


def _chances(
    answers: pl.DataFrame,
    programs: tuple[Program, ...],
    asked: ChancesAsked,
    choices: IntakeChoices,
    out: Path,
    steps: Steps,
) -> tuple[Text, ...]:
    """Write how sure the levels are; return what that rests on."""
    expert, repeat = (
        None if path is None else _track(path, answers, programs[0], choices, steps)
        for path in (asked.expert, asked.repeat)
    )
    steps.begin(DRAWING)
    found = how_sure(
        answers, programs, expert=expert, repeat=repeat, draws=asked.draws, seed=asked.seed
    )
    tables = {
        CHANCES_SUFFIX: found.chances.levels,
        FIRMS_SUFFIX: found.chances.firms,
        READINGS_SUFFIX: found.chances.readings,
        RELIABILITY_SUFFIX: found.tables,
    }
    for suffix, table in tables.items():
        write_table(table, out.with_suffix(suffix))
    return grounds_in_words(found)


def _track(
    path: Path, answers: pl.DataFrame, program: Program, choices: IntakeChoices, steps: Steps
) -> pl.DataFrame:
    """Read the second answers about some of the firms."""
    intake = gather(path, [program.questionnaire], choices, steps=steps)
    if intake.stopped:
        raise PairsRefusedError(file=str(path), tally=intake.summary)
    track = intake.of(program.questionnaire.id)
    if track.join(answers, on=KEY, how="semi").is_empty():
        raise NoPairsError(file=str(path), firms=track.height)
    return track
