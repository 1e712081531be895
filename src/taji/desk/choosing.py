"""Which models a request means, with their readings and what they ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from taji.catalogue.load import model, questionnaire_of
from taji.catalogue.model import Model
from taji.catalogue.problem import ChoiceError
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.request import PortraitRequest

__all__ = ["Chosen", "chosen_models", "own_choices"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model with its readings chosen, under the name it was asked by, and what it asks."""

    name: str
    model: Model
    asked: Questionnaire


def chosen_models(request: PortraitRequest) -> tuple[Chosen, ...]:
    """Load the models of a request.

    A reading with a model before it (``dmat:q1``) is that model's; a bare one goes to every model
    that has it.

    Raises
    ------
    ChoiceError
        If a reading or the profile fits none of the models.
    """
    plain = {name: model(name) for name in dict.fromkeys(request.models)}
    used: set[str] = set()
    chosen = []
    for name, default in plain.items():
        options, taken = _options(default, request.options)
        profile, _ = own_choices(default, profile=request.profile, options={})
        used |= taken | ({"profile"} if profile else set())
        found = model(name, profile=profile, options=options)
        chosen.append(Chosen(name, found, questionnaire_of(name)))
    asked = dict(request.options) | ({"profile": request.profile} if request.profile else {})
    for key, value in asked.items():
        if key not in used:
            allowed = [f"{m.id}:{r.id}" for m in plain.values() for r in m.readings]
            models = ", ".join(plain) or "-"
            raise ChoiceError(model=models, choice=key, value=str(value), allowed=allowed)
    return tuple(chosen)


def own_choices(
    model: Model, *, profile: str | None, options: Mapping[str, str]
) -> tuple[str | None, dict[str, str]]:
    """Return what a model takes of a profile and readings that are chosen for several.

    Examples
    --------
    >>> one = model("sme2024")
    >>> own_choices(one, profile="discrete", options={"sme2024:q4": "equal", "dmat:q1": "a"})
    (None, {'q4': 'equal'})
    """
    has_profile = profile in {one.id for one in model.profiles}
    return profile if has_profile else None, _options(model, options)[0]


def _options(model: Model, wanted: Mapping[str, str]) -> tuple[dict[str, str], set[str]]:
    readings = {reading.id for reading in model.readings}
    options, taken = {}, set()
    for key, value in wanted.items():
        owner, mark, reading = key.rpartition(":")
        if reading in readings and (not mark or owner == model.id):
            options[reading] = value
            taken.add(key)
    return options, taken
