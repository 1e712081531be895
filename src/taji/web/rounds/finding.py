"""Find the round, or the firm in a round, that a route names."""

from __future__ import annotations

from typing import Any

from taji.web.rounds.models import Case, Round

__all__ = ["case_by", "round_by"]


def round_by(slug: str, **_: Any) -> Round:
    """The round of a route."""
    found: Round = Round.objects.get(slug=slug)
    return found


def case_by(case_id: int, **_: Any) -> Case:
    """The case of a route, with its round and its firm."""
    found: Case = Case.objects.select_related("round", "organisation").get(pk=case_id)
    return found
