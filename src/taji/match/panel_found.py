"""What a search for panels ends in: panels with their quality, or the reason why there are none.

Decides what is said, not what is found (``taji.match.panel_search``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from taji.base.arrays import FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Text

__all__ = ["MODELLED", "REASONS", "PanelError", "Panels"]

#: Tables up to this size have a linear programme; beyond it memory and time leave only flows.
#: [pairs]
MODELLED = 60_000


class PanelError(TajiError):
    """No panels keep every rule."""

    code = "match.panels"
    sentences = {
        "en": "No panels can be made: {reasons}.",
        "zh": "无法组成评审组：{reasons}。",
    }


REASONS = {
    "rules": Text(
        zh="人数、负荷与单位的限制合在一起无法满足",
        en="numbers, loads and organisations cannot be kept together",
    ),
    "wants": Text(
        zh="所要求的专业与人数、负荷、单位的限制合在一起无法满足；请放宽 --max-load，"
        "或为相关申报增加该专业的评审人",
        en="the required specialities cannot be kept together with numbers, loads and "
        "organisations; raise --max-load, or add reviewers of these specialities",
    ),
    "links": Text(
        zh="评审人与申报连不成一张图，评审人宽严无法比较；请增加跨组的可评组合，"
        "或提高 --per-application，或用 --allow-unlinked 接受互不相连的评审组",
        en="the graph of applications and reviewers cannot be connected, so that severity could "
        "not be compared; list more pairs between the groups, raise --per-application, or accept "
        "unlinked panels with --allow-unlinked",
    ),
    "cap": Text(
        zh="概率上限 --pair-cap 下席位不够；请提高上限，或增加可评组合",
        en="too few seats under --pair-cap; raise the cap, or list more pairs",
    ),
    "cap_wants": Text(
        zh="--pair-cap 抽签与必备专业（requires）不能同用；请去掉其一",
        en="--pair-cap draws by lot, which cannot keep required specialities; leave one out",
    ),
    "large": Text(
        zh=f"表中可评组合超过 {MODELLED} 个时，必备专业和公平抽签算不动；"
        "请为每份申报少列候选人，或用 --mode sum 且不设必备专业",
        en=f"with more than {MODELLED} pairs, required specialities and fair draws by lot are out "
        "of reach; list fewer candidates per application, or use --mode sum without specialities",
    ),
    "time": Text(
        zh="时限内没有找到任何可行的评审组；请加大 --time-limit",
        en="no panels were found within the time limit; raise --time-limit",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panels:
    """Panels, with what they are worth and how sure that is.

    Attributes
    ----------
    chosen : IntArray, shape (n_pair,)
        1 where the pair is chosen, in the order of the call.
    least, sum : float
        The lowest total of a panel, and the sum of all. [points of the table]
    least_bound : float
        No panels have a higher least total, linked or not. [points of the table]
    sum_bound : float
        No panels (in fair mode: of this least total) have a higher sum. [points of the table]
    status : str
        ``optimal`` (proved up to the tolerance), ``feasible``, or ``drawn`` by lot.
    gap : float
        Distance of what is aimed at (least or sum) from its bound. [fraction]
    method : str
        Which way the panels were found.
    linked : bool
        Whether the graph of applications and reviewers is connected.
    firmness : float
        Second eigenvalue of its normalised Laplacian.
    stopped : str or None
        ``time`` or ``interrupt`` where the search was cut short.
    probability : FloatArray, shape (n_pair,), or None
        Of panels by lot, the probability of each pair. [fraction]
    draws : int
        Of panels by lot, draws until one was linked.
    """

    chosen: IntArray
    least: float
    sum: float
    least_bound: float
    sum_bound: float
    status: Literal["optimal", "feasible", "drawn"]
    gap: float
    method: str
    linked: bool
    firmness: float
    stopped: Literal["time", "interrupt"] | None = None
    probability: FloatArray | None = None
    draws: int = 0
