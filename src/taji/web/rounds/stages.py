"""A round from its first words to the freeze: it moves forward, never back.

Decides what may be changed when, and what must stand before the next step. Whom a round asks is
decided in ``drawing``; what is asked, in packs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.catalogue.load import model, questionnaire
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds.models import Round

__all__ = ["NotReadyError", "StageError", "change", "create", "freeze", "open_round"]


class StageError(TajiError):
    """The round is past the stage in which this can be done."""

    code = "web.round_stage"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{round}”处于“{state}”阶段，不能再做这一步。轮次只能向前推进。",
        "en": "{round!r} is at the stage {state!r}, at which this can no longer be done. A round "
        "only moves forward.",
    }


class NotReadyError(TajiError):
    """Something must stand before the round can be opened."""

    code = "web.round_not_ready"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "还不能开放“{round}”：{missing}。",
        "en": "{round!r} cannot be opened yet: {missing}.",
    }


NO_SAMPLE = Text(zh="尚未抽样", en="no sample has been drawn")
NO_PURPOSE = Text(zh="没有写明调查目的", en="the purpose of the survey is not stated")


def create(said: Mapping[str, Any], *, by: User) -> Round:
    """Make a round, in preparation."""
    with transaction.atomic():
        its = Round.objects.create(**dict(said))
        record("round.create", actor=by, subject=f"round:{its.slug}", asks=its.questionnaires)
    return its


def change(its: Round, said: Mapping[str, Any], *, by: User) -> None:
    """Change what a round is; after it was opened only its days.

    Raises
    ------
    StageError
        If the round is open or frozen and anything but the closing day would change.
    """
    with transaction.atomic():
        held = Round.objects.select_for_update().get(pk=its.pk)
        changed = {name: value for name, value in said.items() if getattr(held, name) != value}
        late = set(changed) - {"closes_on"}
        if held.state == Round.State.FROZEN or (held.state == Round.State.OPEN and late):
            raise _stage(held)
        for name, value in changed.items():
            setattr(held, name, value)
        if changed:
            held.save(update_fields=list(changed))
            record("round.change", actor=by, subject=f"round:{held.slug}", fields=sorted(changed))


def open_round(its: Round, *, by: User) -> None:
    """Let firms answer: fixes the versions of the packs and the sample.

    Raises
    ------
    StageError, NotReadyError
        If it was opened before, or has no sample or purpose.
    """
    with transaction.atomic():
        held = Round.objects.select_for_update().get(pk=its.pk)
        if held.state != Round.State.DRAFT:
            raise _stage(held)
        if held.drawn_at is None:
            raise NotReadyError(round=held.title, missing=NO_SAMPLE)
        if not held.purpose_zh.strip():
            raise NotReadyError(round=held.title, missing=NO_PURPOSE)
        held.packs = packs_of(held)
        held.state = Round.State.OPEN
        held.opens_on = held.opens_on or timezone.localdate()
        held.save(update_fields=["packs", "state", "opens_on"])
        record("round.open", actor=by, subject=f"round:{held.slug}", packs=held.packs)
    its.refresh_from_db()


def freeze(its: Round, *, by: User) -> None:
    """End the answering for good: what stands now is what every portrait rests on.

    Raises
    ------
    StageError
        If the round is not open.
    """
    with transaction.atomic():
        held = Round.objects.select_for_update().get(pk=its.pk)
        if held.state != Round.State.OPEN:
            raise _stage(held)
        held.state, held.frozen_at = Round.State.FROZEN, timezone.now()
        held.save(update_fields=["state", "frozen_at"])
        record(
            "round.freeze",
            actor=by,
            subject=f"round:{held.slug}",
            handed_in=held.cases.filter(state="submitted").count(),
            drawn=held.cases.count(),
        )
    its.refresh_from_db()


def packs_of(its: Round) -> dict[str, str]:
    """Return the packs of a round with the versions that they have now."""
    asked = [("questionnaires", questionnaire(name)) for name in its.questionnaires]
    scored = [("models", model(name)) for name in its.model_ids]
    return {f"{kind}/{pack.id}": pack.version for kind, pack in [*asked, *scored]}


def _stage(its: Round) -> StageError:
    return StageError(round=its.title, state=its.get_state_display())
