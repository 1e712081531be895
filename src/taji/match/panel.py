"""Choose expert panels: fair or of the highest sum, linked, and as good as can be proved.

Decides in which order of names a call is searched, so that ties fall to nobody because of a name.
How panels are found is ``taji.match.panel_search``'s; why there are none,
``taji.match.panel_reasons``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from taji.match.panel_call import Call, shuffled
from taji.match.panel_found import Panels
from taji.match.panel_search import Mode, Search, Stage

__all__ = ["assign"]


def assign(
    call: Call,
    *,
    mode: Mode,
    seed: int,
    left: Callable[[], float],
    cap: float | None = None,
    link: bool = True,
    tell: Callable[[Stage], None] = lambda stage: None,
) -> Panels:
    """Choose the panels of a call.

    Parameters
    ----------
    mode : "fair" or "sum"
        The highest least total, then the highest sum; or the highest sum alone.
    seed : int
        Seed of the order of names, of the solvers and of the lot.
    left : callable
        How much time is left. [s]
    cap : float, optional
        The most probability of a pair; panels are then drawn by lot. [fraction, 0-1]
    link : bool
        Whether the graph of applications and reviewers must be connected.
    tell : callable
        Hears of every stage.

    Raises
    ------
    PanelError
        If no panels keep the rules.

    Examples
    --------
    Everybody wants the first reviewer, who takes two panels: the one without him still has 6.

    >>> import numpy as np
    >>> call = Call(
    ...     applications=3, reviewers=3, application=np.repeat([0, 1, 2], 3),
    ...     reviewer=np.tile([0, 1, 2], 3), affinity=np.array([9.0, 5, 1, 9, 4, 1, 9, 1, 1]),
    ...     per_application=2, most_load=2, organisation=np.full(3, -1),
    ... )
    >>> found = assign(call, mode="fair", seed=1, left=lambda: 60.0)
    >>> found.least, found.sum, found.linked, found.status
    (6.0, 29.0, True, 'optimal')
    """
    mixed, origin = shuffled(call, seed)
    search = Search(mixed, mode, seed=seed, left=left, link=link, tell=tell)
    found = search.by_lot(cap) if cap is not None else search.best()
    back = np.empty_like(found.chosen)
    back[origin] = found.chosen
    probability = None
    if found.probability is not None:
        probability = np.empty_like(found.probability)
        probability[origin] = found.probability
    return replace(found, chosen=back, probability=probability)
