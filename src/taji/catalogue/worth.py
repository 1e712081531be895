"""What supporting a firm is worth, and how likely it carries a programme out: a pack, checked.

Decides what the pack may say. What follows from it, ``taji.plan.adoption`` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from taji.base.exact import Exact
from taji.catalogue.pack import Pack, Spec
from taji.catalogue.problem import PackError
from taji.catalogue.schema import parsed
from taji.catalogue.yaml import read

__all__ = ["Adoption", "Worth", "worth"]

_FILE = Path(__file__).resolve().parents[1] / "packs" / "worth.yaml"


class Adoption(Spec):
    """How likely a firm carries a programme out; see the pack for units."""

    base: Exact = Field(gt=0, lt=1)
    cost: Exact = Field(ge=0)
    saving: Exact = Field(ge=0)
    usual: Mapping[str, int] = Field(min_length=1)
    least: int = Field(ge=1)


class Worth(Pack):
    """What a city counts as worth something."""

    level: Exact = Field(ge=0)
    adoption: Adoption


def worth(file: Path = _FILE) -> Worth:
    """Return the assumptions of a pack.

    Raises
    ------
    PackError
        If the pack has a fault.

    Examples
    --------
    >>> rule = worth()
    >>> rule.confidence, float(rule.adoption.base)
    ('assumption', 0.5)
    """
    found, problems = parsed(Worth, read(file), file=str(file))
    if found is None:
        raise PackError(problems)
    return found
