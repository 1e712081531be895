"""The key of an enterprise: its unified social credit code, or the bureau's own number.

Decides what a key is once typing habits are taken away, and whether an 18-character key
is a true credit code (GB 32100-2015: registration region, alphabet, check digit). Does not
decide what happens to a row with a bad key (``taji.survey.intake``).
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl
from stdnum.cn import uscc

from taji.base.numerals import half_width

__all__ = ["KEY", "KEY_ALIASES", "USCC_LENGTH", "clean_key", "is_uscc", "valid_uscc"]

#: The key's column in every table that leaves this library.
KEY = "enterprise"
#: Its names in files, the surest first: where several stand, the first is the key.
KEY_ALIASES = (KEY, "uscc", "统一社会信用代码", "企业编号", "id")

#: Length at which a key claims to be a credit code.
USCC_LENGTH = 18

_ALPHABET = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORDINAL = np.full(256, -1, dtype=np.int64)
_ORDINAL[np.frombuffer(_ALPHABET, dtype=np.uint8)] = np.arange(len(_ALPHABET))
#: Powers of 3 modulo 31 for the seventeen characters, and 1 for the check character, so that
#: a true code sums to a multiple of 31.
_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)] + [1])


def clean_key(text: str) -> str:
    """Return a key as it is compared: half-width, trimmed; a credit code compact, in capitals.

    Examples
    --------
    >>> clean_key(" 91110000600037341l "), clean_key("9 1 110000 600037341L"), clean_key("厂-7")
    ('91110000600037341L', '91110000600037341L', '厂-7')
    """
    key = half_width(text)
    if len(key) == USCC_LENGTH:
        return key.upper()
    compact = re.sub(r"[\s-]", "", key).upper()
    return compact if len(compact) == USCC_LENGTH and is_uscc(compact) else key


def is_uscc(key: str) -> bool:
    """Say whether ``key`` is a valid credit code, as python-stdnum does.

    Examples
    --------
    >>> is_uscc("91110000600037341L"), is_uscc("91110000600037342L")
    (True, False)
    """
    return bool(uscc.is_valid(key)) and len(key) == USCC_LENGTH


def valid_uscc(keys: pl.Series) -> pl.Series:
    """Say for every key whether it is a valid credit code: ``is_uscc`` on whole columns.

    Parameters
    ----------
    keys : Series of String, shape (n,)
        Cleaned keys; a null is not valid.

    Returns
    -------
    Series of Boolean, shape (n,)
        True where the key is a valid credit code.

    Examples
    --------
    >>> valid_uscc(pl.Series(["91110000600037341L", "91110000600037342L", "7", None])).to_list()
    [True, False, False, False]
    """
    shaped = (keys.str.len_bytes() == USCC_LENGTH).fill_null(False).to_numpy()
    valid = np.zeros(len(keys), dtype=np.bool_)
    if shaped.any():
        text = "".join(keys.filter(pl.Series(shaped)).to_list()).encode()
        letters = np.frombuffer(text, dtype=np.uint8).reshape(-1, USCC_LENGTH)
        ordinals = _ORDINAL[letters]
        digits = (ordinals[:, :8] < 10).all(axis=1)
        valid[shaped] = (ordinals >= 0).all(axis=1) & digits & (ordinals @ _WEIGHTS % 31 == 0)
    return pl.Series(valid)
