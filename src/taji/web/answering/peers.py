"""Keep the scores that a round's firms are placed among: one file a model, made in the background.

Decides when they are made (soon after the first submission, then every few minutes while firms
hand in) and where they lie. How a firm is placed is ``taji.compare.placing``'s.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import polars as pl
from django.conf import settings
from django.db import transaction

from taji.base.identifiers import KEY
from taji.base.text import Text
from taji.catalogue.chances import chance_rule
from taji.catalogue.files import available
from taji.catalogue.load import register
from taji.compare.placing import PeerScores
from taji.desk.diagnosing import program_of
from taji.desk.placing import load_peers, peers_of, save_peers
from taji.engine.local import score_frame
from taji.report.content import Domain
from taji.survey.design import Design
from taji.web.answering.exporting import (
    SIZE,
    STRATUM,
    WEIGHT,
    answers_frame,
    of_questionnaire,
)
from taji.web.answering.models import PeerFile
from taji.web.answering.sureness import make_chances
from taji.web.people.models import Organisation
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Round

__all__ = ["ask_for_peers", "domains_of_peers", "groups_of", "make_peers", "peers_for"]

#: Time between two makings while firms hand in, and after which a lost job is asked for anew.
PAUSE, LOST = dt.timedelta(minutes=5), dt.timedelta(minutes=15)


def ask_for_peers(round_id: int, *, now: dt.datetime) -> None:
    """Have the scores made anew, unless a job is on its way; call it in a transaction."""
    from taji.web.answering.jobs import refresh_peers

    kept, _ = PeerFile.objects.select_for_update().get_or_create(round_id=round_id)
    if kept.due_at is not None and now - kept.due_at < LOST:
        return
    due = now if kept.made_at is None else max(now, kept.made_at + PAUSE)
    kept.due_at = due
    kept.save(update_fields=["due_at"])
    waits = due > now and refresh_peers.get_backend().supports_defer
    later = refresh_peers.using(run_after=due) if waits else refresh_peers
    transaction.on_commit(lambda: later.enqueue(round_id))


def make_peers(its: Round, *, now: dt.datetime) -> int:
    """Score what is handed in, write the files, each whole or not at all, and keep how sure levels are.

    Returns
    -------
    int
        Firms that handed in. [firms]
    """
    PeerFile.objects.update_or_create(round=its, defaults={"due_at": None})
    answers = _with_register(its, answers_frame(its), its.by or BY)
    if answers.height:
        asked = asked_of(its)
        _folder(its).mkdir(parents=True, exist_ok=True)
        for name in its.model_ids:
            program = program_of(name, profile=its.profile or None, options=its.options or None)
            peers = peers_of(
                score_frame(of_questionnaire(answers, asked, program.questionnaire), program),
                answers,
                program.model,
                design=_design(its, answers),
                by=[column for column in its.by or BY if column in answers.columns],
            )
            save_peers(peers, _file(its, name))
        make_chances(its, _with_register(its, answers, chance_rule().near))
    PeerFile.objects.filter(round=its).update(made_at=now, firms=answers.height)
    return answers.height


#: Columns that make peers where the round names none.
BY = ("industry", "size")


def peers_for(its: Round, model: str) -> PeerScores | None:
    """Return the scores made last under a model; None before the first."""
    try:
        changed = _file(its, model).stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _loaded(_file(its, model), changed)


@lru_cache(maxsize=32)
def _loaded(path: Path, changed: int) -> PeerScores:
    return load_peers(path)


def groups_of(peers: PeerScores, firm: Organisation) -> dict[str, str | None]:
    """Return a firm's own values in the columns that make peers, as the register has them."""
    columns = {name for rung in peers.ladder for name in rung}
    return {name: _of_register(firm, name) for name in columns}


def domains_of_peers(peers: PeerScores) -> tuple[Domain, ...]:
    """Return the names of the groups that peers are made of, from the registers of codes."""
    columns = dict.fromkeys(name for rung in peers.ladder for name in rung)
    found = []
    for name in columns:
        codes = peers.frame[name].drop_nulls().unique().sort().to_list()
        found.append(Domain(by=name, title=Text.same(name), groups=_labels(tuple(codes))))
    return tuple(found)


@lru_cache(maxsize=64)
def _labels(codes: tuple[str, ...]) -> dict[str, Text]:
    """Names of codes, each from the first register that knows it."""
    known: dict[str, Text] = {}
    for pack in map(register, available("registers")):
        for code in codes:
            if code in pack.by_code:
                known.setdefault(code, pack.by_code[code].label)
    return {code: known.get(code, Text.same(code)) for code in codes}


def _with_register(its: Round, answers: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Add columns of the register that the answers lack."""
    wanted = [name for name in columns if name not in answers.columns]
    if not wanted:
        return answers
    firms = {firm.key: firm for firm in Organisation.objects.filter(cases__round=its)}
    return answers.with_columns(
        pl.Series(name, [_of_register(firms[key], name) for key in answers[KEY]], dtype=pl.String)
        for name in wanted
    )


def _of_register(firm: Organisation, column: str) -> str | None:
    value = getattr(firm, column) if column in FIELDS else firm.attributes.get(column)
    return None if value in (None, "") else str(value)


#: Columns of the register that are fields.
FIELDS = frozenset({"district", "industry", "size"})


def _design(its: Round, answers: pl.DataFrame) -> Design:
    """How the firms were drawn; a stratum with one answer so far must not stop a firm's result."""
    if WEIGHT not in answers.columns:
        return Design()
    return Design.from_mapping(
        {"strata": STRATUM, "weight": WEIGHT, "population": SIZE, "lone_unit": "adjust"}
    )


def _folder(its: Round) -> Path:
    return Path(settings.FILES) / "peers" / str(its.pk)


def _file(its: Round, model: str) -> Path:
    return _folder(its) / f"{Path(model).name}.parquet"
