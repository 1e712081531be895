"""What a crosswalk leaves open at every node of its target, before one firm is read.

Decides how coverage and loss of a crosswalk are measured: coverage from the weights of the
answers it speaks of, loss as the mean over answer sheets drawn uniformly. Does not
estimate a firm (``taji.assess.crosswalk``).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from taji.assess.crosswalk import Bridge
from taji.catalogue.questionnaire import Item, Questionnaire

__all__ = ["crosswalk_loss", "drawn", "unspoken"]


def crosswalk_loss(bridge: Bridge, answers: pl.DataFrame) -> pl.DataFrame:
    r"""Return coverage and mean loss of every node over some firms.

    Parameters
    ----------
    bridge : Bridge
        A compiled crosswalk.
    answers : polars.DataFrame, shape (n_firm, any)
        Canonical source answers: those of real firms, or ``drawn``.

    Returns
    -------
    polars.DataFrame, shape (n_node, 3)
        ``node``; ``coverage``, share of the node's weight on which the crosswalk may say
        something [fraction]; ``loss``, mean of what each firm's interval still spans [fraction].

    Notes
    -----
    With :math:`w_j` the weight of target answer *j* in the node, and :math:`J` those on which
    the crosswalk has a bound, coverage is :math:`\sum_{j \in J} w_j / \sum_j w_j`. With
    :math:`[l_i, h_i]` the interval of firm *i* and *r* the span when nothing is known, loss is
    :math:`n^{-1} \sum_i (h_i - l_i) / r`.
    """
    wide = bridge.wide(answers)
    reach = bridge.reach()
    rows = [
        (names.node, reach[names.node], wide.get_column(names.loss).mean())
        for names in bridge.nodes
    ]
    schema = {"node": pl.String, "coverage": pl.Float64, "loss": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def unspoken(bridge: Bridge) -> tuple[str, ...]:
    """Return the target answers on which the crosswalk has nothing to say, in the pack's order."""
    return tuple(
        name
        for name, its in bridge.rungs.items()
        if name not in bridge.spoken and len(its.values) > 1
    )


def drawn(questionnaire: Questionnaire, n: int, *, rng: np.random.Generator) -> pl.DataFrame:
    """Return answer sheets in which every answer of every question is equally likely.

    Ticks are drawn one by one; where none comes out, an option that means so is ticked.

    Parameters
    ----------
    questionnaire : Questionnaire
        What is answered.
    n : int
        Sheets. [rows]
    rng : numpy.random.Generator
        Where chance comes from.
    """
    columns: dict[str, pl.Series] = {"enterprise": pl.Series(range(n)).cast(pl.String)}
    for item in questionnaire.items.values():
        columns |= _drawn(item, n, rng)
    return pl.DataFrame(columns)


def _drawn(item: Item, n: int, rng: np.random.Generator) -> dict[str, pl.Series]:
    low, high = item.question.low, item.question.high
    if item.kind == "single":
        options = pl.Series(item.option_ids)
        return {item.id: options.gather(rng.integers(len(options), size=n))}
    if item.kind == "multi":
        alone = [o.id for o in item.question.options if o.exclusive]
        ticks = {o: rng.random(n) < 0.5 for o in item.option_ids if o not in alone}
        nothing = ~np.logical_or.reduce(list(ticks.values()))
        ticks |= {o: nothing & (place == 0) for place, o in enumerate(alone)}
        return {f"{item.id}/{o}": pl.Series(ticks[o]) for o in item.option_ids}
    if item.kind == "scale" and low is not None and high is not None:
        return {item.id: pl.Series(rng.integers(int(low), int(high) + 1, size=n))}
    if item.kind == "share":
        ends = float(low or 0), float(100 if high is None else high)
        return {item.id: pl.Series(rng.uniform(*ends, size=n))}
    return {}
