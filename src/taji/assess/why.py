"""Say why a firm has its level, and which answers would bring the next one.

Decides, for every firm below the highest level, which tests of the next level it does not
meet, which questions hold it down, and the cheapest answers that would meet each test.
Does not decide what such an answer costs in money or time, and does not
advise a firm to answer otherwise than is true: an answer here stands for what would have
to become true.

Every figure is found by giving the answer on a copy of the sheet and scoring it with the
program itself, so no rule of a model is told twice. The worst reading is explained: a
question left blank earns nothing until it is answered.

Kinds of row
    ``unmet_test``      a test of the next level: ``needed``, ``have``, and ``gain`` still to go.
    ``holds_down``      a question that earns less than it could: ``have`` of ``needed`` points,
                        and ``gain`` of the test's quantity if it were answered at its best.
    ``single_answer``   one answer that alone meets the test, the fewest steps first, then the
                        least above what is needed.
    ``set_of_answers``  where no single answer does: the smallest set that together meets it;
                        ``search`` says whether it is proved smallest (exact) or not (greedy).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from taji.assess.aims import Aim, additive, aims_of, climbed, ladder_of, leaves
from taji.assess.compile import Program
from taji.assess.moves import Move, Value, best_answers, changed, moves_of, places
from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.text import Text
from taji.catalogue.model import Model, Node

__all__ = ["SCHEMA", "titles_of_tests", "why"]

#: Columns of the result. ``search`` is empty but for sets of answers.
SCHEMA: dict[str, type[pl.DataType]] = {
    "enterprise": pl.String,
    "model": pl.String,
    "level": pl.String,
    "next_level": pl.String,
    "kind": pl.String,
    "test": pl.String,
    "node": pl.String,
    "question": pl.String,
    "from": pl.String,
    "to": pl.String,
    "needed": pl.Float64,
    "have": pl.Float64,
    "gain": pl.Float64,
    "rank": pl.Int64,
    "search": pl.String,
}

#: Copies of sheets scored at a time: some hundred megabytes. [rows]
_AT_ONCE = 120_000

#: Less than this in a test's quantity is the rounding of a float.
_NOTHING = 1e-9
#: Decimals of a gain; finer than any pack's points. [digits]
_DECIMALS = 9

#: Breaks ties between answers that help alike: less than any pack's points differ by.
_STEP = 1e-7
_MOST_STEPS = 1000


@dataclass(frozen=True, slots=True)
class _Case:
    """Firms of one level that fail one test, and what may be asked about them."""

    program: Program
    #: What works out the points of the nodes of ``aim``, and nothing else.
    narrow: Program
    aim: Aim
    level: str
    next_level: str
    sheets: pl.DataFrame
    #: Points of every node that results show, row for row with ``sheets``.
    told: pl.DataFrame
    have: FloatArray
    most: int

    @property
    def model(self) -> Model:
        return self.program.model

    @property
    def read(self) -> pl.DataFrame:
        """The answers that ``narrow`` reads; what is copied is this."""
        return self.sheets.select(list(self.narrow.columns))

    def score(self, sheets: pl.DataFrame) -> FloatArray:
        return self.aim.measured(self.narrow.wide(sheets))

    def rows(self, kind: str, at: IntArray, columns: dict[str, object]) -> pl.DataFrame:
        """Return result rows for the firms at places ``at``."""
        fixed = {
            "enterprise": self.sheets.get_column("enterprise").gather(at),
            "model": self.model.id,
            "level": self.level,
            "next_level": self.next_level,
            "kind": kind,
            "test": self.aim.test,
            "needed": self.aim.needed,
            "have": pl.Series(self.have[at]),
            "node": self.aim.node or None,
        }
        given = {**fixed, **columns}
        exprs = [pl.lit(given.get(name)).cast(dtype).alias(name) for name, dtype in SCHEMA.items()]
        return pl.DataFrame({"at": at}).with_columns(exprs)


def why(
    answers: pl.DataFrame, program: Program, *, most: int = 5, wide: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return what stands between each firm and its next level.

    Parameters
    ----------
    answers : polars.DataFrame
        Canonical answers, as for scoring.
    program : Program
        A compiled model whose total has levels.
    most : int
        Rows at most per firm and test for the questions that hold it down, and for single
        answers.
    wide : polars.DataFrame, optional
        ``program.wide(answers)``, where it is at hand.

    Returns
    -------
    polars.DataFrame
        Columns of ``SCHEMA``, firms in the order of ``answers``; a firm on the highest
        level has no rows.

    Raises
    ------
    AnswerError
        If a value is none of its question's answers.
    """
    if not program.model.levels or "total" not in program.model.by_id:
        return pl.DataFrame(schema=SCHEMA)
    told = [
        found.with_columns(pl.lit(place, dtype=pl.Int64).alias("test_place"))
        for place, case in _cases(answers, program, most, wide)
        for found in _explained(case)
    ]
    if not told:
        return pl.DataFrame(schema=SCHEMA)
    order = ["at", "kind_place", "test_place", "rank"]
    kinds = {"unmet_test": 0, "holds_down": 1, "single_answer": 2, "set_of_answers": 3}
    placed = pl.col("kind").replace_strict(kinds, return_dtype=pl.Int64).alias("kind_place")
    return pl.concat(told).with_columns(placed).sort(order, maintain_order=True).select(*SCHEMA)


def titles_of_tests(model: Model) -> dict[str, Text]:
    """Return the tests of a model's levels for a reader, by the short form in column ``test``.

    Examples
    --------
    >>> from taji.catalogue.load import model
    >>> titles_of_tests(model("sme2024"))["total >= 40"].zh
    '数字化水平至少 40'
    """
    ladder = ladder_of(model)
    rungs = range(len(ladder.of)) if ladder is not None else (0,)
    aims = [
        aim
        for level in range(len(model.levels))
        for rung in rungs
        for aim in aims_of(model, level, rung=rung)
    ]
    return {aim.test: aim.title for aim in aims}


def _cases(
    answers: pl.DataFrame, program: Program, most: int, wide: pl.DataFrame | None
) -> Iterator[tuple[int, _Case]]:
    """Yield the firms by level and unmet test, with the test's place among its level's."""
    model = program.model
    wide = program.wide(answers) if wide is None else wide
    sheets = program.sheets(answers).select(
        pl.col("enterprise").cast(pl.String), *program.columns, at=pl.int_range(pl.len())
    )
    ids = [level.id for level in model.levels]
    codes = wide.get_column("total:level").fill_null(255).to_numpy()
    ladder = ladder_of(model)
    rungs = climbed(model, wide) if ladder is not None else np.zeros(len(answers), dtype=int)
    for place, level in enumerate(ids[:-1]):
        here = codes == program.levels.index(level)
        for rung in sorted(set(rungs[here].tolist())):
            group = here & (rungs == rung)
            for number, aim in enumerate(aims_of(model, place + 1, rung=rung)):
                have = aim.measured(wide)
                failing = np.flatnonzero(group & ~aim.met(have))
                if failing.size:
                    own, following = sheets[failing], ids[place + 1]
                    narrow = program.points_of(aim.nodes)
                    told, short = wide[failing], have[failing]
                    case = _Case(program, narrow, aim, level, following, own, told, short, most)
                    yield number, case


def _explained(case: _Case) -> Iterator[pl.DataFrame]:
    everyone = np.arange(len(case.sheets))
    lacking = pl.Series(case.aim.needed - case.have)
    yield _finished(case, case.rows("unmet_test", everyone, {"gain": lacking, "rank": 1}))
    nodes = leaves(case.model, case.aim.nodes)
    asked = case.program.questionnaire
    moves = [move for node in nodes for move in moves_of(node, asked)]
    # one scoring for both: each costs the same for one sheet as for a hundred
    best = [] if case.aim.count is not None else [best_answers(node, asked) for node in nodes]
    added = _after(case, case.read, [*best, *(move.changes for move in moves)]) - case.have
    held = _short(case) if case.aim.count is not None else _lost(case, nodes, added[: len(best)])
    yield _finished(case, held)
    if not moves:
        return
    steps = _steps(case, moves)
    gains = np.where(steps == 0, 0.0, added[len(best) :])
    singles = _singles(case, moves, steps, gains)
    yield _finished(case, singles)
    rest = np.setdiff1d(everyone, singles.get_column("at").to_numpy())
    if rest.size:
        yield _finished(case, _sets(case, moves, steps, gains, rest))


def _finished(case: _Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows that know the firm's place among all firms.

    A gain is the difference of two floats: the digits that only the subtraction made are cut.
    """
    at = case.sheets.get_column("at").gather(rows.get_column("at"))
    return rows.with_columns(at, pl.col("gain").round(_DECIMALS))


def _steps(case: _Case, moves: Sequence[Move]) -> IntArray:
    """Return how many places each move climbs, shape (n_move, n_firm); 0 if it is none."""
    by_id = case.model.by_id
    steps = np.zeros((len(moves), len(case.sheets)), dtype=np.int64)
    now: dict[str, IntArray] = {}
    for row, move in enumerate(moves):
        if move.column not in now:
            node = by_id[move.node]
            now[move.column] = places(node, move, case.sheets, case.program.questionnaire)
        here = now[move.column]
        steps[row] = np.where(here < 0, 0, np.maximum(move.place - here, 0))
    return steps


def _after(case: _Case, sheets: pl.DataFrame, changes: Sequence[Mapping[str, Value]]) -> FloatArray:
    """Return the test's quantity after each change alone, shape (n_change, n_firm)."""
    n = len(sheets)
    after = np.zeros((len(changes), n))
    at_once = max(1, _AT_ONCE // max(n, 1))
    for start in range(0, len(changes), at_once):
        picks = list(enumerate(changes[start : start + at_once]))
        scored = case.score(changed(sheets, picks, copies=len(picks)))
        after[start : start + at_once] = scored.reshape(len(picks), n)
    return after


def _lost(case: _Case, nodes: Sequence[Node], best: FloatArray) -> pl.DataFrame:
    """Return the questions that lose the most; ``best`` is what each could add."""
    lost = best.copy()
    points, live = _points(case, [node.id for node in nodes])
    lost[~live] = 0.0
    order = np.argsort(-lost, axis=0, kind="stable")[: case.most]
    rank, at = np.nonzero(np.take_along_axis(lost, order, axis=0) > _NOTHING)
    which = order[rank, at]
    return _holding(
        case,
        at,
        nodes=[nodes[w] for w in which],
        needed=[float(nodes[w].max) for w in which],
        have=points[which, at],
        gain=lost[which, at],
        rank=rank + 1,
    )


def _short(case: _Case) -> pl.DataFrame:
    """Return the nodes that do not count yet, those that lack least first."""
    names, value = case.aim.nodes, float(case.aim.value)
    points, live = _points(case, names)
    short = value - points
    short[~live | (short <= 0)] = np.inf
    order = np.argsort(short, axis=0, kind="stable")
    rank, at = np.nonzero(np.isfinite(np.take_along_axis(short, order, axis=0)))
    which = order[rank, at]
    return _holding(
        case,
        at,
        nodes=[case.model.by_id[names[w]] for w in which],
        needed=[value] * len(which),
        have=points[which, at],
        gain=short[which, at],
        rank=rank + 1,
    )


def _holding(
    case: _Case,
    at: IntArray,
    *,
    nodes: Sequence[Node],
    needed: Sequence[float],
    have: FloatArray,
    gain: FloatArray,
    rank: IntArray,
) -> pl.DataFrame:
    """Return one row for each node that holds a firm down."""
    columns: dict[str, object] = {
        "node": pl.Series([node.id for node in nodes], dtype=pl.String),
        "question": pl.Series([node.question for node in nodes], dtype=pl.String),
        "needed": pl.Series(needed, dtype=pl.Float64),
        "have": pl.Series(have),
        "gain": pl.Series(gain),
        "rank": pl.Series(rank),
    }
    return case.rows("holds_down", at, columns)


def _points(case: _Case, nodes: Sequence[str]) -> tuple[FloatArray, BoolArray]:
    """Return points of nodes and whether they count, each of shape (n_node, n_firm)."""
    columns = [case.told.get_column(f"{node}:points").to_numpy() for node in nodes]
    points = np.array(columns, dtype=np.float64)  # null comes as NaN
    return np.nan_to_num(points), ~np.isnan(points)


def _singles(
    case: _Case, moves: Sequence[Move], steps: IntArray, gains: FloatArray
) -> pl.DataFrame:
    """Return the cheapest single answers that meet the test."""
    enough = case.aim.met(case.have + gains) & (gains > _NOTHING)
    move, at = np.nonzero(enough)
    over = (case.have + gains)[move, at] - case.aim.needed
    order = np.lexsort((move, over.round(9), steps[move, at], at))
    move, at = move[order], at[order]
    first = np.searchsorted(at, at, side="left")
    rank = np.arange(len(at)) - first + 1
    kept = rank <= case.most
    return _answers("single_answer", case, moves, move[kept], at[kept], gains, rank[kept])


def _sets(
    case: _Case, moves: Sequence[Move], steps: IntArray, gains: FloatArray, firms: IntArray
) -> pl.DataFrame:
    """Return for each firm the smallest set of answers that meets the test.

    Notes
    -----
    The most helpful answer of every question (of every tick) is taken in turn, the most
    helpful first, until the test is met; how many that takes is searched for, each trial
    scored anew, as many trials at once as memory allows. Where answers help independently no
    smaller set exists. The last answer is then replaced by the cheapest that still closes
    the gap.
    """
    sheets, gains, steps = case.read[firms], gains[:, firms], steps[:, firms]
    names = list(dict.fromkeys(move.column for move in moves))
    columns = np.array([names.index(move.column) for move in moves])
    chosen, value = _best_of_columns(columns, gains, steps)
    order = np.argsort(-value, axis=0, kind="stable")
    turn = np.argsort(order, axis=0)

    def given(count: IntArray) -> BoolArray:
        """Which columns have their answer, shape (n_column, n_copy, n_firm)."""
        return (turn[:, None] < count) & (value > -np.inf)[:, None]

    def with_first(count: IntArray) -> pl.DataFrame:
        """Sheets with the first answers given; ``count`` of shape (n_copy, n_firm)."""
        picks = [
            (taken & (choice == move), moves[move].changes)
            for choice, taken, worth in zip(chosen, given(count), value, strict=True)
            for move in np.unique(choice[worth > -np.inf])
        ]
        return changed(sheets, picks, copies=len(count))

    def met(count: IntArray) -> BoolArray:
        found: BoolArray = case.aim.met(case.score(with_first(count)).reshape(count.shape))
        return found

    count = _least(met, len(chosen), len(firms))
    before = np.maximum(count - 1, 0)[None]
    free = ~given(before)[:, 0][columns]
    last = _cheapest_last(case, with_first(before), moves, np.where(free, steps, 0))
    rank, at = np.nonzero(np.arange(int(count.max(initial=0)))[:, None] < count)
    move = chosen[order[rank, at], at]
    closing = (count[at] == rank + 1) & (last[at] >= 0)
    move = np.where(closing, last[at], move)
    search = "exact" if additive(case.model, case.aim) else "greedy"
    return _answers("set_of_answers", case, moves, move, firms[at], None, rank + 1).with_columns(
        pl.Series("gain", gains[move, at], dtype=pl.Float64), search=pl.lit(search)
    )


def _least(met: Callable[[IntArray], BoolArray], most: int, n: int) -> IntArray:
    """Return for each of ``n`` firms the least count up to ``most`` that is enough; 0 for none.

    ``met`` tells it for counts of shape (n_trial, n_firm). Trials stand evenly between the
    ends that are left: one trial halves them, many find the count at once.
    """
    low, high = np.ones(n, dtype=np.int64), np.full(n, most)
    trials = int(np.clip(_AT_ONCE // max(n, 1), 1, most))
    share = np.arange(1, trials + 1)[:, None]
    while True:
        tried = np.vstack([low + share * (high - low) // (trials + 1), high])
        found = met(tried)
        possible = found[-1]
        high = np.where(found, tried, high).min(axis=0)
        low = np.where(~found & (tried < high), tried + 1, low).max(axis=0)
        if not (low < high).any():
            return np.where(possible, high, 0)


def _best_of_columns(
    columns: IntArray, gains: FloatArray, steps: IntArray
) -> tuple[IntArray, FloatArray]:
    """Return the most helpful move of every column and its worth, each (n_column, n_firm).

    ``columns`` tells which column each move answers. Ties go to fewer steps. Where no answer to
    a column helps by itself its highest is taken, last of all: it may help together with others.
    The worth of an answer that is given already is minus infinity.
    """
    helps = gains > _NOTHING
    worth = np.where(helps, gains - steps * _STEP, (steps - _MOST_STEPS) * _STEP)
    worth[steps == 0] = -np.inf
    chosen, value = [], []
    for column in range(columns.max() + 1):
        own = np.flatnonzero(columns == column)
        best = own[np.argmax(worth[own], axis=0)]
        chosen.append(best)
        value.append(np.take_along_axis(worth, best[None], axis=0)[0])
    return np.array(chosen), np.array(value)


def _cheapest_last(
    case: _Case, sheets: pl.DataFrame, moves: Sequence[Move], steps: IntArray
) -> IntArray:
    """Return for each firm the cheapest move that closes what is left; -1 for none.

    ``steps`` is 0 for moves that are none, and for a question whose answer was changed already.
    """
    have, *after = _after(case, sheets, [{}, *(move.changes for move in moves)])
    total = np.array(after)
    enough = case.aim.met(total) & (total - have > _NOTHING) & (steps > 0)
    cost = np.where(enough, steps + total * 1e-6, np.inf)
    best = np.argmin(cost, axis=0)
    reachable = np.isfinite(np.take_along_axis(cost, best[None], axis=0)[0])
    return np.where(reachable, best, -1)


def _answers(
    kind: str,
    case: _Case,
    moves: Sequence[Move],
    move: IntArray,
    at: IntArray,
    gains: FloatArray | None,
    rank: IntArray,
) -> pl.DataFrame:
    """Return one row per move and firm."""
    chosen = [moves[m] for m in move]
    said = {m.column: case.sheets.get_column(m.column) for m in chosen}
    present = {column: _as_text(values).to_list() for column, values in said.items()}
    return case.rows(
        kind,
        at,
        {
            "node": pl.Series([m.node for m in chosen], dtype=pl.String),
            "question": pl.Series([m.column for m in chosen], dtype=pl.String),
            "from": pl.Series(
                [present[m.column][firm] for m, firm in zip(chosen, at, strict=True)],
                dtype=pl.String,
            ),
            "to": pl.Series([m.to for m in chosen], dtype=pl.String),
            "gain": None if gains is None else pl.Series(gains[move, at]),
            "rank": pl.Series(rank),
        },
    )


def _as_text(values: pl.Series) -> pl.Series:
    """Return answers as results show them: ticks as 0 and 1, whole numbers without a point."""
    if values.dtype == pl.Boolean:
        return values.cast(pl.Int8).cast(pl.String)
    if values.dtype == pl.Float64:
        return values.cast(pl.String).str.replace(r"\.0$", "")
    return values.cast(pl.String)
