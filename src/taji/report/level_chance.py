"""How sure a level is, in words: "83 % sure, 15 % Level 3", and what that rests on.

Decides which other levels are named and how the grounds are told. Computes nothing: the
probabilities come with the diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterator

from taji.report.diagnosis import Diagnosis, Grounds
from taji.report.numbers import percent
from taji.report.phrases import Phrases

__all__ = ["ground_lines", "grounds_words", "sure_words"]

#: Other levels are named down to this probability, and no more than so many. [fraction, levels]
_NAMED, _MOST = 0.05, 2
#: What is said of pairs of answers, by whose the second ones are.
_TRACKS = {"expert": "firm_sure_expert", "repeat": "firm_sure_repeat"}


def sure_words(diagnosis: Diagnosis, phrases: Phrases) -> str:
    """Return how sure the level shown is, and which others it may be; empty where not known."""
    chance, level = diagnosis.chance, diagnosis.level
    if chance is None or level is None:
        return ""
    language = phrases.language
    titles = {one.id: one.title[language] for one in diagnosis.levels}
    shares = dict(chance.shares)
    words = [phrases("firm_sure", share=_percent(shares.get(level.id, 0.0), phrases))]
    others = sorted((-share, name) for name, share in shares.items() if name != level.id)
    for negative, name in others[:_MOST]:
        if -negative >= _NAMED:
            share = _percent(-negative, phrases)
            words.append(phrases("firm_sure_other", level=titles[name], share=share))
    return phrases("firm_sure_join").join(words)


def ground_lines(diagnosis: Diagnosis, phrases: Phrases) -> Iterator[str]:
    """Yield what the probabilities rest on, and what leaves the level unsure."""
    chance, level = diagnosis.chance, diagnosis.level
    if chance is None or level is None:
        return
    titles = {one.id: one.title[phrases.language] for one in diagnosis.levels}
    likeliest, most = max(chance.shares, key=lambda share: share[1])
    if likeliest != level.id:
        share = _percent(most, phrases)
        yield phrases("firm_sure_likelier", level=titles[likeliest], share=share)
    yield from grounds_words(chance.grounds, phrases)
    yield phrases(
        "firm_sure_from",
        reliability=_percent(chance.from_reliability, phrases),
        missing=_percent(chance.from_missing, phrases),
        readings=_percent(chance.from_readings, phrases),
    )


def grounds_words(grounds: Grounds, phrases: Phrases) -> Iterator[str]:
    """Yield what probabilities rest on: whose pairs, or an assumption; and open readings."""
    if grounds.same is None:
        yield phrases("firm_sure_assumed")
    else:
        same = _percent(grounds.same, phrases)
        told = {"firms": grounds.firms, "pairs": grounds.pairs, "same": same}
        yield phrases(_TRACKS[grounds.track], **told)
    if grounds.readings > 1:
        yield phrases("firm_sure_readings", n=grounds.readings)


def _percent(share: float, phrases: Phrases) -> str:
    return percent(share, n=None, language=phrases.language)
