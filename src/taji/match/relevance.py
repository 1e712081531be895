"""How well the text of an offer answers the text of a need.

Decides a number between a need and every provider, and which words made it. Does not decide who
may serve whom (``taji.match.eligibility``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from taji.base.arrays import FloatArray
from taji.match.words import CONCEPT

__all__ = ["Relevance"]

#: Saturation of repeats, and how far long texts are discounted; the usual values.
K1, B = 1.2, 0.75
#: A concept of the trade says more than a plain word. [times]
CONCEPT_WEIGHT = 2.0


class Relevance:
    r"""Providers' texts, ready to be asked.

    Parameters
    ----------
    documents : sequence of sequence of str
        Words of every provider's text.

    Notes
    -----
    BM25 [1]_ of provider :math:`d` for the words :math:`q` of a need:

    .. math:: \sum_{t \in q} w_t \ln\Bigl(1 + \frac{N - n_t + 0.5}{n_t + 0.5}\Bigr)
              \frac{f_{td} (k_1 + 1)}{f_{td} + k_1 (1 - b + b\, l_d / \bar l)}

    with :math:`w_t` = ``CONCEPT_WEIGHT`` for concepts, divided by the sum that an offer of exactly
    these words in a text of mean length would get: 0 has no word in common.

    References
    ----------
    .. [1] S. Robertson and H. Zaragoza, "The probabilistic relevance framework: BM25 and beyond".
       *Foundations and Trends in Information Retrieval* 3(4), 2009. doi:10.1561/1500000019

    Examples
    --------
    >>> asked = Relevance([["§mes", "ceramic"], ["§erp"]])
    >>> int(asked.of(["§mes"]).argmax()), asked.shared(["§mes", "robot"], 0)
    (0, ['§mes'])
    """

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._place = {
            word: at for at, word in enumerate(sorted({w for words in documents for w in words}))
        }
        rows = np.repeat(np.arange(len(documents)), [len(words) for words in documents])
        columns = np.array([self._place[w] for words in documents for w in words], dtype=np.int64)
        shape = (len(documents), max(1, len(self._place)))
        counts = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
        counts.sum_duplicates()
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        mean = max(float(lengths.mean()) if len(lengths) else 0.0, 1.0)
        holding = np.asarray((counts > 0).sum(axis=0)).ravel()
        self._rarity = np.log1p((len(documents) - holding + 0.5) / (holding + 0.5))
        # a word that nobody offers still counts in what a need asks for
        self._rarest = float(np.log1p((len(documents) + 0.5) / 0.5))
        norm = K1 * (1 - B + B * lengths / mean)
        counts.data = (
            counts.data * (K1 + 1) / (counts.data + np.repeat(norm, np.diff(counts.indptr)))
        )
        self._weights = counts.multiply(self._rarity[None, :]).tocsc()

    def of(self, words: Sequence[str]) -> FloatArray:
        """Return the relevance of every provider, shape (n_provider,). [0 and up]"""
        unique = sorted(set(words))
        known = [word for word in unique if word in self._place]
        total = sum(
            _weight(word)
            * (self._rarity[self._place[word]] if word in self._place else self._rarest)
            for word in unique
        )
        if not known or total <= 0:
            return np.zeros(self._weights.shape[0])
        columns = self._weights[:, [self._place[word] for word in known]]
        sums = columns @ np.array([_weight(word) for word in known])
        return np.asarray(sums, dtype=np.float64).ravel() / total

    def shared(self, words: Sequence[str], provider: int, *, most: int = 5) -> list[str]:
        """Return the words that a provider shares with a need, those that counted most first."""
        found = []
        for word in sorted(set(words)):
            at = self._place.get(word)
            weight = 0.0 if at is None else float(self._weights[provider, at]) * _weight(word)
            if weight > 0:
                found.append((-weight, word))
        return [word for _, word in sorted(found)[:most]]


def _weight(word: str) -> float:
    return CONCEPT_WEIGHT if word.startswith(CONCEPT) else 1.0
