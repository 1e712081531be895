"""Search for panels by the method that fits the size of a call.

Decides which method answers and when a result counts as proved. Small tables are solved to the
proof, links between groups included; tables of moderate size take bound and prices from linear
programmes and panels from a flow at these prices; larger ones take flows at weights that rise
where a panel is low. Exchanges raise what is still low and join what nothing links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from taji.base.arrays import FloatArray, IntArray
from taji.match.panel_call import Call, totals
from taji.match.panel_draw import UNIT, draw, parts
from taji.match.panel_flow import best_flow
from taji.match.panel_found import MODELLED, REASONS, PanelError, Panels
from taji.match.panel_links import crossing, firmness, groups_of, join
from taji.match.panel_model import Goal, Optimum, optimise
from taji.match.panel_swap import raise_low

__all__ = ["Mode", "Search", "Stage"]

Mode = Literal["fair", "sum"]
Stage = Literal["bound", "flow", "raise", "prove", "draw", "join"]

#: Tables up to this size are solved to the proof. [pairs]
PROVED = 2_000
#: A least total within this share of the largest affinity of the bound counts as the bound.
TOLERANCE = 2e-5
#: A large table's least total is raised to this share below the bound; what a flow cannot see
#: (whole reviewers) takes about as much. [fraction]
NEAR = 0.002
#: Flows of a large table at most: the last ones change little. [flows]
ROUNDS = 12
#: Exchanges begin when no more panels than this are low: a flow raises many at once. [panels]
FEW = 300
#: How fast the weight of a low panel rises: by this factor's exponent per share missing, and at
#: least by this much.
RISE, LEAST_RISE = 4.0, 0.05
#: Draws by lot until one is linked. [draws]
DRAWS = 200
#: Below this two totals are the same. [points of the table]
PRECISION = 1e-7
#: Relative distance at which a whole-number search of moderate size stops. [fraction]
ENOUGH = 1e-4


@dataclass(slots=True)
class _Best:
    """The best panels so far, and what no panels can pass."""

    chosen: IntArray | None = None
    least_bound: float = np.inf
    sum_bound: float = np.inf
    proved: bool = False
    method: str = ""


class Search:
    """One search; ``best`` or ``by_lot`` runs it."""

    def __init__(
        self,
        call: Call,
        mode: Mode,
        *,
        seed: int,
        left: Callable[[], float],
        link: bool,
        tell: Callable[[Stage], None],
    ) -> None:
        self.call, self.mode, self.seed = call, mode, seed
        self.left, self.link, self.tell = left, link, tell
        self.so_far = _Best()
        self.tolerance = TOLERANCE * (float(np.abs(call.affinity).max(initial=0.0)) or 1.0)

    # --- the best panels -------------------------------------------------------------------

    def best(self) -> Panels:
        """Search for the best panels; Ctrl-C or the end of the time keeps what is found."""
        stopped: Literal["time", "interrupt"] | None = None
        size = len(self.call.application)
        try:
            if size <= PROVED:
                self._prove()
            elif self.call.wants and size > MODELLED:
                raise PanelError(reasons=REASONS["large"])
            elif self.mode == "sum" or self.call.wants:
                self._plain()
            elif size <= MODELLED:
                self._priced()
            else:
                self._weighted()
        except KeyboardInterrupt:
            if self.so_far.chosen is None:
                raise
            stopped = "interrupt"
        if self.so_far.chosen is None:
            raise PanelError(reasons=REASONS["time"])
        if stopped is None and not self.so_far.proved and self.left() <= 0:
            stopped = "time"
        return self._told(self._joined(self.so_far.chosen), stopped)

    def _prove(self) -> None:
        """Solve to the proof, with a row for every group that nothing links yet."""
        self._bound_least()
        flow = None if self.call.wants else self._flow(None)
        if flow is not None and (self.mode == "sum" and self._hangs(flow)):
            self._keep(flow, "flow", proved=True, sum_bound=self._sum(flow))
            return
        self.tell("prove")
        cuts: list[IntArray] = []
        while True:
            found, least = self._programme(cuts)
            if found.status == "infeasible":
                raise PanelError(reasons=REASONS["links" if cuts else self._why()])
            if found.chosen is None:
                return
            chosen = found.chosen.astype(np.int64)
            proved = found.status == "optimal"
            if self._hangs(chosen):
                self._keep(chosen, "programme", proved=proved, sum_bound=found.bound)
                if self.mode == "fair" and proved:
                    self.so_far.least_bound = min(
                        self.so_far.least_bound, max(least, self._least(chosen))
                    )
                return
            if self.so_far.chosen is None:
                self._keep(chosen, "programme", proved=False, sum_bound=found.bound)
            group = groups_of(self.call, chosen.astype(bool))
            count = int(group[: self.call.applications].max()) + 1
            cuts += [crossing(self.call, group, number) for number in range(count)]

    def _programme(self, cuts: list[IntArray]) -> tuple[Optimum, float]:
        """Solve for the least total first where panels are to be fair, then for the sum."""
        if any(not len(cut) for cut in cuts):
            return Optimum("infeasible", None, -np.inf), -np.inf
        if self.mode == "sum":
            return self._solve("sum", cuts=cuts), -np.inf
        first = self._solve("least", cuts=cuts)
        if first.chosen is None:
            return first, -np.inf
        least = self._least(first.chosen)
        second = self._solve("sum", cuts=cuts, floor=least - PRECISION * max(1.0, abs(least)))
        if second.chosen is None:
            return replace(first, status="feasible", bound=np.inf), first.bound
        if first.status != "optimal":
            second = replace(second, status="feasible")
        return second, first.bound

    def _plain(self) -> None:
        """Find the highest sum: by a flow, or by a programme where specialities are required."""
        self._bound_least()
        if not self.call.wants:
            flow = self._flow(None)
            self._keep(flow, "flow", proved=True, sum_bound=self._sum(flow))
            return
        self.tell("prove")
        floor = self.so_far.least_bound - self.tolerance if self.mode == "fair" else None
        found = self._solve("sum", floor=floor, gap=ENOUGH)
        if found.chosen is None and self.mode == "fair":
            found = self._programme([])[0]
        if found.status == "infeasible":
            raise PanelError(reasons=REASONS["wants"])
        if found.chosen is not None:
            chosen, proved = found.chosen.astype(np.int64), found.status == "optimal"
            self._keep(chosen, "programme", proved=proved, sum_bound=found.bound)

    def _priced(self) -> None:
        """Raise the least total to the bound of the linear programme, at its prices."""
        self._bound_least()
        flow = self._flow(None)
        aim = self.so_far.least_bound - self.tolerance
        self._keep(flow, "flow", proved=self._least(flow) >= aim, sum_bound=self._sum(flow))
        if self.so_far.proved:
            return
        self.tell("bound")
        relaxed = self._solve("sum", whole=False, floor=aim - self.tolerance)
        self.so_far.sum_bound = min(self.so_far.sum_bound, relaxed.bound)
        starts = [flow]
        if relaxed.price is not None:
            starts.insert(0, self._flow(1.0 + relaxed.price))
        for start in starts:
            self._raise(start, aim, "flow at prices, exchanges")
            if self._proved_near(aim):
                return
        self.tell("prove")
        found = self._solve("sum", floor=aim, gap=ENOUGH)
        if found.chosen is None and found.status == "infeasible":
            found = self._programme([])[0]
        if found.chosen is not None:
            proved = found.status == "optimal"
            self._keep(
                found.chosen.astype(np.int64), "programme", proved=proved, sum_bound=found.bound
            )

    def _proved_near(self, aim: float) -> bool:
        """Whether the best so far is at both bounds."""
        best = self.so_far
        assert best.chosen is not None
        short = best.sum_bound - self._sum(best.chosen)
        near = short <= ENOUGH * max(1.0, abs(best.sum_bound))
        best.proved = near and self._least(best.chosen) >= aim
        return best.proved

    def _weighted(self) -> None:
        """Raise the least total by flows whose weights rise where a panel is low."""
        self.tell("bound")
        self.so_far.least_bound = _best_alone(self.call)
        weight = np.ones(self.call.applications)
        for turn in range(ROUNDS):
            flow = self._flow(weight)
            total = totals(self.call, flow.astype(float))
            bound = float(weight @ total / weight.sum())
            self.so_far.least_bound = min(self.so_far.least_bound, bound)
            if turn == 0:
                self.so_far.sum_bound = float(total.sum())
            aim = self.so_far.least_bound - NEAR * abs(self.so_far.least_bound)
            if np.count_nonzero(total < aim) <= FEW or turn == ROUNDS - 1 or self.left() <= 0:
                self._raise(flow, aim, "weighted flows, exchanges")
            else:
                self._keep(flow, "weighted flows", proved=False)
            if self._least(self.so_far.chosen) >= aim or self.left() <= 0:
                return
            missing = np.maximum(aim - total, 0.0) / max(abs(aim), PRECISION)
            weight = weight * np.exp(RISE * missing) + LEAST_RISE * (missing > 0)

    def _raise(self, start: IntArray, aim: float, method: str) -> None:
        self.tell("raise")
        self._keep(start, method, proved=False)
        raised = raise_low(self.call, start, aim, go_on=lambda: self.left() > 0)
        self._keep(raised, method, proved=False)

    # --- by lot ----------------------------------------------------------------------------

    def by_lot(self, cap: float) -> Panels:
        """Draw panels by lot, no pair with more than a probability."""
        if self.call.wants:
            raise PanelError(reasons=REASONS["cap_wants"])
        self._bound_least()
        probability = self._probabilities(cap)
        if probability is None:
            raise PanelError(reasons=REASONS["cap"])
        self.tell("draw")
        rng = np.random.default_rng([self.seed, 1])
        share = probability / UNIT
        for turn in range(1, DRAWS + 1):
            chosen = draw(self.call, probability, rng)
            if self._hangs(chosen):
                self._keep(chosen, "lot", proved=False, sum_bound=np.inf)
                told = self._told(chosen, None)
                return replace(told, status="drawn", probability=share, draws=turn)
        raise PanelError(reasons=REASONS["links"])

    def _probabilities(self, cap: float) -> IntArray | None:
        self.tell("flow")
        if self.mode == "sum":
            return parts(self.call, cap=cap)
        if len(self.call.application) > MODELLED:
            raise PanelError(reasons=REASONS["large"])
        first = self._solve("least", whole=False, cap=cap)
        if first.chosen is None:
            return None
        least = self._least(first.chosen)
        second = self._solve("sum", whole=False, cap=cap, floor=least - self.tolerance / 10)
        share = second.chosen if second.chosen is not None else first.chosen
        return parts(self.call, cap=cap, share=share)

    # --- what all share --------------------------------------------------------------------

    def _solve(
        self,
        goal: Goal,
        *,
        whole: bool = True,
        floor: float | None = None,
        cap: float = 1.0,
        cuts: list[IntArray] | None = None,
        gap: float = 0.0,
    ) -> Optimum:
        return optimise(
            self.call,
            goal,
            whole=whole,
            floor=floor,
            cap=cap,
            cuts=cuts or [],
            gap=gap,
            seconds=self.left(),
            seed=self.seed,
        )

    def _bound_least(self) -> None:
        self.tell("bound")
        bound = _best_alone(self.call)
        if len(self.call.application) <= MODELLED:
            relaxed = self._solve("least", whole=False)
            if relaxed.status == "infeasible":
                raise PanelError(reasons=REASONS[self._why()])
            if relaxed.status == "optimal":
                bound = min(bound, relaxed.bound)
        self.so_far.least_bound = bound

    def _why(self) -> str:
        return "wants" if self.call.wants else "rules"

    def _flow(self, weight: FloatArray | None) -> IntArray:
        self.tell("flow")
        flow = best_flow(self.call, weight)
        if flow is None:
            raise PanelError(reasons=REASONS["rules"])
        return flow

    def _hangs(self, chosen: IntArray) -> bool:
        group = groups_of(self.call, chosen.astype(bool))
        return not self.link or int(group[: self.call.applications].max(initial=0)) == 0

    def _joined(self, chosen: IntArray) -> IntArray:
        """Join groups that nothing links; where exchanges cannot, a programme may."""
        if self._hangs(chosen):
            return chosen
        self.tell("join")
        joined = join(self.call, chosen, keep=self._least(chosen))
        if not self._hangs(joined):
            raise PanelError(reasons=REASONS["links"])
        self.so_far.proved = False
        return joined

    def _keep(
        self, chosen: IntArray, method: str, *, proved: bool, sum_bound: float | None = None
    ) -> None:
        """Keep panels if they are better than the best so far."""
        best = self.so_far
        if sum_bound is not None:
            best.sum_bound = min(best.sum_bound, sum_bound)
        if best.chosen is None or self._worth(chosen) > self._worth(best.chosen) or proved:
            best.chosen, best.method, best.proved = chosen, method, proved

    def _worth(self, chosen: IntArray) -> tuple[float, float]:
        # beyond the tolerance to the bound a higher least total is no gain
        enough = self.so_far.least_bound - self.tolerance
        least = min(self._least(chosen), enough) if self.mode == "fair" else 0.0
        return least, self._sum(chosen)

    def _least(self, chosen: FloatArray | IntArray | None) -> float:
        assert chosen is not None
        return float(totals(self.call, chosen.astype(float)).min())

    def _sum(self, chosen: IntArray) -> float:
        return float(self.call.affinity @ chosen)

    def _told(self, chosen: IntArray, stopped: Literal["time", "interrupt"] | None) -> Panels:
        best, least, total = self.so_far, self._least(chosen), self._sum(chosen)
        bound, value = (best.least_bound, least) if self.mode == "fair" else (best.sum_bound, total)
        gap = max(0.0, bound - value) / max(abs(bound), PRECISION)
        return Panels(
            chosen=chosen,
            least=least,
            sum=total,
            least_bound=max(best.least_bound, least),  # a solver's last digit is no distance
            sum_bound=max(best.sum_bound, total) if self.mode == "sum" else best.sum_bound,
            status="optimal" if best.proved else "feasible",
            gap=gap,
            method=best.method,
            linked=int(groups_of(self.call, chosen.astype(bool))[: self.call.applications].max())
            == 0,
            firmness=firmness(self.call, chosen.astype(bool)),
            stopped=stopped,
        )


def _best_alone(call: Call) -> float:
    """Return what the worst placed application would have if it could choose alone."""
    order = np.lexsort((-call.affinity, call.application))
    first = np.searchsorted(call.application, np.arange(call.applications))
    place = np.arange(len(order)) - first[call.application]
    taken = order[place < call.per_application]
    return float(np.bincount(call.application[taken], call.affinity[taken]).min())
