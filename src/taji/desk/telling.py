"""Put figures, comparisons and the method together as the content of a portrait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

import taji
from taji.base.text import Text
from taji.catalogue.files import available
from taji.catalogue.load import benchmark
from taji.catalogue.questionnaire import Questionnaire
from taji.compare.against import against
from taji.desk.choosing import Chosen
from taji.desk.comparing import peer_table
from taji.desk.domains import domains_of
from taji.desk.figures import Figures
from taji.desk.joining import Firms
from taji.desk.request import PACK, PortraitRequest
from taji.desk.segmenting import SEED, segments_of
from taji.desk.steps import Steps
from taji.report.content import MethodFacts, PortraitContent
from taji.store.manifest import code_digest, fingerprint
from taji.survey.design import Design
from taji.survey.intake import Intake

__all__ = ["tell"]

COMPARING = Text(zh="与同类比较、分群", en="Comparing with peers, finding segments")
UNDATED = Text(zh="未注明期次", en="round not named")
UNNAMED_CITY = Text(zh="本市", en="The city")

#: Columns of a sample that ``taji sample`` drew.
STRATUM, DRAWN = "stratum", "stratum_drawn"

#: The interval of proportions that the portrait uses; see ``taji.survey.intervals``.
INTERVAL = "logit"


def tell(
    request: PortraitRequest,
    intake: Intake,
    firms: Firms | None,
    figures: Figures,
    design: Design,
    sheets: Mapping[str, pl.DataFrame],
    asked: Questionnaire,
    chosen: Sequence[Chosen],
    by: Sequence[str],
    *,
    simulated: bool,
    steps: Steps,
) -> PortraitContent:
    """Return what the portrait says; everything in it has passed disclosure control."""
    steps.begin(COMPARING)
    protected = figures.protected.estimates
    benchmarks = tuple(benchmark(name) for name in available("benchmarks"))
    ours = [name for pack in benchmarks for name in _figure_names(protected, pack.id)]
    estimates = protected.filter(~pl.col("question").is_in(ours))
    found = segments_of(figures, sheets, asked, chosen)
    return PortraitContent(
        city=_city(request, asked),
        period=request.period or UNDATED[request.language],
        simulated=simulated,
        questionnaire=asked,
        models=tuple(one.model for one in chosen),
        domains=domains_of(figures.frame, asked, by),
        estimates=estimates,
        peers=peer_table(figures, chosen, by),
        benchmarks=_compared(against(benchmarks, protected, confidence=request.confidence)),
        segments=found.segments,
        segments_note=found.note,
        method=_method(request, intake, firms, figures, design, estimates),
        provenance=_provenance(request, asked, chosen),
    )


def _figure_names(estimates: pl.DataFrame, pack: str) -> list[str]:
    names = estimates["question"].unique().to_list()
    return [name for name in names if name.startswith(f"{pack}:")]


def _city(request: PortraitRequest, asked: Questionnaire) -> Text:
    if request.city is None:
        return UNNAMED_CITY
    return Text.same(request.city)


def _compared(table: pl.DataFrame) -> pl.DataFrame:
    """Benchmarks that this round can be set beside; the others would be rows without a figure."""
    return table.filter(pl.col("status").is_in(["compared", "withheld"]))


def _method(
    request: PortraitRequest,
    intake: Intake,
    firms: Firms | None,
    figures: Figures,
    design: Design,
    estimates: pl.DataFrame,
) -> MethodFacts:
    sample = figures.sample
    return MethodFacts(
        population=_population(figures, design, firms),
        drawn=_drawn(figures, design),
        answered=intake.accepted,
        refused=intake.refused,
        strata=len(sample.strata),
        degrees_of_freedom=sample.degrees_of_freedom,
        confidence=request.confidence,
        interval=INTERVAL,
        design=_design_words(design),
        calibration=None if design.calibrate is None else design.calibrate.method,
        lone_unit=design.lone_unit,
        suppressed=int(estimates["suppressed"].sum()),
        published=estimates.height - int(estimates["suppressed"].sum()),
    )


def _population(figures: Figures, design: Design, firms: Firms | None) -> int | None:
    if firms is not None:
        return firms.table.height
    if len(design.population) != 1 or design.cluster:
        return None
    sizes = figures.frame.group_by(list(design.strata) or pl.lit(0).alias("all")).agg(
        pl.col(design.population[0]).cast(pl.Float64).first()
    )
    return round(float(sizes[design.population[0]].sum()))


def _drawn(figures: Figures, design: Design) -> int | None:
    """Firms drawn, where the answers carry the columns of the sample."""
    if design.strata != (STRATUM,) or DRAWN not in figures.frame.columns:
        return None
    drawn = figures.frame.group_by(STRATUM).agg(
        pl.col(DRAWN).cast(pl.Float64, strict=False).first()
    )
    return None if drawn[DRAWN].null_count() else round(float(drawn[DRAWN].sum()))


def _design_words(design: Design) -> dict[str, str]:
    words = {
        "strata": " × ".join(design.strata),
        "cluster": " → ".join(design.cluster),
        "weight": design.weight or "",
        "population": " → ".join(design.population),
        "totals": design.totals,
    }
    return {key: value for key, value in words.items() if value}


def _provenance(
    request: PortraitRequest, asked: Questionnaire, chosen: Sequence[Chosen]
) -> dict[str, str]:
    packs = dict.fromkeys((asked.key, *(one.model.key for one in chosen)))
    # A pack's key is the path that was typed, which is another when the portrait is verified.
    inputs = {
        (
            f"{PACK}{path.name}" if name.startswith(PACK) else name
        ): f"{path.name} · SHA-256 {fingerprint(path, relative_to=path.parent).sha256}"
        for name, path in request.inputs.items()
    }
    return {
        "version": f"taji {taji.__version__} · {code_digest()[:16]}",
        "packs": ", ".join(packs),
        "seed": str(SEED),
        **inputs,
    }
