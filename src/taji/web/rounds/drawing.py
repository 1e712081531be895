"""Draw whom a round asks, from the register as it stands now, with the certificate that proves it.

Decides which firms can be drawn, where the files of a draw lie, and that a new draw takes the place
of the old one only while the round is in preparation. How firms are drawn is
``taji.survey.sampling``'s. To ask everybody is a draw of all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from taji.base.identifiers import KEY
from taji.desk.enrolling import CODES
from taji.desk.files import read_register
from taji.desk.sampling import Proof, draw_sample, plan_sample, replay_sample
from taji.survey.allocation import Allocation
from taji.web.audit.log import record
from taji.web.people.models import Kind, Organisation, OrganisationKind, User
from taji.web.register.looking import export_frame
from taji.web.rounds.errands import running
from taji.web.rounds.models import Case, Errand, Round
from taji.web.rounds.stages import StageError

__all__ = ["attributes_known", "draw", "eligible", "plan", "replay"]

#: Cases made at once. [firms]
PART = 2_000
#: Firms looked at to learn which attributes the register has. [firms]
GLANCE = 200


def eligible(population: dict[str, Any]) -> QuerySet[Organisation]:
    """Return the firms that can be drawn: listed manufacturers of these sizes and districts."""
    maker = OrganisationKind.objects.filter(organisation=OuterRef("pk"), kind=Kind.MANUFACTURER)
    found = Organisation.objects.filter(Exists(maker), listed=True)
    if population.get("sizes"):
        found = found.filter(size__in=population["sizes"])
    if population.get("districts"):
        found = found.filter(district__in=population["districts"])
    return found


def attributes_known() -> list[str]:
    """Return the other columns of the register that strata could be made of."""
    rows = eligible({}).order_by("key").values_list("attributes", flat=True)[:GLANCE]
    return list(dict.fromkeys(name for row in rows for name in row))


def plan(request: dict[str, Any]) -> pl.DataFrame:
    """Say how a sample would be shared out (``taji.desk.sampling.plan_sample``).

    Parameters
    ----------
    request : dict
        ``size`` (None: everybody), ``strata``, ``allocation``, ``minimum``, ``population``.
    """
    found = eligible(request["population"])
    strata = tuple(request["strata"])
    column = Allocation.parse(request["allocation"]).column
    if set(strata) <= set(CODES) and column is None:
        names = (KEY, *strata)
        rows = found.values_list("key", *strata)
        frame = pl.DataFrame(list(rows), schema=dict.fromkeys(names, pl.String), orient="row")
    else:
        frame = export_frame(found)
    return plan_sample(
        frame,
        size=request["size"] or frame.height,
        strata=strata,
        allocation=request["allocation"],
        minimum=1 if request["size"] is None else request["minimum"],
    )


def draw(errand: Errand) -> None:
    """Draw as the errand asks, keep the files, and make the cases.

    The round counts as drawn only when its last case is made; a run that died leaves it undrawn.
    """
    with running(errand):
        its, request = errand.round, errand.request
        _begin_again(its)
        folder = Path(default_storage.path(f"rounds/{its.slug}/draw-{errand.pk}"))
        folder.mkdir(parents=True, exist_ok=True)
        register = folder / "register.parquet"
        frame = export_frame(eligible(request["population"]))
        frame.write_parquet(register)
        made = draw_sample(
            register,
            size=request["size"] or frame.height,
            strata=tuple(request["strata"]),
            allocation=request["allocation"],
            minimum=1 if request["size"] is None else request["minimum"],
            seed=request["seed"],
            out=folder / "sample.csv",
        )
        sample = read_register(made.sample)
        errand.total = sample.height
        _make_cases(its, sample, errand)
        _finish(its, errand, sample, folder)


def replay(its: Round, *, by: User) -> Proof:
    """Repeat the draw of a round from the kept register, and say whether it is the same."""
    proof = replay_sample(Path(its.certificate_file.path))
    record(
        "round.replay",
        actor=by,
        subject=f"round:{its.slug}",
        same=proof.same,
        said=proof.sentence.en,
    )
    return proof


def _begin_again(its: Round) -> None:
    """Forget an earlier draw; its files stay."""
    with transaction.atomic():
        held = Round.objects.select_for_update().get(pk=its.pk)
        if held.state != Round.State.DRAFT:
            raise StageError(round=held.title, state=held.get_state_display())
        held.drawn_at, held.allocated = None, []
        held.save(update_fields=["drawn_at", "allocated"])
    while pks := list(Case.objects.filter(round=its).values_list("pk", flat=True)[:PART]):
        Case.objects.filter(pk__in=pks).delete()


def _make_cases(its: Round, sample: pl.DataFrame, errand: Errand) -> None:
    for start in range(0, sample.height, PART):
        part = sample[start : start + PART]
        pks = dict(
            Organisation.objects.filter(key__in=part[KEY].to_list()).values_list("key", "pk")
        )
        names = (KEY, "stratum", "stratum_size", "stratum_drawn", "weight")
        with transaction.atomic():
            Case.objects.bulk_create(
                Case(
                    round=its,
                    organisation_id=pks[key],
                    stratum=stratum,
                    stratum_size=int(size),
                    stratum_drawn=int(drawn),
                    weight=float(weight),
                )
                for key, stratum, size, drawn, weight in part.select(names).iter_rows()
            )
        errand.done = start + part.height
        errand.save(update_fields=["done", "total"])


def _finish(its: Round, errand: Errand, sample: pl.DataFrame, folder: Path) -> None:
    certificate = json.loads((folder / "sample.json").read_text(encoding="utf-8"))
    rows = [[one["stratum"], one["size"], one["drawn"]] for one in certificate["allocated"]]
    where = f"rounds/{its.slug}/{folder.name}"
    with transaction.atomic():
        held = Round.objects.select_for_update().get(pk=its.pk)
        held.strata = errand.request["strata"]
        held.population = errand.request["population"]
        held.allocated = rows
        held.register_file.name = f"{where}/register.parquet"
        held.sample_file.name = f"{where}/sample.csv"
        held.certificate_file.name = f"{where}/sample.json"
        held.drawn_at = timezone.now()
        held.simulated = held.simulated or bool("invented" in sample.columns)
        held.save()
        record(
            "round.drawn",
            actor=errand.by,
            subject=f"round:{its.slug}",
            firms=sample.height,
            strata=len(rows),
            seed=errand.request["seed"],
        )
    errand.counts = {"firms": sample.height, "strata": len(rows)}
