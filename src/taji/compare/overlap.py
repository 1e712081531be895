"""Find out how much two samples that share firms move together.

Turns the influences of two rounds into the covariance of their estimates. Decides the estimator, and
what is assumed of firms that moved from one stratum to another. Does not know what was estimated
(``taji.compare.change``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Language
from taji.survey.design import Sample, Stage
from taji.survey.sums import binned

__all__ = ["ClusteredChangeError", "Overlap"]


class ClusteredChangeError(TajiError):
    """Rounds drawn by clusters are to be compared."""

    code = "compare.change_clusters"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Firms were drawn by clusters ({clusters} in the first stage). The change between rounds "
            "is computed for firms drawn singly, stratified or not; set the two portraits side by "
            "side instead."
        ),
        "zh": (
            "企业是按整群抽取的（第一阶段 {clusters} 个群）。两期变化只适用于逐家抽取（可分层）的设计；"
            "请改为并列两期画像。"
        ),
    }


@dataclass(frozen=True, slots=True)
class Overlap:
    """The firms that two samples share.

    Attributes
    ----------
    rows_before, rows_after : IntArray, shape (n_shared,)
        Where each shared firm stands in either sample.
    stratum_before, stratum_after : IntArray
        Stratum of every row of either sample.
    drawn_before, drawn_after : FloatArray, shape (n_stratum,)
        Firms of each stratum in the sample.
    factor : FloatArray, shape (n_shared,)
        What a shared firm's product counts.
    """

    rows_before: IntArray
    rows_after: IntArray
    stratum_before: IntArray
    stratum_after: IntArray
    drawn_before: FloatArray
    drawn_after: FloatArray
    factor: FloatArray

    @classmethod
    def of(
        cls, before: Sample, keys_before: pl.Series, after: Sample, keys_after: pl.Series
    ) -> Overlap:
        """Match two samples by the keys of their rows.

        Raises
        ------
        ClusteredChangeError
            If either was drawn by clusters.
        """
        one, two = (_first_stage(sample) for sample in (before, after))
        earlier, later = (
            pl.DataFrame({"key": keys}).with_row_index("row") for keys in (keys_before, keys_after)
        )
        shared = earlier.join(later, on="key", how="inner", suffix="_after")
        rows = [shared[name].to_numpy().astype(np.int64) for name in ("row", "row_after")]
        strata = one.stratum[before.leaf], two.stratum[after.leaf]
        return cls(
            rows_before=rows[0],
            rows_after=rows[1],
            stratum_before=strata[0],
            stratum_after=strata[1],
            drawn_before=one.drawn,
            drawn_after=two.drawn,
            factor=_factors(one, two, strata[0][rows[0]], strata[1][rows[1]]),
        )

    def both(self, before: FloatArray, after: FloatArray) -> BoolArray:
        """Which of the shared firms have a value in both rounds (NaN is none)."""
        return ~(np.isnan(before[self.rows_before]) | np.isnan(after[self.rows_after]))

    def covariance(self, before: FloatArray, after: FloatArray) -> float:
        r"""Covariance of two estimates from the influences of their rows.

        Parameters
        ----------
        before, after : FloatArray, shape (n_row of either sample,)
            Weighted influences.

        Notes
        -----
        In each stratum, with :math:`n_1` and :math:`n_2` firms drawn of *N* and :math:`n_c` in
        both, and deviations :math:`\tilde z` of the influences from the stratum's mean in their own
        sample,

        .. math:: C = \sum_h \Big(1 - \frac{n_1 n_2}{N n_c}\Big)
                  \sqrt{\frac{n_1}{n_1 - 1} \frac{n_2}{n_2 - 1}} \sum_{i \in c} \tilde z_{1i} \tilde z_{2i}.

        This estimates :math:`(n_c / (n_1 n_2) - 1/N) S_{12}`, the covariance of two sample means
        given how many firms they share [1]_ [2]_. The same firms twice give the variance of the
        paired differences. Samples that share as many as chance lets them, :math:`n_1 n_2 / N`,
        have none: independent draws. Fewer give a negative one; none shared tell nothing,
        and 0 is taken. *N* is the larger of the two rounds' where they differ.

        A firm that moved from one stratum to another counts with its deviation in each; for it
        the ratio is that of the whole samples. Strata are the same where their labels are.

        References
        ----------
        .. [1] S. M. Tam, "On covariances from overlapping samples", *The American Statistician* 38
           (1984) 288-289. doi:10.1080/00031305.1984.10483227
        .. [2] L. Qualité and Y. Tillé, "Variance estimation of changes in repeated surveys and its
           application to the Swiss survey of value added", *Survey Methodology* 34 (2008) 173-181.
        """
        one = _deviations(before, self.stratum_before, self.drawn_before)[self.rows_before]
        two = _deviations(after, self.stratum_after, self.drawn_after)[self.rows_after]
        return float(self.factor @ (one * two))


def _first_stage(sample: Sample) -> Stage:
    first = sample.stages[0]
    if first.unit is not None:
        raise ClusteredChangeError(clusters=int(first.drawn.sum()))
    return first


def _deviations(influence: FloatArray, stratum: IntArray, drawn: FloatArray) -> FloatArray:
    """Deviations from the stratum's mean, so scaled that their squares add up to the variance."""
    mean = binned(stratum, influence, len(drawn)) / drawn
    scale = np.sqrt(drawn / np.maximum(drawn - 1, 1))
    return np.asarray((influence - mean[stratum]) * scale[stratum])


def _factors(before: Stage, after: Stage, one: IntArray, two: IntArray) -> FloatArray:
    """One less the share of the overlap that chance alone would make, for each shared firm."""
    if not len(one):
        return np.zeros(0)
    place = {label: at for at, label in enumerate(after.labels)}
    twin = np.array([place.get(label, -1) for label in before.labels])
    stayed = twin[one] == two
    shared = np.bincount(one[stayed], minlength=len(before.labels)).astype(np.float64)
    # n2/N of the later stratum that each earlier one became, N being the larger of both.
    least = np.minimum(
        before.fraction * np.where(twin >= 0, after.drawn[twin], 0.0),
        before.drawn * np.where(twin >= 0, after.fraction[twin], 0.0),
    )
    by_chance = np.divide(least, shared, out=np.zeros(len(shared)), where=shared > 0)
    whole = _whole(before, after) / len(one)
    return np.asarray(1 - np.where(stayed, by_chance[one], whole))


def _whole(before: Stage, after: Stage) -> float:
    """Firms that independent draws of both sizes would share, strata set aside."""
    sizes = []
    for stage in (before, after):
        known = stage.fraction > 0
        sizes.append(
            float((stage.drawn[known] / stage.fraction[known]).sum()) if known.all() else np.inf
        )
    return float(before.drawn.sum() * after.drawn.sum() / max(sizes))
