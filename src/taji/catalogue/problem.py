"""What is wrong with a pack: each fault with its place and its reason, all of them at once.

Decides the shape in which faults are told. Which faults there are is decided by
``taji.catalogue.yaml`` (the text), the specifications (the shape) and
``taji.catalogue.check`` (the sense).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from taji.base.errors import TajiError
from taji.base.text import Language, Text

__all__ = ["ChoiceError", "PackError", "Problem", "UnknownPackError"]

#: A broken pack tends to repeat one mistake; a sentence shows this many, ``problems`` holds all.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a pack.

    Attributes
    ----------
    file : str
        The file, as it was named by the caller.
    path : str
        Keys that lead to the fault, ``nodes[q4].weights``; entries of a list by their id.
    reason : Text
        What is wrong and what would be right.
    code : str
        Stable identifier, ``catalogue.<what>``.
    choice : str
        The profile or reading under which it shows, ``q1=a``; empty where it always does.
    """

    file: str
    path: str
    reason: Text
    code: str
    choice: str = ""

    def render(self, language: Language) -> str:
        """Return one line for a reader of ``language``."""
        choice = f" ({self.choice})" if self.choice else ""
        return f"{self.path or '-'}{choice}: {self.reason[language]} [{self.code}]"


class PackError(TajiError):
    """A pack cannot be used; ``problems`` says why, every fault of it."""

    code = "catalogue.pack"
    sentences = {
        "en": "The pack {file} does not load, {count} fault(s); correct them and run "
        "`taji models check {file}`:\n{lines}",
        "zh": "数据包 {file} 无法载入，共 {count} 处问题；请改正后运行 "
        "`taji models check {file}`：\n{lines}",
    }

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(
            file=first.file, path=first.path, reason=first.reason, count=len(self.problems)
        )

    def render(self, language: Language) -> str:
        """Return the sentence, with the faults below it."""
        lines = [f"  {problem.render(language)}" for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append("  ...")
        return self.sentences[language].format(**self.fields, lines="\n".join(lines))


class UnknownPackError(TajiError):
    """There is no pack of this name."""

    code = "catalogue.unknown_pack"
    sentences = {
        "en": "There is no {name!r} among {kind}. Choose one of: {allowed}; or give the path of "
        "a pack.",
        "zh": "{kind} 中没有 {name!r}。可选：{allowed}；也可以给出数据包的路径。",
    }

    def __init__(self, *, kind: str, name: str, allowed: Iterable[str]) -> None:
        super().__init__(kind=kind, name=name, allowed=", ".join(allowed))


class ChoiceError(TajiError):
    """A profile or a reading was chosen that the model does not have."""

    code = "catalogue.choice"
    sentences = {
        "en": "Model {model} has no choice {choice} = {value!r}. Allowed: {allowed}.",
        "zh": "模型 {model} 没有选项 {choice} = {value!r}。可选：{allowed}。",
    }

    def __init__(self, *, model: str, choice: str, value: str, allowed: Iterable[str]) -> None:
        listed = ", ".join(allowed) or "-"
        super().__init__(model=model, choice=choice, value=value, allowed=listed)
