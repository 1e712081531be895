"""List, show and check packs.

Checking is more than loading: the worked cases beside a model are run, because a weight can be
well formed and wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from taji.assess.cases import run
from taji.base.text import Language, Text
from taji.catalogue.case import case_files
from taji.catalogue.check import check, kind_of
from taji.catalogue.files import available, pack_file
from taji.catalogue.load import (
    benchmark,
    cases_of,
    crosswalk,
    form,
    measures,
    model,
    questionnaire,
    questionnaire_of,
    register,
    thesaurus,
)
from taji.catalogue.pack import CONFIDENCE_LABELS, Pack
from taji.catalogue.problem import UnknownPackError
from taji.catalogue.yaml import read
from taji.report.sheet import sheet

__all__ = ["Checked", "check_packs", "list_packs", "show_pack"]

KINDS: dict[str, tuple[Text, Callable[[str | Path], Pack]]] = {
    "models": (Text(zh="评测模型", en="Models"), model),
    "questionnaires": (Text(zh="问卷", en="Questionnaires"), questionnaire),
    "benchmarks": (Text(zh="基准", en="Benchmarks"), benchmark),
    "registers": (Text(zh="名录代码", en="Registers"), register),
    "forms": (Text(zh="上报表格", en="Forms"), form),
    "thesaurus": (Text(zh="词表", en="Thesauri"), thesaurus),
    "measures": (Text(zh="转型措施", en="Measures"), measures),
    "crosswalks": (Text(zh="对照表", en="Crosswalks"), crosswalk),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking packs found: a line for each problem, and what to say."""

    problems: tuple[Text, ...]
    sentence: Text


def list_packs(*, language: Language) -> str:
    """Return every pack of this library, a line each, by kind."""
    lines = []
    for kind, (title, load) in KINDS.items():
        lines.append(f"{title[language]}:")
        for name in available(kind):
            pack = load(name)
            doubt = CONFIDENCE_LABELS[pack.confidence][language]
            lines.append(f"  {pack.key:<24} {pack.title[language]}  ({doubt})")
    return "\n".join(lines)


def show_pack(name: str, *, profile: str | None = None, language: Language) -> str:
    """Return the sheet of the packs of this name: a model, and what it asks.

    Raises
    ------
    UnknownPackError
        If no kind has a pack of this name.
    """
    found: list[Pack] = []
    for kind, (_, load) in KINDS.items():
        try:
            pack_file(kind, name)
        except UnknownPackError:
            continue
        found.append(model(name, profile=profile) if kind == "models" else load(name))
        if Path(name).exists():
            break
    if not found:
        known = sorted({pack for kind in KINDS for pack in available(kind)})
        raise UnknownPackError(kind="models", name=name, allowed=known)
    return "\n\n".join(sheet(pack, language) for pack in found)


def check_packs(path: Path | None = None) -> Checked:
    """Check one pack, a folder of packs, or every pack of this library.

    Returns
    -------
    Checked
        Problems of form first; the cases of a model run only when its form is sound.
    """
    files = tuple(_pack_files(path))
    problems: list[Text] = []
    cases = 0
    for file in files:
        faults = check(file)
        problems += [
            Text(zh=f"{file}: {fault.render('zh')}", en=f"{file}: {fault.render('en')}")
            for fault in faults
        ]
        if not faults and kind_of(read(file), file) == "models" and case_files(file):
            count, failures = _run_cases(file)
            cases += count
            problems += failures
    sentence = Text(
        zh=f"检查了 {len(files)} 个数据包、{cases} 个算例，发现 {len(problems)} 处问题。",
        en=f"Checked {len(files)} packs and {cases} worked cases: {len(problems)} problems.",
    )
    return Checked(tuple(problems), sentence)


def _pack_files(path: Path | None) -> Iterator[Path]:
    if path is None:
        for kind in KINDS:
            yield from (pack_file(kind, name) for name in available(kind))
    elif path.is_dir() and not (path / "model.yaml").is_file():
        yield from sorted(file for file in path.rglob("*.yaml") if file.parent.name != "cases")
    else:
        yield path / "model.yaml" if path.is_dir() else path


def _run_cases(file: Path) -> tuple[int, list[Text]]:
    cases = cases_of(file)
    failures = []
    for case in cases:
        chosen = model(file, profile=case.profile, options=case.options)
        failures += [
            Text(zh=f"{file}: {failure.render('zh')}", en=f"{file}: {failure.render('en')}")
            for failure in run(chosen, questionnaire_of(file), case)
        ]
    return len(cases), failures
