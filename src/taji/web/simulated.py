"""Whether what a page lists is simulated: all of it, some of it, or nothing.

A page about one round or one firm needs nothing of this: ``base.html`` sees it in the object.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ALL", "SOME", "how_simulated"]

ALL, SOME = "all", "some"


def how_simulated(marks: Iterable[bool]) -> str:
    """Return what the banner says about rounds or firms, each marked as simulated or not.

    Examples
    --------
    >>> how_simulated([True, True]), how_simulated([True, False]), how_simulated([])
    ('all', 'some', '')
    """
    kinds = set(marks)
    if True not in kinds:
        return ""
    return SOME if False in kinds else ALL
