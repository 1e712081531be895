r"""How sure a firm's level is: the probability of each level, and what makes it unsure.

Draws what might be true behind a sheet of answers and has the compiled program itself score
every draw. Three things are unsure: each answer (``taji.assess.reliability``), answers that are
missing (``taji.assess.imputing``), and points of the model on which sources differ. Does not
decide the level that is shown: that is the program's.

A firm's draws come from a generator of its own, seeded with its key: they are the same in any
order of rows and beside any other firms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
import polars as pl
from scipy.special import ndtr

from taji.assess.compile import Program
from taji.assess.imputing import HotDeck
from taji.assess.reliability import Reliability
from taji.assess.rungs import MISSING, Unit, places_of, sheets_of, units_of
from taji.base.arrays import FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.identifiers import KEY

__all__ = ["CHANCES", "FIRM_CHANCES", "READ_LEVELS", "Chances", "LevelsMissingError", "chances"]

#: Columns of ``Chances.levels``.
CHANCES = pl.Schema(
    {
        "enterprise": pl.String,
        "model": pl.String,
        "node": pl.String,
        "level": pl.String,
        "probability": pl.Float64,
        "se": pl.Float64,
    }
)
#: Columns of ``Chances.firms``.
FIRM_CHANCES = pl.Schema(
    {
        "enterprise": pl.String,
        "model": pl.String,
        "level": pl.String,
        "level_best": pl.String,
        "likeliest": pl.String,
        "p_level": pl.Float64,
        "se": pl.Float64,
        "p_lower": pl.Float64,
        "p_higher": pl.Float64,
        "from_reliability": pl.Float64,
        "from_missing": pl.Float64,
        "from_readings": pl.Float64,
        "answered": pl.Int64,
        "missing": pl.Int64,
        "track": pl.String,
        "pairs": pl.Int64,
        "draws": pl.Int64,
    }
)
#: Columns of ``Chances.readings``.
READ_LEVELS = pl.Schema(
    {"enterprise": pl.String, "model": pl.String, "reading": pl.String, "level": pl.String}
)

#: Sheets scored at once: some ten megabytes of columns. [rows]
_AT_ONCE = 40_000
_NO_LEVEL = 255
_TOTAL = "total"


class LevelsMissingError(TajiError):
    """The model has no levels whose probability could be told."""

    code = "assess.no_levels"
    sentences = {
        "en": "Model {model} has no levels, so there is no probability of one. Leave `--chances` out.",
        "zh": "模型 {model} 没有等级，无法给出等级的把握。请去掉 `--chances`。",
    }


@dataclass(frozen=True, slots=True)
class Chances:
    """Probabilities of levels.

    Attributes
    ----------
    levels : DataFrame
        ``CHANCES``: a row for each firm, node that has levels, and level.
    firms : DataFrame
        ``FIRM_CHANCES``: a row for each firm, about the total; empty where the total has no levels.
    readings : DataFrame
        ``READ_LEVELS``: the level of the claimed answers under every combination of readings.
    """

    levels: pl.DataFrame
    firms: pl.DataFrame
    readings: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Case:
    """What all firms share."""

    programs: Sequence[Program]
    units: tuple[Unit, ...]
    reliability: Reliability | None
    deck: HotDeck | None
    seed: int
    #: Draws under each reading. [draws]
    each: int

    @property
    def draws(self) -> int:
        return self.each * len(self.programs)


def chances(
    answers: pl.DataFrame,
    programs: Sequence[Program],
    *,
    reliability: Reliability | None,
    deck: HotDeck | None,
    draws: int,
    seed: int,
) -> Chances:
    r"""Return the probability of every level for every firm.

    Parameters
    ----------
    answers : polars.DataFrame, shape (n_firm, any)
        Canonical answers with ``enterprise`` and the groups that donors are near by.
    programs : sequence of Program
        The model under its readings, each equally likely; the first gives the level that is shown.
    reliability : Reliability or None
        What is found given what was claimed; None: answers are taken as they are.
    deck : HotDeck or None
        Donors of missing answers, made for ``draws`` as rounded up below; None: they stay missing
        and earn nothing.
    draws : int
        For each firm, rounded up so that each reading has as many.
    seed : int

    Returns
    -------
    Chances

    Raises
    ------
    LevelsMissingError
        If nothing in the model has levels.

    Notes
    -----
    In draw :math:`d` a missing answer is a donor's, :math:`x_{id}`; what is true is drawn from
    the table's row, :math:`t_{ijd} = F^{-1}_{j, x_{ijd}}(\Phi(\cdot))` of the normal that
    ``taji.assess.firm_errors`` puts behind it; :math:`L_r` is the program under reading
    :math:`r` of :math:`R`. Then, with :math:`D / R` draws under each reading,

    .. math:: p_i(\ell) = \frac1R \sum_r p_{ir}(\ell), \quad
              p_{ir}(\ell) = \frac{R}{D} \sum_d [L_r(t_{id}) = \ell], \quad
              se^2 = \frac{1}{R D} \sum_r p_{ir} (1 - p_{ir}).

    ``from_reliability``, ``from_missing`` and ``from_readings`` are :math:`1 - \max_\ell p(\ell)`
    with that source alone, the other two as the shown level has them.
    """
    base = programs[0]
    ranked = [columns for columns in base.nodes if columns.level is not None]
    if not ranked:
        raise LevelsMissingError(model=base.model.id)
    nodes = [columns.node for columns in ranked]
    units = units_of(programs)
    narrow = [program.only(nodes) for program in programs]
    each = -(-draws // len(programs))
    case = _Case(narrow, units, reliability, deck, seed, each)
    step = max(1, _AT_ONCE // (3 * case.draws + 1))
    parts = [_part(answers[at : at + step], case) for at in range(0, len(answers), step)]
    return Chances(
        levels=_together([part.levels for part in parts], CHANCES),
        firms=_together([part.firms for part in parts], FIRM_CHANCES),
        readings=_together([part.readings for part in parts], READ_LEVELS),
    )


def _together(frames: Sequence[pl.DataFrame], schema: pl.Schema) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=schema), *frames])


def _part(answers: pl.DataFrame, case: _Case) -> Chances:
    """Work out some firms; which firms are together changes nothing."""
    base = case.programs[0]
    keys = answers.get_column(KEY).cast(pl.String).to_list()
    own = _own(answers, case.programs)
    claimed = places_of(case.units, own.with_columns(_others(answers, own)))
    filled, errors = _drawn(keys, claimed, answers, case)
    scored = _scored(claimed, filled, errors, own, case)
    return Chances(
        levels=_level_rows(keys, scored.believed, case),
        firms=_firm_rows(keys, claimed, scored, base.wide(answers), case),
        readings=_reading_rows(keys, scored.claimed, case),
    )


def _own(answers: pl.DataFrame, programs: Sequence[Program]) -> pl.DataFrame:
    """The answers that the program reads under any reading, in their canonical types."""
    for program in programs:
        answers = program.sheets(answers)
    return answers.select(list(dict.fromkeys(name for one in programs for name in one.columns)))


def _others(answers: pl.DataFrame, own: pl.DataFrame) -> list[pl.Series]:
    """The columns that only rules of skipping read."""
    return [column for column in answers.get_columns() if column.name not in own.columns]


@dataclass(frozen=True, slots=True)
class _Scored:
    """Level codes of everything that was scored.

    Attributes
    ----------
    believed : IntArray, shape (n_reading, n_draw / n_reading, n_firm, n_node)
        All that is unsure together.
    claimed : IntArray, shape (n_reading, n_firm, n_node)
        The answers as they are.
    reliability, missing : IntArray, shape (n_draw, n_firm, n_node)
        That source alone, under the reading that is shown.
    """

    believed: IntArray
    claimed: IntArray
    reliability: IntArray
    missing: IntArray


def _scored(
    claimed: IntArray, filled: IntArray, errors: FloatArray, own: pl.DataFrame, case: _Case
) -> _Scored:
    """Score the claimed answers and all draws, the copies of a kind one after another."""
    draws, n, each = case.draws, len(claimed), case.each
    as_claimed = np.broadcast_to(claimed, filled.shape)
    believed = _found(filled, errors, claimed, case)
    alone = _found(as_claimed, errors, claimed, case)
    places = np.concatenate([believed, claimed[None], alone, filled])
    asked = case.programs[0].questionnaire
    sheets = sheets_of(case.units, places, claimed, own, asked)
    told = []
    for reading, program in enumerate(case.programs):
        mine = sheets[reading * each * n : (reading + 1) * each * n]
        rest = sheets[draws * n :] if reading == 0 else sheets[draws * n : (draws + 1) * n]
        told.append(_levels(pl.concat([mine, rest]), program, n))
    first = told[0][each + 1 :]
    return _Scored(
        believed=np.stack([codes[:each] for codes in told]),
        claimed=np.stack([codes[each] for codes in told]),
        reliability=first[:draws],
        missing=first[draws:],
    )


def _drawn(
    keys: Sequence[str], claimed: IntArray, answers: pl.DataFrame, case: _Case
) -> tuple[IntArray, FloatArray]:
    """Return places with donors' answers and normal errors, (n_draw, n_firm, n_unit) each."""
    size = (case.draws, len(case.units))
    filled = np.repeat(claimed[None], case.draws, axis=0)
    errors = np.empty(filled.shape)
    rho = 0.0 if case.reliability is None else case.reliability.errors.together
    near = {} if case.deck is None else case.deck.groups
    groups = {column: answers.get_column(column).to_list() for column in near}
    for at, key in enumerate(keys):
        rng = _generator(key, case.seed)
        common, single = rng.standard_normal((size[0], 1)), rng.standard_normal(size)
        errors[:, at] = np.sqrt(rho) * common + np.sqrt(1 - rho) * single
        if case.deck is not None and (claimed[at] == MISSING).any():
            mine = {column: values[at] for column, values in groups.items()}
            filled[:, at] = case.deck.filled(key, claimed[at], mine, rng.random(size))
    return filled, errors


def _generator(key: str, seed: int) -> np.random.Generator:
    digest = hashlib.blake2b(f"{seed}\n{key}".encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def _found(places: IntArray, normals: FloatArray, claimed: IntArray, case: _Case) -> IntArray:
    """Return what is true, given what was claimed: the inverse of each row's distribution."""
    if case.reliability is None:
        return places
    errors, found = case.reliability.errors, places.copy()
    beyond = errors.expected.beyond(claimed, places) if errors.slope else np.zeros(())
    chance = ndtr(errors.slope * beyond + np.sqrt(1 - errors.slope**2) * normals)
    for at, table in enumerate(case.reliability.tables):
        upper = np.cumsum(table, axis=1)[:, :-1]
        there = places[..., at] >= 0
        over = chance[..., at][there][:, None] > upper[places[..., at][there]]
        found[..., at][there] = over.sum(axis=1)
    return found


def _levels(sheets: pl.DataFrame, program: Program, n: int) -> IntArray:
    """Score copies of ``n`` sheets; return level codes (n_copy, n_firm, n_node)."""
    wide = program.wide(sheets)
    codes = [
        wide.get_column(columns.level).fill_null(_NO_LEVEL).to_numpy()
        for columns in program.nodes
        if columns.level is not None
    ]
    return np.stack(codes, axis=-1).astype(np.int64).reshape(-1, n, len(codes))


def _ladder(program: Program, node: str) -> list[str]:
    """The levels that a node can have, the lowest first."""
    if node == _TOTAL and program.model.levels:
        return [level.id for level in program.model.levels]
    return [str(rung) for rung in range(floor(program.model.by_id[node].max) + 1)]


def _shares(codes: IntArray, program: Program, ladder: Sequence[str]) -> FloatArray:
    """Share of copies at each level, (n_firm, n_level), of codes (n_copy, n_firm)."""
    places = [program.levels.index(level) for level in ladder]
    return np.stack([(codes == place).mean(axis=0) for place in places], axis=-1)


def _mixture(
    believed: IntArray, node: int, case: _Case
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Probability and Monte Carlo standard error of each level of a node, and its levels."""
    base = case.programs[0]
    ladder = _ladder(base, base.nodes[node].node)
    by_reading = np.stack([_shares(codes[..., node], base, ladder) for codes in believed])
    spread = by_reading * (1 - by_reading) / case.each
    error: FloatArray = np.sqrt(spread.sum(axis=0)) / len(by_reading)
    return by_reading.mean(axis=0), error, ladder


def _level_rows(keys: Sequence[str], believed: IntArray, case: _Case) -> pl.DataFrame:
    """Rows of ``CHANCES``, firm by firm; a node that does not apply to a firm is left out."""
    base = case.programs[0]
    rows = []
    for at, columns in enumerate(base.nodes):
        share, error, ladder = _mixture(believed, at, case)
        n, k = share.shape
        told = pl.DataFrame(
            {
                "firm": np.repeat(np.arange(n), k),
                "level": ladder * n,
                "probability": share.reshape(-1),
                "se": error.reshape(-1),
            }
        ).with_columns(node=pl.lit(columns.node))
        rows.append(told.filter(np.repeat(share.sum(axis=1) > 0, k)))
    lined = pl.concat(rows).sort("firm", maintain_order=True)
    key = pl.Series("enterprise", keys, dtype=pl.String).gather(lined.get_column("firm"))
    return lined.with_columns(key, model=pl.lit(base.model.id)).select(*CHANCES)


def _firm_rows(
    keys: Sequence[str], claimed: IntArray, scored: _Scored, wide: pl.DataFrame, case: _Case
) -> pl.DataFrame:
    """Rows of ``FIRM_CHANCES``: the level shown and how far it holds."""
    base = case.programs[0]
    if not base.model.levels:
        return pl.DataFrame(schema=FIRM_CHANCES)
    share, error, ladder = _mixture(scored.believed, len(base.nodes) - 1, case)
    unsure = [
        1 - _shares(codes[..., -1], base, ladder).max(axis=1)
        for codes in (scored.reliability, scored.missing, scored.claimed)
    ]
    track = "none" if case.reliability is None else case.reliability.track
    pairs = 0 if case.reliability is None else case.reliability.pairs
    told = zip(keys, wide["total:level"].to_list(), wide["total:level_best"].to_list(), strict=True)
    rows = []
    for at, (key, level, best) in enumerate(told):
        likeliest = ladder[int(np.argmax(share[at]))]
        row = (key, base.model.id, _id(base, level), _id(base, best), likeliest)
        figures = _figures(share[at], error[at], ladder, _id(base, level))
        counts = (int((claimed[at] >= 0).sum()), int((claimed[at] == MISSING).sum()))
        sources = (source[at] for source in unsure)
        rows.append((*row, *figures, *sources, *counts, track, pairs, case.draws))
    return pl.DataFrame(rows, schema=FIRM_CHANCES, orient="row")


def _figures(
    share: FloatArray, error: FloatArray, ladder: Sequence[str], level: str | None
) -> tuple[float | None, ...]:
    """``p_level, se, p_lower, p_higher`` of one firm; nothing for one without a level."""
    if level is None:
        return (None, None, None, None)
    at = ladder.index(level)
    return (share[at], error[at], share[:at].sum(), share[at + 1 :].sum())


def _id(program: Program, code: int | None) -> str | None:
    return None if code is None else program.levels[code]


def _reading_rows(keys: Sequence[str], claimed: IntArray, case: _Case) -> pl.DataFrame:
    """The level of the claimed answers under each reading."""
    base = case.programs[0]
    if not base.model.levels:
        return pl.DataFrame(schema=READ_LEVELS)
    rows = [
        (key, base.model.id, _named(program), base.levels[claimed[r, at, -1]])
        for at, key in enumerate(keys)
        for r, program in enumerate(case.programs)
        if claimed[r, at, -1] != _NO_LEVEL
    ]
    return pl.DataFrame(rows, schema=READ_LEVELS, orient="row")


def _named(program: Program) -> str:
    return " ".join(f"{name}={choice}" for name, choice in program.model.options.items())
