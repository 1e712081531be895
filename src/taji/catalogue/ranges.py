"""Do ranges follow each other without a gap and without an overlap?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from taji.base.text import Text
from taji.catalogue.model import Band, LevelBand

__all__ = ["faults_of_ranges"]

#: End of a range: its value and whether it belongs to the range; None is without end.
_End = tuple[Fraction, bool] | None


def faults_of_ranges(
    bands: Sequence[Band | LevelBand], *, low: Fraction | None, high: Fraction | None
) -> Iterator[tuple[int, str, Text]]:
    """Yield place, code and reason of every fault, for ranges in rising order.

    Parameters
    ----------
    bands : sequence
        Ranges in the order of the pack.
    low, high : Fraction or None
        Ends of what must be covered, both included; None where there is no end.
    """
    ends = [(_start(band), _stop(band)) for band in bands]
    for place, (band, (start, stop)) in enumerate(zip(bands, ends, strict=True)):
        if None not in (band.from_, band.over) or None not in (band.to, band.below):
            yield place, "catalogue.range", _TWO_ENDS
        if start and stop and start[0] >= stop[0] and (start, stop) != ((stop[0], True),) * 2:
            yield place, "catalogue.range", _EMPTY
    for place, ((_, stop), (start, _)) in enumerate(pairwise(ends), start=1):
        yield from _seam(place, stop, start)
    if ends:
        yield from _edges(ends[0][0], ends[-1][1], len(ends) - 1, low, high)


_TWO_ENDS = Text(
    zh="from 与 over、to 与 below 各只能写一个",
    en="write only one of from and over, of to and below",
)
_EMPTY = Text(zh="区间是空的", en="the range is empty")


def _start(band: Band | LevelBand) -> _End:
    if band.from_ is not None:
        return band.from_, True
    return None if band.over is None else (band.over, False)


def _stop(band: Band | LevelBand) -> _End:
    if band.to is not None:
        return band.to, True
    return None if band.below is None else (band.below, False)


def _seam(place: int, stop: _End, start: _End) -> Iterator[tuple[int, str, Text]]:
    if stop is None or start is None:
        yield (
            place,
            "catalogue.overlap",
            Text(zh="与前一区间重叠", en="overlaps the range before it"),
        )
        return
    if start[0] > stop[0] or (start[0] == stop[0] and not (start[1] or stop[1])):
        yield (
            place,
            "catalogue.gap",
            Text(
                zh=f"与前一区间之间有空档：{_n(stop[0])} 到 {_n(start[0])}",
                en=f"leaves a gap after the range before it: {_n(stop[0])} to {_n(start[0])}",
            ),
        )
    elif start[0] < stop[0] or (start[1] and stop[1]):
        yield (
            place,
            "catalogue.overlap",
            Text(
                zh=f"与前一区间重叠于 {_n(start[0])}",
                en=f"overlaps the range before it at {_n(start[0])}",
            ),
        )


def _edges(
    start: _End, stop: _End, last: int, low: Fraction | None, high: Fraction | None
) -> Iterator[tuple[int, str, Text]]:
    if start is not None and (low is None or start[0] > low or start == (low, False)):
        ask = "-∞" if low is None else _n(low)
        yield 0, "catalogue.gap", Text(zh=f"没有从 {ask} 开始", en=f"does not begin at {ask}")
    if stop is not None and (high is None or stop[0] < high or stop == (high, False)):
        ask = "+∞" if high is None else _n(high)
        yield last, "catalogue.gap", Text(zh=f"没有到 {ask} 为止", en=f"does not reach {ask}")


def _n(value: Fraction) -> str:
    return f"{float(value):g}"
