"""How far a round has come, stratum by stratum, and how precise it will be.

One counting query over the index (round, stratum, state); sizes of strata stand with the round.
The precision is ``taji.survey.expected``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
from django.db.models import Count

from taji.base.text import Text
from taji.survey.expected import expected_precision
from taji.web.people.models import Organisation
from taji.web.rounds.models import Case, Round
from taji.web.rounds.strata import ALL, stratum_label

__all__ = ["Progress", "Row", "points", "progress"]

State = Case.State
#: A share known no better than this is not known. [fraction]
NOTHING = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A stratum, or the whole.

    Attributes
    ----------
    population, drawn : int
        [firms]
    counts : mapping of str to int
        Firms by state. [firms]
    half_width, half_width_full : float or None
        Of the interval of a share, now and if all answer. [fraction]
    prevents : bool
        So few answers that nothing can be estimated yet.
    """

    stratum: str
    label: Text
    population: int
    drawn: int
    counts: Mapping[str, int] = field(default_factory=dict)
    half_width: float | None = None
    half_width_full: float | None = None
    prevents: bool = False

    @property
    def received(self) -> int:
        """Firms that handed in."""
        return self.counts.get(State.SUBMITTED, 0)

    @property
    def invited(self) -> int:
        """Firms that were invited and have not begun."""
        return self.counts.get(State.INVITED, 0)

    @property
    def waiting(self) -> int:
        """Firms that were drawn and not invited yet."""
        return self.counts.get(State.DRAWN, 0)

    @property
    def answering(self) -> int:
        """Firms that began."""
        return self.counts.get(State.ANSWERING, 0)

    @property
    def stopped(self) -> int:
        """Firms that declined or withdrew."""
        return self.counts.get(State.DECLINED, 0) + self.counts.get(State.WITHDRAWN, 0)

    @property
    def points_now(self) -> str:
        """The half width now. [percentage points]"""
        return points(self.half_width)

    @property
    def points_full(self) -> str:
        """The half width if all answer. [percentage points]"""
        return points(self.half_width_full)

    @property
    def done_width(self) -> str:
        """Length of the bar's part for those handed in. [per cent of the bar]"""
        return self._width(self.received)

    @property
    def begun_width(self) -> str:
        """Length of the bar's part for those who answer."""
        return self._width(self.answering)

    @property
    def stopped_width(self) -> str:
        """Length of the bar's part for those who take no part."""
        return self._width(self.stopped)

    @property
    def stopped_at(self) -> str:
        """Where that part begins: at the far end."""
        return self._width(self.drawn - self.stopped)

    def _width(self, firms: int) -> str:
        return f"{100 * firms / self.drawn:.2f}" if self.drawn else "0"


def points(half_width: float | None) -> str:
    """Say a half width in percentage points; one that tells nothing is not told to a digit."""
    if half_width is None:
        return "—"
    return f"±{half_width * 100:.1f}" if half_width < NOTHING else "≥50"


@dataclass(frozen=True, slots=True)
class Progress:
    """The whole, and its strata."""

    city: Row
    strata: tuple[Row, ...]


def progress(its: Round, *, district: str = "") -> Progress:
    """Count the cases of a round by stratum and state.

    A district sees its own cases; the precision then is left out, since strata are of the city.
    """
    cases = Case.objects.filter(round=its)
    if district:
        # from the district's firms to their cases: a join would read every case of the round
        firms = Organisation.objects.filter(district=district)
        cases = cases.filter(organisation__in=firms)
    counts: dict[str, dict[str, int]] = {}
    for stratum, state, n in (
        cases.order_by().values_list("stratum", "state").annotate(n=Count("pk"))
    ):
        counts.setdefault(stratum, {})[state] = n
    sizes = {stratum: (size, drawn) for stratum, size, drawn in its.allocated}
    if district or not sizes:
        return _counted(its, counts)
    return _with_precision(its, counts, sizes)


def _counted(its: Round, counts: Mapping[str, Mapping[str, int]]) -> Progress:
    rows = tuple(
        Row(
            stratum=stratum,
            label=stratum_label(its.strata, stratum),
            population=0,
            drawn=sum(found.values()),
            counts=found,
        )
        for stratum, found in sorted(counts.items())
    )
    drawn = sum(row.drawn for row in rows)
    return Progress(Row(stratum="", label=ALL, population=0, drawn=drawn, counts=_sum(rows)), rows)


def _with_precision(
    its: Round, counts: Mapping[str, Mapping[str, int]], sizes: Mapping[str, tuple[int, int]]
) -> Progress:
    frame = pl.DataFrame(
        {
            "stratum": list(sizes),
            "population": [size for size, _ in sizes.values()],
            "drawn": [drawn for _, drawn in sizes.values()],
            "received": [counts.get(s, {}).get(State.SUBMITTED, 0) for s in sizes],
        }
    )
    found = expected_precision(frame).rows(named=True)
    rows = tuple(
        _row(one, stratum_label(its.strata, one["stratum"]), counts.get(one["stratum"], {}))
        for one in found[1:]
    )
    return Progress(_row(found[0], ALL, _sum(rows)), rows)


def _row(found: dict[str, object], label: Text, counts: Mapping[str, int]) -> Row:
    names = ("population", "drawn", "half_width", "half_width_full", "prevents")
    return Row(
        stratum=str(found["stratum"] or ""),
        label=label,
        counts=counts,
        **{name: found[name] for name in names},  # type: ignore[arg-type]
    )


def _sum(rows: tuple[Row, ...]) -> dict[str, int]:
    total: dict[str, int] = {}
    for row in rows:
        for state, n in row.counts.items():
            total[state] = total.get(state, 0) + n
    return total
