"""Find kinds of firm that the answers set apart, or say that there are none.

Turns answers into a few named segments, or into the plain statement that none are stable.
Decides how many, and refuses two illusions: groups that another sample would not show again
(bootstrapped Jaccard similarity [1]_) and groups cut out of one cloud of firms (compared
with a reference that has the same answers and the same dependence, but no groups [2]_).
Does not weigh shares for the city with an interval: tabulate ``Segmentation.member`` for that.

References
----------
.. [1] C. Hennig, "Cluster-wise assessment of cluster stability", *Computational Statistics &
   Data Analysis* 52(1), 2007, 258-271. doi:10.1016/j.csda.2006.11.025
.. [2] R. Tibshirani, G. Walther and T. Hastie, "Estimating the number of clusters in a data set
   via the gap statistic", *JRSS B* 63(2), 2001, 411-423. doi:10.1111/1467-9868.00293
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.text import Text
from taji.compare.answers import Statement, Variable, encode, statements
from taji.compare.reference import fit_cloud

__all__ = ["Mark", "Segment", "Segmentation", "Standard", "Trial", "find_segments"]

#: Firms that answered less than this part of the variables are in no segment. [fraction]
ANSWERED = 0.5

#: Bootstraps and references of a large round use a sample of so many firms; what is unstable or
#: no more than a cloud shows at this size. [firms]
LARGE = 800

#: Starts of each k-means run.
STARTS = 3

#: Rows from which the dependence between answers is measured. [firms]
PAIRED = 300

TOO_FEW = Text(
    zh="只有 {n} 家企业的答卷可用于分群，少于所需的 {least} 家，未作分群。",
    en="Only {n} firms answered enough to be grouped, fewer than the {least} needed; no segments.",
)
NONE_STABLE = Text(
    zh=(
        "没有稳定的企业群体：试了 {tried} 群，每一种分法要么换一批企业就会改变，"
        "要么与“没有分群”的情形无法区分。企业之间是连续过渡的，不宜贴标签。"
    ),
    en=(
        "No stable segments: {tried} groups were tried, and every division either changes with "
        "the firms that happen to answer or cannot be told from firms without groups. Firms "
        "differ by degrees; labels would mislead."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What a segmentation must meet to be shown.

    Attributes
    ----------
    most : int
        Largest number of segments tried, from 2.
    stability : float
        Least mean Jaccard similarity of every segment. [fraction]
    smallest : int
        Fewest firms in a segment. [firms]
    near : float
        Among numbers of segments whose least stability is within this of the best, the largest
        is taken. [fraction]
    level : float
        Probability that answers without groups pass the comparison with the reference.
        [fraction]
    bootstraps, references : int
        How many of each are drawn.
    effect : float
        Least difference of a share inside and outside that marks a segment. [fraction]
    minimum : int
        A mark that 1 to ``minimum`` - 1 firms make or lack, inside or outside, is not shown. [firms]
    """

    most: int = 6
    stability: float = 0.75
    smallest: int = 5
    near: float = 0.05
    level: float = 0.05
    bootstraps: int = 50
    references: int = 39
    effect: float = 0.25
    minimum: int = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """An answer that sets a segment apart.

    Attributes
    ----------
    statement : Text
    inside, outside : float
        Weighted share of firms it holds for. [fraction]
    """

    statement: Text
    inside: float
    outside: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A kind of firm.

    Attributes
    ----------
    title : Text
        From the answers that set it apart most.
    n : int
        Firms in it. [firms]
    share : float
        Weighted share among the firms that could be grouped. [fraction]
    stability : float
        Mean bootstrapped Jaccard similarity. [fraction]
    marks : tuple of Mark
        Largest difference first; those that rest on one or two firms are left out.
    """

    title: Text
    n: int
    share: float
    stability: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What one number of segments came to.

    Attributes
    ----------
    k : int
    smallest : int
        Firms in the smallest segment. [firms]
    gain : float
        Share of the differences between firms that the segments explain, in standard deviations
        above the reference.
    stands_out : bool
        Whether the gain is more than a cloud would give.
    stability : tuple of float
        Of each segment; empty where the trial had failed before. [fraction]
    """

    k: int
    smallest: int
    gain: float
    stands_out: bool
    stability: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """The segments of a city, or why there are none.

    Attributes
    ----------
    segments : tuple of Segment
        Largest share first; empty when none are stable.
    member : IntArray, shape (n_firm,)
        Place of each firm's segment in ``segments``; -1 for a firm that is in none.
    note : Text or None
        Why there are no segments.
    trials : tuple of Trial
    """

    segments: tuple[Segment, ...]
    member: IntArray
    note: Text | None
    trials: tuple[Trial, ...]


def find_segments(
    variables: Sequence[Variable],
    *,
    weight: FloatArray,
    rng: np.random.Generator,
    standard: Standard | None = None,
) -> Segmentation:
    r"""Group firms by their answers, if they fall into groups.

    Parameters
    ----------
    variables : sequence of Variable
        From ``taji.compare.answers.variables_of``.
    weight : FloatArray, shape (n_firm,)
        Survey weights, for shares; the groups themselves are sought among the firms that
        answered. [firms]
    rng : Generator
        Source of chance.
    standard : Standard, optional

    Returns
    -------
    Segmentation

    Notes
    -----
    k-means on points in which every question weighs the same. For each *k* from 2:

    1. the smallest group has at least ``smallest`` firms;
    2. the share of squared distance that the groups explain, standardised by the
       references, is above the ``1 - level`` quantile of the largest such value that any *k*
       reaches in a reference. A reference has the marginal distribution of every
       answer and their rank correlations (a Gaussian copula fitted to Kendall's tau), so
       firms that differ by degrees along one line are a reference, not groups;
    3. every group's Jaccard similarity to its closest group in a bootstrap sample, over the
       firms drawn, averages at least ``stability``.

    Of the *k* that pass, the largest within ``near`` of the most stable is taken.
    With more than 800 firms, steps 2 and 3 work on samples of 800.
    """
    standard = standard or Standard()
    usable, kept = _usable(variables, len(weight))
    n, least = int(usable.sum()), 2 * standard.smallest
    if n < least or len(kept) < 2:
        return _none(len(weight), _fill(TOO_FEW, n=n, least=least), ())
    with threadpool_limits(limits=1):  # threads cost more than they give on so few firms
        points = encode(kept, [v.value for v in kept])
        labels = {k: _kmeans(points, k, rng) for k in _numbers(n, standard)}
        trials = _trials(kept, points, labels, rng, standard)
    passed = [t for t in trials if t.stability and min(t.stability) >= standard.stability]
    if not passed:
        return _none(len(weight), _fill(NONE_STABLE, tried=f"2-{max(labels)}"), trials)
    best = max(min(t.stability) for t in passed)
    chosen = max((t for t in passed if min(t.stability) >= best - standard.near), key=lambda t: t.k)
    member = np.full(len(weight), -1, dtype=np.int64)
    member[usable] = labels[chosen.k]
    segments, place = _describe(variables, member, weight, chosen, standard)
    member[usable] = place[labels[chosen.k]]
    return Segmentation(segments, member, None, trials)


def _fill(text: Text, **fields: object) -> Text:
    return Text(zh=text.zh.format(**fields), en=text.en.format(**fields))


def _none(n: int, note: Text, trials: tuple[Trial, ...]) -> Segmentation:
    return Segmentation((), np.full(n, -1, dtype=np.int64), note, trials)


def _usable(variables: Sequence[Variable], n: int) -> tuple[BoolArray, list[Variable]]:
    """Firms that answered enough, and the variables that differ among them."""
    if not variables:
        return np.zeros(n, dtype=np.bool_), []
    answered = ~np.isnan(np.stack([v.value for v in variables]))
    usable = np.asarray(answered.mean(axis=0) >= ANSWERED)
    cut = [replace(v, value=v.value[usable]) for v in variables]
    return usable, [v for v in cut if np.unique(v.value[~np.isnan(v.value)]).size > 1]


def _numbers(n: int, standard: Standard) -> range:
    return range(2, min(standard.most, n // standard.smallest) + 1)


def _kmeans(points: FloatArray, k: int, rng: np.random.Generator) -> IntArray:
    seed = int(rng.integers(2**31))
    # Firms that all answer alike are one point: there cannot be more groups than points.
    k = min(k, len(np.unique(points, axis=0)))
    found = KMeans(k, n_init=STARTS, random_state=seed).fit_predict(points)
    return np.asarray(found, dtype=np.int64)


def _explained(points: FloatArray, label: IntArray) -> float:
    """Share of squared distance from the mean that lies between groups."""
    total = ((points - points.mean(axis=0)) ** 2).sum()
    within = sum(
        ((points[label == c] - points[label == c].mean(axis=0)) ** 2).sum()
        for c in np.unique(label)
    )
    return float(1 - within / total) if total > 0 else 0.0


def _trials(
    variables: Sequence[Variable],
    points: FloatArray,
    labels: Mapping[int, IntArray],
    rng: np.random.Generator,
    standard: Standard,
) -> tuple[Trial, ...]:
    gains, limit = _gains(variables, points, tuple(labels), rng, standard)
    trials = []
    for (k, label), gain in zip(labels.items(), gains, strict=True):
        smallest = int(np.bincount(label, minlength=k).min())
        stands_out = bool(gain > limit)
        stability: tuple[float, ...] = ()
        if stands_out and smallest >= standard.smallest:
            stability = _stability(points, label, k, rng, standard.bootstraps)
        trials.append(Trial(k, smallest, float(gain), stands_out, stability))
    return tuple(trials)


def _gains(
    variables: Sequence[Variable],
    points: FloatArray,
    numbers: Sequence[int],
    rng: np.random.Generator,
    standard: Standard,
) -> tuple[FloatArray, float]:
    """Standardised explained share of every k, and what a cloud would reach by chance."""
    size = min(len(points), LARGE)
    cloud = fit_cloud(variables, rows=PAIRED, rng=rng)

    def explained(sample: FloatArray) -> list[float]:
        return [_explained(sample, _kmeans(sample, k, rng)) for k in numbers]

    real = np.array(explained(points[rng.choice(len(points), size, replace=False)]))
    drawn = np.array(
        [explained(encode(variables, cloud.draw(size, rng))) for _ in range(standard.references)]
    )
    middle, scale = drawn.mean(axis=0), np.maximum(drawn.std(axis=0, ddof=1), 1e-12)
    best = ((drawn - middle) / scale).max(axis=1)
    return (real - middle) / scale, float(np.quantile(best, 1 - standard.level, method="higher"))


def _stability(
    points: FloatArray, label: IntArray, k: int, rng: np.random.Generator, bootstraps: int
) -> tuple[float, ...]:
    """Mean Jaccard similarity of every group to its closest in a bootstrap sample."""
    found = np.zeros(k)
    for _ in range(bootstraps):
        drawn = rng.choice(len(points), min(len(points), LARGE), replace=True)
        again = _kmeans(points[drawn], k, rng)
        rows, first = np.unique(drawn, return_index=True)
        found += _jaccard(label[rows], again[first], k)
    return tuple((found / bootstraps).tolist())


def _jaccard(one: IntArray, other: IntArray, k: int) -> FloatArray:
    """For each group of ``one``, its largest Jaccard similarity to a group of ``other``."""
    both = np.bincount(one * k + other, minlength=k * k).reshape(k, k).astype(np.float64)
    either = both.sum(1)[:, None] + both.sum(0)[None, :] - both
    return np.asarray((both / np.maximum(either, 1)).max(axis=1))


def _describe(
    variables: Sequence[Variable],
    label: IntArray,
    weight: FloatArray,
    trial: Trial,
    standard: Standard,
) -> tuple[tuple[Segment, ...], IntArray]:
    """Segments by falling share, and the place of each label among them."""
    said = list(statements(variables))
    total = weight[label >= 0].sum()
    share = np.array([weight[label == c].sum() / total for c in range(trial.k)])
    order = np.argsort(-share, kind="stable")
    segments: list[Segment] = []
    for number, c in enumerate(order.tolist(), start=1):
        gaps = _gaps(said, label == c, (label >= 0) & (label != c), weight, standard)
        segments.append(
            Segment(
                title=_title([g.mark for g in gaps], number, {s.title.zh for s in segments}),
                n=int((label == c).sum()),
                share=float(share[c]),
                stability=trial.stability[c],
                marks=tuple(g.mark for g in gaps if g.safe),
            )
        )
    place = np.empty(trial.k, dtype=np.int64)
    place[order] = np.arange(trial.k)
    return tuple(segments), place


@dataclass(frozen=True, slots=True)
class _Gap:
    """A mark, and whether its shares may be shown."""

    mark: Mark
    safe: bool


def _gaps(
    said: Sequence[Statement],
    inside: BoolArray,
    outside: BoolArray,
    weight: FloatArray,
    standard: Standard,
) -> list[_Gap]:
    """What sets the segment apart, largest difference first.

    Where one or two firms stand behind a share, the answer may lend its name, not its number.
    """
    found = []
    for statement in said:
        sides = [side & ~np.isnan(statement.holds) for side in (inside, outside)]
        if not all(side.any() for side in sides):
            continue
        shares = [float(np.average(statement.holds[s], weights=weight[s])) for s in sides]
        if abs(shares[0] - shares[1]) >= standard.effect:
            yes = [int(statement.holds[side].sum()) for side in sides]
            no = [int(side.sum()) - y for side, y in zip(sides, yes, strict=True)]
            safe = not any(0 < count < standard.minimum for count in (*yes, *no))
            found.append(_Gap(Mark(statement.text, shares[0], shares[1]), safe))
    return sorted(found, key=lambda g: -abs(g.mark.inside - g.mark.outside))


def _title(marks: Sequence[Mark], number: int, taken: Collection[str]) -> Text:
    """The two answers that set it apart most, what it does before what it does not.

    More answers, or a number, where that name is taken.
    """
    phrases = [_phrase(mark) for mark in sorted(marks, key=lambda m: m.inside <= m.outside)]
    for length in range(min(2, len(phrases)), len(phrases) + 1):
        title = _listed(phrases[:length])
        if title is not None and title.zh not in taken:
            return title
    return Text(zh=f"第 {number} 类", en=f"Kind {number}")


def _listed(phrases: Sequence[Text]) -> Text | None:
    if not phrases:
        return None
    return Text(zh="、".join(p.zh for p in phrases), en="; ".join(p.en for p in phrases))


def _phrase(mark: Mark) -> Text:
    text = mark.statement
    if mark.inside > mark.outside:
        return text
    return Text(zh=f"少见“{text.zh}”", en=f"seldom “{text.en}”")
