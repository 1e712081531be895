"""Estimate every firm of a file under a model whose questionnaire it did not answer.

Puts the parts in order: the crosswalk, the target's program, the answers as for an
assessment, the table. Every result says that it is an estimate and not an assessment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

import taji
from taji.assess.compile import compile_model
from taji.assess.crosswalk import Bridge, bridge
from taji.assess.crosswalk_loss import crosswalk_loss, drawn, unspoken
from taji.base.text import Language, Text
from taji.catalogue.crosswalk import GROUND_LABELS, NOT_AN_ASSESSMENT, Crosswalk
from taji.catalogue.files import available
from taji.catalogue.load import crosswalk as load_crosswalk
from taji.catalogue.load import model as load_model
from taji.catalogue.load import questionnaire, questionnaire_of
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.assessing import SCORING, Assessed, canonical_rows
from taji.desk.files import keep_inputs, whole
from taji.desk.gathering import (
    REFUSED_NAME,
    IntakeChoices,
    gather,
    notes_of,
    other_keys,
    write_refused,
)
from taji.desk.steps import SILENT, Steps
from taji.engine.estimates import estimate_file, estimate_frame
from taji.report.diagnosis import OtherModel
from taji.store.manifest import fingerprint

__all__ = ["crosswalk_sheet", "estimate", "other_models", "targets_of"]

#: Beside the table: what it is, and what it rests on.
NOTE_SUFFIX = ".estimate.json"

#: Sheets drawn to say what a crosswalk leaves open, and where chance starts. [sheets]
DRAWN, SEED = 1000, 2026

WORDS = {
    "head": Text(
        zh="{title}（{key}）\n{words}。覆盖：来源问卷有所涉及的权重；"
        "损失：对照之后仍不知道的部分（均匀抽取的 {n} 份答卷的平均）。",
        en="{title} ({key})\n{words}. Coverage: share of weight of which the source says something. "
        "Loss: what is not known after the crosswalk (mean over {n} sheets drawn uniformly).",
    ),
    "columns": Text(zh="覆盖     损失     节点", en="coverage loss     node"),
    "unspoken": Text(
        zh="来源问卷没有涉及的目标答案（{n}）：{names}",
        en="Target answers of which the source says nothing ({n}): {names}",
    ),
    "grounds": Text(zh="依据：{grounds}", en="What the bounds rest on: {grounds}"),
}


def estimate(
    answers: Path,
    *,
    model: str,
    crosswalk: str,
    out: Path,
    profile: str | None = None,
    options: Mapping[str, str] | None = None,
    choices: IntakeChoices | None = None,
    language: Language = "zh",
    steps: Steps = SILENT,
) -> Assessed:
    """Estimate every firm of a file and write the tidy result, whole or not at all.

    Parameters
    ----------
    answers : Path
        File of answers to the crosswalk's source questionnaire.
    model, profile, options
        The target, as for ``taji.catalogue.load.model``.
    crosswalk : str
        Id of the source questionnaire, or id or path of a crosswalk.
    out : Path
        ``.csv`` or ``.parquet``; ``refused.csv`` and ``<out>.estimate.json`` stand beside it.
    choices : IntakeChoices, optional
        As for ``taji.survey.intake.take``.
    language : {"zh", "en"}
        Of the reasons in ``refused.csv``.
    steps : Steps
        Hears of progress.

    Raises
    ------
    TajiError
        If the file cannot be read, its columns cannot be told, or a pack cannot be used.
    """
    found = _found(crosswalk, model)
    asked = questionnaire(found.from_)
    compiled = _compiled(found, asked, model, profile, options)
    choices = choices or IntakeChoices()
    note = out.with_suffix(NOTE_SUFFIX)
    keep_inputs([answers], [out, out.parent / REFUSED_NAME, note])
    out.parent.mkdir(parents=True, exist_ok=True)
    canonical = canonical_rows(answers, asked, steps) if choices.shares is None else None
    if canonical is not None:
        lazy, others = canonical
        done = _write(lazy, compiled, out, steps)
        (out.parent / REFUSED_NAME).unlink(missing_ok=True)
        result = Assessed(f"read {done}, accepted {done}, refused 0", False, other_keys(others))
    else:
        intake = gather(answers, [asked], choices, steps=steps)
        refused = write_refused(intake, out.parent, language)
        result = Assessed(intake.summary, intake.stopped, notes_of(intake, refused))
        if intake.stopped:
            return result
        _write(intake.of(asked.id).lazy(), compiled, out, steps)
    with whole(note) as unfinished:
        text = json.dumps(_note(compiled, answers), ensure_ascii=False, indent=2)
        unfinished.write_text(text + "\n", encoding="utf-8")
    return Assessed(result.tally, False, (*result.notes, _said(compiled)))


def crosswalk_sheet(
    crosswalk: str,
    model: str,
    *,
    profile: str | None = None,
    language: Language,
    draws: int = DRAWN,
) -> str:
    """Return coverage and loss of a crosswalk for every node of its target, a line each.

    Parameters
    ----------
    crosswalk, model, profile
        As for ``estimate``.
    language : {"zh", "en"}
        Of the reader.
    draws : int
        Sheets drawn uniformly. [sheets]
    """
    found = _found(crosswalk, model)
    asked = questionnaire(found.from_)
    compiled = _compiled(found, asked, model, profile, None)
    rng = np.random.default_rng(SEED)
    table = crosswalk_loss(compiled, drawn(asked, draws, rng=rng))
    return "\n".join(_lines(compiled, table, draws, language))


def targets_of(source: Questionnaire) -> tuple[str, ...]:
    """Return the models that a crosswalk of this library leads to from a questionnaire.

    None from a bureau's own version of it: our bounds were not written for that.

    Examples
    --------
    >>> targets_of(questionnaire("sme2024"))
    ('cmmm', 'dmat', 'siri')
    """
    found = map(load_crosswalk, available("crosswalks"))
    return tuple(one.to for one in found if questionnaire(one.from_) == source)


def other_models(sheet: pl.DataFrame, source: str) -> tuple[OtherModel, ...]:
    """Return what one firm's answers say under every model that a crosswalk of ours leads to.

    A model without a total is told by its nodes, each a line.

    Parameters
    ----------
    sheet : polars.DataFrame, shape (1, any)
        Canonical answers to ``source``, with ``enterprise``.
    source : str
        Id of a questionnaire of this library.
    """
    told: list[OtherModel] = []
    for name in available("crosswalks"):
        if load_crosswalk(name).from_ == source:
            told += _told(sheet, _shipped(name))
    return tuple(told)


def _told(sheet: pl.DataFrame, compiled: Bridge) -> Iterator[OtherModel]:
    model = compiled.program.model
    rows = {row["node"]: row for row in estimate_frame(sheet, compiled).iter_rows(named=True)}
    titles = {level.id: level.title for level in model.levels}
    for node in [model.by_id["total"]] if "total" in model.by_id else model.shown:
        row = rows[node.id]
        low, high = (
            titles.get(row[end], Text.same(row[end])) for end in ("level_low", "level_high")
        )
        yield OtherModel(
            model=model.id,
            title=model.title,
            node=node.title,
            low=low,
            high=high,
            coverage=row["coverage"],
            loss=row["loss"],
        )


def _found(crosswalk: str, model: str) -> Crosswalk:
    if crosswalk in available("questionnaires"):
        return load_crosswalk(f"{crosswalk}_to_{model}")
    return load_crosswalk(crosswalk)


def _compiled(
    found: Crosswalk,
    asked: Questionnaire,
    model: str,
    profile: str | None,
    options: Mapping[str, str] | None,
) -> Bridge:
    target = load_model(model, profile=profile, options=options)
    return bridge(found, asked, compile_model(target, questionnaire_of(model)))


@lru_cache(maxsize=16)
def _shipped(name: str) -> Bridge:
    found = load_crosswalk(name)
    return _compiled(found, questionnaire(found.from_), found.to, None, None)


def _write(answers: pl.LazyFrame, compiled: Bridge, out: Path, steps: Steps) -> int:
    steps.begin(SCORING)
    done = 0

    def told(rows: int) -> None:
        nonlocal done
        done += rows
        steps.advance(done, None)

    return estimate_file(answers, compiled, out, told=told)


def _said(compiled: Bridge) -> Text:
    title = compiled.program.model.title
    return Text(
        zh=f"{title.zh}：{NOT_AN_ASSESSMENT.zh}。", en=f"{title.en}: {NOT_AN_ASSESSMENT.en}."
    )


def _note(compiled: Bridge, answers: Path) -> dict[str, object]:
    model, found = compiled.program.model, compiled.crosswalk
    return {
        "note": _said(compiled).model_dump(),
        "crosswalk": found.key,
        "confidence": found.confidence,
        "questionnaire": found.from_,
        "model": model.key,
        "profile": model.profile,
        "options": dict(model.options),
        "unspoken": list(unspoken(compiled)),
        "answers_sha256": fingerprint(answers, relative_to=answers.parent).sha256,
        "taji": taji.__version__,
    }


def _lines(compiled: Bridge, table: pl.DataFrame, draws: int, language: Language) -> Iterator[str]:
    found, model = compiled.crosswalk, compiled.program.model
    words = NOT_AN_ASSESSMENT[language]
    head = WORDS["head"][language]
    yield head.format(title=found.title[language], key=found.key, words=words, n=draws)
    if found.note is not None:
        yield found.note[language]
    grounds = [
        f"{label[language]} {sum(bound.confidence == ground for bound in found.mappings)}"
        for ground, label in GROUND_LABELS.items()
    ]
    yield WORDS["grounds"][language].format(grounds=", ".join(grounds))
    yield WORDS["columns"][language]
    for node, coverage, loss in table.iter_rows():
        title = model.by_id[node].title[language]
        yield f"{coverage:8.1%} {loss:8.1%} {node}  {title}"
    silent = unspoken(compiled)
    names = ", ".join(silent) or "-"
    yield WORDS["unspoken"][language].format(n=len(silent), names=names)
