"""Withhold from the published estimates whatever would betray a firm.

Turns the estimates and the counts of firms behind them into estimates that may be published.
Decides which cells are sensitive (primary) and, through ``taji.compare.suppression``, which
others must go so that nobody can work the sensitive ones out (secondary). Does not estimate
(``taji.survey``) nor draw (``taji.report``).

The rules, each an argument in ``Rules``:

* A row that rests on fewer than ``minimum`` firms is withheld.
* A share is withheld as well when one or two firms ticked, or one or two did not. With ``n``
  beside it a share tells the count, and each of two firms that ticked learns about the other.
  The sample is treated as if its list were known: in a city, who was surveyed is no secret.
  A share of exactly none or all is shown: it rests on all firms of the group.
* An amount is withheld when few firms make up most of it, (n, k) dominance, or when the
  second largest could estimate the largest within ``p`` per cent.

What the attacker is assumed to know: every published number; every count that a share and
its ``n`` imply, weights being known; the size of every group; that groups sum to the city and
options of a single choice to all. What is left to him: of a share, an interval at least as wide
as ``minimum`` firms (all of a smaller group); of a group of fewer firms, also its size within
``minimum``; of an amount, what the dominance rules ask on both sides.

Not covered, and to be said where weights are published: an attacker who knows every firm's
exact weight could try all subsets of firms against a full-precision estimate. Rounded
tables do not allow it.

Firms whose group is not known stand in no published row; they are neither protected (nobody
can name them) nor known to the attacker.

References
----------
.. [1] A. Hundepool et al., *Statistical Disclosure Control*. Chichester: Wiley, 2012, chapter 4.
   doi:10.1002/9781118348239
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from taji.base.errors import TajiError
from taji.catalogue.questionnaire import Questionnaire
from taji.compare.attack import attack
from taji.compare.cells import KEY, Block, blocks, lay_out, whole_groups
from taji.compare.sensitive import Rules, judge
from taji.compare.suppression import Suppression, UnprotectableError, exposed, suppress

__all__ = [
    "EMPTIED",
    "Leak",
    "LeakError",
    "Protected",
    "Rules",
    "Rulings",
    "UncountedError",
    "protect",
    "refuse_leaks",
    "rulings_of",
    "verify_published",
    "withhold_peers",
]

#: For each question that is not put to all: the answers, as (question, option), that lead to it.
Rulings = Mapping[str, tuple[tuple[str, str], ...]]

#: Columns of the estimates that a suppressed row empties: each of them tells the count.
EMPTIED = ("estimate", "se", "ci_low", "ci_high", "n", "base", "deff")


class UncountedError(TajiError):
    """An estimate cannot be judged because nobody counted its firms."""

    code = "compare.uncounted"
    sentences = {
        "en": (
            "{rows} estimates have no count of the firms behind them, the first being question "
            "{question!r}, option {option!r}, by {by!r}, group {group!r}. Give `contributors` the "
            "same measures and breakdowns as the estimates."
        ),
        "zh": (
            "有 {rows} 个估计值没有对应的企业计数，第一个为问题 {question!r}、选项 {option!r}、"
            "分组方式 {by!r}、组 {group!r}。请让 `contributors` 使用与估计值相同的指标和分组方式。"
        ),
    }


class LeakError(TajiError):
    """What is about to be published would betray a firm."""

    code = "compare.leak"
    sentences = {
        "en": (
            "{leaks} cells could be worked out from what is about to be published, the first "
            "being question {question!r}, option {option!r}, by {by!r}, group {group!r} ({why}). "
            "Nothing was published. Run the estimates through `protect` again, unedited."
        ),
        "zh": (
            "待发布内容可推算出 {leaks} 个单元格，第一个为问题 {question!r}、选项 {option!r}、"
            "分组方式 {by!r}、组 {group!r}（{why}）。未发布任何内容。"
            "请将估计值重新交给 `protect` 处理，且不要手工修改。"
        ),
    }


@dataclass(frozen=True, slots=True, eq=False)
class Protected:
    """Estimates that may be published.

    Attributes
    ----------
    estimates : DataFrame
        As given, with ``suppressed`` (Boolean) and the numbers of suppressed rows emptied.
    reasons : DataFrame
        ``question, option, by, group, why`` of every suppressed cell; ``why`` is ``few_firms``,
        ``few_ticking``, ``few_others``, ``dominance``, ``p_percent`` or ``secondary``. For the
        bureau alone: the reason itself says something about the cell.
    optimal : bool
        Whether every pattern is proved to withhold as little as possible.
    """

    estimates: pl.DataFrame
    reasons: pl.DataFrame
    optimal: bool

    @property
    def primary(self) -> int:
        """Cells that are sensitive themselves."""
        return self.reasons.height - self.secondary

    @property
    def secondary(self) -> int:
        """Cells withheld only to protect others."""
        return self.reasons.filter(pl.col("why") == "secondary").height


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A sensitive cell that the published table gives away.

    Attributes
    ----------
    question, option, by, group : str
    why : str
        ``published``: the cell itself is shown; ``deduced``: it can be worked out from others;
        ``base``: it is the base of a question that is shown;
        ``numbers``: a row marked as suppressed still carries one.
    low, high : float
        What the attacker knows of the count or of the weighted total.
    """

    question: str
    option: str
    by: str
    group: str
    why: str
    low: float
    high: float


def protect(
    estimates: pl.DataFrame,
    counts: pl.DataFrame,
    *,
    rules: Rules | None = None,
    rulings: Rulings | None = None,
) -> Protected:
    """Suppress the sensitive cells and the cheapest others that keep them safe.

    Parameters
    ----------
    estimates : DataFrame
        Columns of ``estimates.csv`` without ``suppressed``.
    counts : DataFrame
        From ``taji.compare.contributors``, same questions, options and breakdowns. A cell that is
        counted and not estimated is taken as never published.
    rules : Rules, optional
    rulings : Rulings, optional
        From ``rulings_of``: a question put only to those who gave an answer is withheld where the
        share of that answer is, as its base would tell it.

    Returns
    -------
    Protected

    Raises
    ------
    UncountedError
        If an estimate has no count.
    UnprotectableError
        If a cell would be known even if nothing were published.

    Notes
    -----
    All breakdowns of a question share the city's row and are solved together, so that no two of
    them betray what each alone would hide. A figure of the city is withheld only if it is
    sensitive itself or if nothing else would do. The size of a group of fewer than
    ``minimum`` firms is protected with the same partners in every question.
    Within a breakdown, rows resting on fewer firms are preferred as partners.

    Examples
    --------
    Two of nine firms in district a ticked; b must go with it, since a = city - b - c.

    >>> from taji.compare.contributors import contributors
    >>> from taji.survey.measures import Choice
    >>> frame = pl.DataFrame({
    ...     "district": ["a"] * 9 + ["b"] * 11 + ["c"] * 20,
    ...     "plan": [True] * 2 + [False] * 7 + [True] * 5 + [False] * 6 + [True, False] * 10})
    >>> counts = contributors(frame, [Choice("plan", ("yes",), pl.col("plan"))], by=["district"])
    >>> estimates = counts.select("question", "option", "by", "group", "n",
    ...     estimate=pl.col("ticking") / pl.col("n"))
    >>> protect(estimates, counts).estimates["suppressed"].to_list()
    [False, True, True, False]
    """
    rules = rules or Rules()
    estimates = _with_key(estimates)
    judged = judge(_counted(estimates, counts), rules)
    judged = _mark(judged, _whole_keys(judged, rules))
    hidden: list[pl.DataFrame] = [judged.clear()]
    optimal = True
    for questions in _in_order(judged["question"].unique().to_list(), rulings or {}):
        part = judged.filter(pl.col("question").is_in(questions))
        part = _mark(part, _following(pl.concat(hidden), rulings or {}))
        for cells in blocks(part):
            block = lay_out(cells, rules)
            answer = _suppress(block)
            hidden.append(block.hidden_rows(answer.hidden))
            optimal &= answer.optimal
    reasons = (
        pl.concat(hidden)
        .filter("published")
        .select(*KEY, pl.col("why").fill_null("secondary"))
        .sort(KEY)
    )
    return Protected(
        estimates=_empty(estimates, reasons),
        reasons=reasons,
        optimal=optimal,
    )


def verify_published(
    estimates: pl.DataFrame,
    counts: pl.DataFrame,
    *,
    rules: Rules | None = None,
    rulings: Rulings | None = None,
) -> tuple[Leak, ...]:
    """Attack what is about to be published; the last gate before it goes out.

    Parameters
    ----------
    estimates : DataFrame
        Columns of ``estimates.csv`` with ``suppressed``.
    counts : DataFrame
        From ``taji.compare.contributors``.
    rules : Rules, optional
    rulings : Rulings, optional
        From ``rulings_of``.

    Returns
    -------
    tuple of Leak
        Empty when nothing sensitive is shown or can be worked out.

    Raises
    ------
    UncountedError
        If a shown estimate has no count.
    """
    rules = rules or Rules()
    estimates = _with_key(estimates)
    leaks = list(_left_numbers(estimates))
    shown = estimates.filter(~pl.col("suppressed")).select(KEY).unique()
    judged = judge(_counted(estimates, counts), rules).join(
        shown.with_columns(shown=True), on=KEY, how="left"
    )
    judged = judged.with_columns(pl.col("shown").fill_null(False), partner=False)
    for cells in blocks(judged):
        leaks += _deduced(lay_out(cells, rules))
    leaks += _based(judged, rulings or {})
    return tuple(leaks)


def refuse_leaks(leaks: Sequence[Leak]) -> None:
    """Raise if anything leaks.

    Raises
    ------
    LeakError
        Naming the first leak and how many there are.
    """
    if leaks:
        first = leaks[0]
        raise LeakError(
            leaks=len(leaks),
            question=first.question,
            option=first.option,
            by=first.by,
            group=first.group,
            why=first.why,
        )


def rulings_of(questionnaire: Questionnaire) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return, for each item that is not put to all, the answers that lead to it."""
    rulings = {}
    for item in questionnaire.items.values():
        rule = item.question.asked_if
        if rule is not None:
            leading = questionnaire.items_of(rule.question)
            rulings[item.id] = tuple((lead.id, a) for lead in leading for a in rule.any_of)
    return rulings


def withhold_peers(peers: pl.DataFrame, estimates: pl.DataFrame) -> pl.DataFrame:
    """Drop peer groups whose mean is suppressed: their ``n`` and spread would tell it.

    Parameters
    ----------
    peers : DataFrame
        From ``taji.compare.peers.spread``: ``model, node, by, group, ...``.
    estimates : DataFrame
        Protected estimates; the mean of a node has question ``model:node``.

    Returns
    -------
    DataFrame
    """
    withheld = (
        _with_key(estimates)
        .filter(pl.col("suppressed"), pl.col("option") == "")
        .select(pl.col("question").alias("_question"), "by", "group")
        .unique()
    )
    question = pl.concat_str("model", pl.lit(":"), "node").alias("_question")
    filled = [pl.col("by").fill_null(""), pl.col("group").fill_null("")]
    on = ["_question", "by", "group"]
    return peers.with_columns(question, *filled).join(withheld, on=on, how="anti").drop("_question")


def _with_key(frame: pl.DataFrame) -> pl.DataFrame:
    """Empty text and null are the same key: "no option", "the whole city"."""
    return frame.with_columns(pl.col(KEY).cast(pl.String).fill_null(""))


def _suppress(block: Block) -> Suppression:
    try:
        return suppress(block.problem)
    except UnprotectableError as error:  # say which figure, not which number of a table
        cell = int(str(error.fields["cell"]))
        raise UnprotectableError(cell=" / ".join(filter(None, block.names[cell]))) from error


def _counted(estimates: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """The counts of the questions that are estimated, marked with what is published."""
    keys = estimates.select(KEY).unique()
    counts = _with_key(counts)
    uncounted = keys.join(counts, on=KEY, how="anti").sort(KEY)
    if uncounted.height:
        raise UncountedError(rows=uncounted.height, **uncounted.row(0, named=True))
    return (
        counts.join(keys.select("question").unique(), on="question", how="semi")
        .join(keys.with_columns(published=True), on=KEY, how="left")
        .with_columns(pl.col("published").fill_null(False))
    )


def _empty(estimates: pl.DataFrame, reasons: pl.DataFrame) -> pl.DataFrame:
    """Mark the suppressed rows and empty their numbers; the order of rows stays."""
    numbers = [c for c in EMPTIED if c in estimates.columns]
    withheld = reasons.select(KEY).with_columns(suppressed=True)
    return (
        estimates.drop("suppressed", strict=False)
        .join(withheld, on=KEY, how="left", maintain_order="left")
        .with_columns(pl.col("suppressed").fill_null(False))
        .with_columns(pl.when(~pl.col("suppressed")).then(pl.col(numbers)).name.keep())
    )


def _left_numbers(estimates: pl.DataFrame) -> Iterator[Leak]:
    """Suppressed rows that still carry a number."""
    numbers = [c for c in EMPTIED if c in estimates.columns]
    left = estimates.filter("suppressed", pl.any_horizontal(pl.col(numbers).is_not_null()))
    for row in left.select(KEY).iter_rows(named=True):
        yield Leak(**row, why="numbers", low=float("nan"), high=float("nan"))


def _deduced(block: Block) -> Iterator[Leak]:
    """Sensitive cells that are shown, or that the shown ones give away."""
    problem = block.problem
    hidden = block.pattern(block.rows["shown"].to_numpy())
    found = exposed(problem, hidden).tolist()
    known = attack(problem.table, hidden, cells=found)
    for p in found:
        yield Leak(
            **dict(zip(KEY, block.names[p], strict=True)),
            why="deduced" if hidden[p] else "published",
            low=float(known.low[p]),
            high=float(known.high[p]),
        )


def _based(judged: pl.DataFrame, rulings: Rulings) -> Iterator[Leak]:
    """Shown rows whose base is a share that is withheld."""
    withheld = judged.filter("published", ~pl.col("shown"))
    told = judged.filter("shown").join(
        _following(withheld, rulings), on=["question", "by", "group"], how="semi"
    )
    for row in told.select(*KEY, "n").iter_rows(named=True):
        n = float(row.pop("n"))
        yield Leak(**row, why="base", low=n, high=n)


def _whole_keys(judged: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Keys of the groups to hide whole, and of the shares of firms that fall in them."""
    whole = whole_groups(judged, rules)
    rows = judged.filter(pl.col("n") > 0).join(whole, on=["by", "group"], how="semi")
    shares = whole.select(
        pl.col("by").alias("question"),
        pl.col("group").alias("option"),
        by=pl.lit(""),
        group=pl.lit(""),
    )
    return pl.concat([rows.select(KEY), shares])


def _mark(judged: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Mark rows that are hidden whatever it costs, besides those marked already."""
    before = pl.col("partner") if "partner" in judged.columns else pl.lit(False)
    marked = judged.join(keys.unique().with_columns(_new=True), on=keys.columns, how="left")
    return marked.with_columns(partner=before | pl.col("_new").fill_null(False)).drop("_new")


def _following(hidden: pl.DataFrame, rulings: Rulings) -> pl.DataFrame:
    """``question, by, group`` whose base is a hidden share."""
    links = [(q, *answer) for q, answers in rulings.items() for answer in answers]
    names = ("_led_to", "question", "option")
    table = pl.DataFrame(links, schema=dict.fromkeys(names, pl.String), orient="row")
    return (
        hidden.filter("published")
        .join(table, on=["question", "option"])
        .select(pl.col("_led_to").alias("question"), "by", "group")
    )


def _in_order(questions: Sequence[str], rulings: Rulings) -> Iterator[list[str]]:
    """Questions in steps, so that what decides who is asked is settled before."""
    left = sorted(questions)
    while left:
        ready = [q for q in left if not {r for r, _ in rulings.get(q, ())} & (set(left) - {q})]
        yield ready
        left = [q for q in left if q not in ready]
