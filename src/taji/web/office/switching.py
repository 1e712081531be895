"""Find out whom a new version of a model would move, over everything that was ever handed in.

Decides which rounds are asked and what each was scored by; the scoring is
``taji.desk.switching``. Nothing is changed: a round keeps the versions it was opened with.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.identifiers import KEY
from taji.base.text import Text
from taji.catalogue.load import questionnaire_of
from taji.desk.files import write_table
from taji.desk.switching import Switched, switch_model
from taji.survey.intake.columns import canonical_names
from taji.web.answering.exporting import answers_frame
from taji.web.audit.log import record
from taji.web.office.models import Moved, Pack, Switch
from taji.web.office.packs import MODELS, names
from taji.web.people.models import User
from taji.web.publishing.models import Made
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Round
from taji.web.spreadsheets import safe_frame

__all__ = ["TABLE", "ask", "work_out"]

TABLE = "changes.csv"
#: Rows written in one transaction: longer ones would keep firms from saving. [rows]
CHUNK = 1_000


def ask(pack: Pack, *, by: User) -> Switch:
    """Order the comparison for a version; a job does it."""
    from taji.web.office.jobs import compare

    with transaction.atomic():
        switch = Switch.objects.create(pack=pack, asked_by=by)
        record("pack.compare", actor=by, subject=f"pack:{pack.kind}/{pack.name}")
        transaction.on_commit(lambda: compare.enqueue(switch.pk))
    return switch


def work_out(switch: Switch) -> None:
    """Compare, and keep the result whole; a second run starts over."""
    switch.moved.all().delete()
    _tell(switch, Made.RUNNING)
    try:
        found = list(_by_round(switch))
    except TajiError as error:
        switch.problem = {"zh": error.render("zh"), "en": error.render("en")}
        _tell(switch, Made.REFUSED)
        return
    for its, result in found:
        _keep_moved(switch, its, result)
    _write(switch, found)
    switch.firms = sum(result.table.height for _, result in found)
    switch.changed = sum(result.changed for _, result in found)
    switch.up = sum(result.up for _, result in found)
    switch.down = sum(result.down for _, result in found)
    switch.crosstab = _crosstab([result for _, result in found])
    switch.done_at, switch.share = timezone.now(), 1.0
    _tell(switch, Made.DONE)


def _by_round(switch: Switch) -> Iterator[tuple[Round, Switched]]:
    """The comparison of each round that asked what the model reads."""
    new = switch.pack.name
    asked = questionnaire_of(new).id
    known = names(MODELS)
    rounds = [its for its in Round.objects.order_by("pk") if _asks(its, asked)]
    for place, its in enumerate(rounds):
        switch.step_zh, switch.step_en = its.title_zh, its.title_en
        switch.share = place / len(rounds)
        _tell(switch, Made.RUNNING)
        before = _scored_by(its, switch.pack.pack) or known.get(switch.pack.pack)
        answers = _answers(its, asked)
        if before is None or not answers.height:
            continue
        yield (
            its,
            switch_model(
                answers,
                before=before,
                after=new,
                profile=its.profile or None,
                options=its.options,
            ),
        )


def _asks(its: Round, questionnaire: str) -> bool:
    return any(pack.id == questionnaire for pack in asked_of(its).questionnaires)


def _scored_by(its: Round, model: str) -> str | None:
    """The version of a model that a round was opened with."""
    return next((name for name in its.model_ids if name.partition("@")[0] == model), None)


def _answers(its: Round, questionnaire: str) -> pl.DataFrame:
    """The answers of a round to one questionnaire, by its own names of columns."""
    frame = answers_frame(its)
    shared = canonical_names(asked_of(its).questionnaires)
    own = {name: column for (pack, column), name in shared.items() if pack == questionnaire}
    return frame.select(KEY, *own).rename(own)


def _keep_moved(switch: Switch, its: Round, result: Switched) -> None:
    moved = result.table.filter(pl.col("level_before").ne_missing(pl.col("level_after")))
    for part in moved.iter_slices(CHUNK):
        Moved.objects.bulk_create(
            Moved(
                switch=switch,
                round=its,
                enterprise=row[KEY],
                level_before=row["level_before"] or "",
                level_after=row["level_after"] or "",
                score_before=row["score_before"],
                score_after=row["score_after"],
            )
            for row in part.iter_rows(named=True)
        )


def _write(switch: Switch, found: list[tuple[Round, Switched]]) -> None:
    """Write the table of all firms, moved or not, as a file."""
    if not found:
        return
    switch.folder = f"switches/{switch.pk}"
    tables = [
        result.table.select(pl.lit(its.slug).alias("round"), pl.all()) for its, result in found
    ]
    write_table(safe_frame(pl.concat(tables)), Path(settings.FILES) / switch.folder / TABLE)


def _crosstab(results: list[Switched]) -> list[dict[str, object]]:
    """The pairs of levels of all rounds together, in the order they have."""
    if not results:
        return []
    together = pl.concat([result.crosstab for result in results])
    summed = together.group_by("level_before", "level_after", maintain_order=True).agg(
        pl.col("firms").sum()
    )
    return [
        {"before": row["level_before"], "after": row["level_after"], "firms": row["firms"]}
        for row in summed.sort("level_before", "level_after", nulls_last=True).iter_rows(named=True)
    ]


def _tell(switch: Switch, state: str) -> None:
    switch.state = state
    switch.save()


def failed(switch: Switch) -> None:
    """Say that a comparison broke off, so that nobody waits for it."""
    told = Text(
        zh="比较意外中断，可以重新运行。", en="The comparison broke off; it can be run again."
    )
    switch.problem = {"zh": told.zh, "en": told.en}
    _tell(switch, Made.FAILED)
