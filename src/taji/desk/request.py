"""What a portrait is asked for, in a form that a manifest can keep and a proof can repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from taji.base.text import Language
from taji.catalogue.files import available, pack_file
from taji.catalogue.load import questionnaire

__all__ = ["PACK", "PATHS", "PortraitRequest"]

#: Fields that are files: a manifest records them as inputs, with their hashes.
PATHS = ("answers", "design", "register")
#: Begins the name of an input that is a pack of the caller's own: ``pack <kind>/<name>``.
PACK = "pack "


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitRequest:
    """Everything that decides a portrait.

    Attributes
    ----------
    answers : Path
        The file of answers.
    questionnaire : str
        Id of the questionnaire, or path of a pack.
    models : tuple of str
        Models to score by, ids or paths.
    profile : str, optional
        Profile of the models that have profiles.
    options : mapping
        Readings; ``model:reading`` names one model's, a bare name every model's that has it.
    design, register : Path, optional
        ``design.yaml`` and the register of all firms.
    by : tuple of str, optional
        Breakdowns; None: the questionnaire's own, as far as the data have them.
    language : {"zh", "en"}
    city, period : str, optional
        For the title; None: what the questionnaire or the data say.
    simulated : bool
        Said on every page; also true where the data have a column ``invented``.
    confidence : float
        Confidence of the intervals. [fraction]
    enrolment : str, optional
        A bureau's own pack of what is understood of a register; None: the library's.
    shares, duplicates, max_errors, accept_partial, sheet
        As for ``taji.survey.intake``.
    """

    answers: Path
    questionnaire: str
    models: tuple[str, ...] = ()
    profile: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    design: Path | None = None
    register: Path | None = None
    by: tuple[str, ...] | None = None
    language: Language = "zh"
    city: str | None = None
    period: str | None = None
    simulated: bool = False
    confidence: float = 0.95
    enrolment: str | None = None
    shares: str | None = None
    duplicates: str = "error"
    max_errors: int = 10_000
    accept_partial: bool = False
    sheet: str | None = None

    @property
    def inputs(self) -> dict[str, Path]:
        """The files that go in, by what they are."""
        named = {name: getattr(self, name) for name in PATHS}
        packs = {
            f"{PACK}{kind}/{name}": pack_file(kind, name)
            for kind, name in (
                ("questionnaires", self.questionnaire),
                ("questionnaires", self.enrolment),
                *(("models", name) for name in self.models),
            )
            if name is not None and name not in available(kind)
        }
        packs |= {
            f"{PACK}registers/{name}": pack_file("registers", name)
            for name in self._registers
            if name not in available("registers")
        }
        return {name: path for name, path in {**named, **packs}.items() if path is not None}

    @property
    def _registers(self) -> set[str]:
        """The registers of codes that the questionnaires name."""
        asked = [questionnaire(one) for one in (self.questionnaire, self.enrolment) if one]
        return {q.register_ for one in asked for q in one.questions if q.register_ is not None}

    def arguments(self) -> dict[str, Any]:
        """Everything but the files, as JSON can hold it."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in PATHS}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any], files: Mapping[str, Path]) -> Self:
        """Take a request back from a manifest's arguments and files."""
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()
        }
        values |= {name: files.get(name) for name in PATHS}
        request = cls(**values)

        def moved(kind: str, name: str) -> str:
            earlier = files.get(f"{PACK}{name}", name)  # manifests once named no kind
            return str(files.get(f"{PACK}{kind}/{name}", earlier))

        return replace(
            request,
            questionnaire=moved("questionnaires", request.questionnaire),
            enrolment=request.enrolment and moved("questionnaires", request.enrolment),
            models=tuple(moved("models", name) for name in request.models),
        )
