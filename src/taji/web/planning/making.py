"""Work a roadmap out: the firm's own answers, as its result page takes them, to the desk's plan."""

from __future__ import annotations

from taji.desk.roadmapping import Planned, RoadmapRequest, plan_roadmap
from taji.desk.steps import Steps
from taji.web.planning.grounds import program_for, sheet_of
from taji.web.planning.models import Roadmap

__all__ = ["SECONDS", "STEPS", "make"]

#: For each search; a plan has four: the plan, what binds, others, and bad luck. [s]
SECONDS = 20.0
#: What the desk begins: four wishes, what binds, other plans, bad luck. [steps]
STEPS = 7


def make(roadmap: Roadmap, *, steps: Steps) -> Planned:
    """Work a roadmap out.

    Raises
    ------
    TajiError
        If the packs cannot be used.
    """
    its = roadmap.sheet.case.round
    firm = roadmap.organisation
    program = program_for(its, roadmap.model)
    answers = sheet_of(roadmap.submission, program)
    request = RoadmapRequest(
        enterprise=firm.key,
        model=roadmap.model,
        profile=its.profile or None,
        options=its.options or {},
        measures=roadmap.measures,
        target=roadmap.target,
        periods=roadmap.periods,
        budget=roadmap.budget,
        per_year=tuple(roadmap.per_year),
        staff=roadmap.staff,
        size=firm.size or None,
        seconds=SECONDS,
    )
    return plan_roadmap(answers, request, steps=steps)
