"""The diagnosis of what a firm handed in, and its report.

Decides which answers are diagnosed (the version that counts) and among whom the firm is placed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

import polars as pl

from taji.base.identifiers import KEY
from taji.base.text import Language
from taji.catalogue.files import available
from taji.catalogue.form import Form
from taji.catalogue.load import form, form_reads
from taji.desk.diagnosing import Diagnosis, diagnose, program_of
from taji.desk.estimating import other_models, targets_of
from taji.desk.filling import fill
from taji.engine.local import score_frame
from taji.report.blocks import Table
from taji.report.diagnosis import NodeScore, OtherModel
from taji.report.firm_document import firm_document
from taji.report.firm_docx import write_firm_docx
from taji.report.firm_story import FirmStory, others_tables, tell_firm
from taji.report.phrases import Phrases
from taji.web.answering.exporting import columns_of, of_questionnaire
from taji.web.answering.models import Submission
from taji.web.answering.peers import domains_of_peers, groups_of, peers_for
from taji.web.answering.sureness import kept_chance
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Round

__all__ = [
    "MOST_PARTS",
    "diagnosis_of",
    "estimable",
    "estimates_of",
    "estimates_table",
    "filled_form",
    "forms_of",
    "parts_of",
    "report",
    "story_of",
]

#: More parts than this and only the first depth of the tree is drawn. [nodes]
MOST_PARTS = 18


def frame_of(submission: Submission) -> pl.DataFrame:
    """Return a version that was handed in as canonical answers. One row."""
    case = submission.sheet.case
    columns = columns_of([submission.answers], asked_of(case.round))
    return pl.DataFrame({KEY: [case.organisation.key], **columns})


def diagnosis_of(submission: Submission, model: str) -> Diagnosis:
    """Diagnose a version under one of the round's models."""
    case = submission.sheet.case
    its, firm = case.round, case.organisation
    peers = peers_for(its, model)
    program = program_of(model, profile=its.profile or None, options=its.options or None)
    return diagnose(
        of_questionnaire(frame_of(submission), asked_of(its), program.questionnaire),
        program=program,
        peers=peers,
        groups=None if peers is None else groups_of(peers, firm),
        domains=() if peers is None else domains_of_peers(peers),
        firm=firm.name,
        occasion=its.title,
        simulated=its.simulated or firm.invented,
        chance=kept_chance(submission, model),
    )


def estimable(its: Round) -> tuple[str, ...]:
    """Return the models under which a round's answers give an estimate, and not a level already."""
    found = (target for asked in asked_of(its).questionnaires for target in targets_of(asked))
    return tuple(target for target in found if target not in its.model_ids)


def estimates_of(submission: Submission) -> tuple[OtherModel, ...]:
    """Return what a version says under other models: estimates, no assessments."""
    its = submission.sheet.case.round
    asked, wanted = asked_of(its), estimable(its)
    frame = frame_of(submission)
    return tuple(
        other
        for pack in asked.questionnaires
        if set(targets_of(pack)) & set(wanted)
        for other in other_models(of_questionnaire(frame, asked, pack), pack.id)
        if other.model in wanted
    )


def estimates_table(submission: Submission, language: Language) -> tuple[Table, ...]:
    """Return the same as the table that the report has; none where nothing can be estimated."""
    return others_tables(estimates_of(submission), Phrases(language))


def story_of(diagnosis: Diagnosis, language: Language) -> FirmStory:
    """Return the diagnosis in words: those of the report. Pages draw their own pictures."""
    return tell_firm(diagnosis, language=language)


def parts_of(diagnosis: Diagnosis) -> list[NodeScore]:
    """Return the parts of the total that are drawn: its children, and theirs where they are few."""
    first = {node.node for node in diagnosis.nodes if node.parent == "total"}
    both = [
        node
        for node in diagnosis.nodes
        if node.parent == "total" or (node.parent in first and not node.leaf)
    ]
    if len(both) > MOST_PARTS:
        both = [node for node in both if node.parent == "total"][:MOST_PARTS]
    return [node for node in both if node.score is not None]


def forms_of(its: Round) -> tuple[Form, ...]:
    """Return the forms of upper levels that a round's answers can fill."""
    asked = asked_of(its).questionnaires
    return tuple(form(name) for name in available("forms") if form_reads(name)[0] in asked)


def filled_form(submission: Submission, name: str, language: Language) -> bytes:
    """Return a form filled from what the firm answered once. [XLSX]"""
    case = submission.sheet.case
    firm, its = case.organisation, case.round
    asked, model = form_reads(name)
    answers = of_questionnaire(frame_of(submission), asked_of(its), asked)
    known = {KEY: firm.key, "name": firm.name, **{k: str(v) for k, v in firm.attributes.items()}}
    known |= {k: v for k in ("district", "industry", "size") if (v := getattr(firm, k))}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.xlsx"
        fill(
            name,
            answers,
            register=pl.DataFrame({k: [v] for k, v in known.items()}),
            scores=None if model is None else score_frame(answers, program_of(model.id)),
            out=path,
            language=language,
            simulated=its.simulated or firm.invented,
        )
        return path.read_bytes()


def report(diagnosis: Diagnosis, kind: Literal["pdf", "docx"], language: Language) -> bytes:
    """Return the firm's report as a file."""
    if kind == "pdf":
        return firm_document(diagnosis, language=language)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.docx"
        write_firm_docx(diagnosis, path, language=language)
        return path.read_bytes()
