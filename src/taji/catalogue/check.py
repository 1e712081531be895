"""Everything that is wrong with a pack, at once and by path.

Decides which kind of pack a file is and what each kind must fulfil; a model is looked at
under every profile and every reading, one at a time, together with its worked cases.
Running the cases is left to ``taji.assess``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from taji.base.text import Text
from taji.catalogue.benchmark import AnswerMatch, Benchmark, Indicator, LevelMatch
from taji.catalogue.case import Case, CaseFile, case_files
from taji.catalogue.chances import ChanceRule
from taji.catalogue.check_crosswalk import faults_of_crosswalk
from taji.catalogue.crosswalk import Crosswalk
from taji.catalogue.files import file_beside
from taji.catalogue.form import Form, FormField
from taji.catalogue.measure import CASES, Effect, Measures
from taji.catalogue.model import LevelBand, LevelTests, Model, Node
from taji.catalogue.pack import Pack, Spec
from taji.catalogue.problem import PackError, Problem, UnknownPackError
from taji.catalogue.questionnaire import Question, Questionnaire
from taji.catalogue.register import Register, plain
from taji.catalogue.resolve import Choices, TemplateError, choices_of, resolve, whens
from taji.catalogue.rungs import Rungs, rungs_of
from taji.catalogue.schema import parsed
from taji.catalogue.sense import Draft, faults_of_model
from taji.catalogue.terms import Terms
from taji.catalogue.thesaurus import Thesaurus
from taji.catalogue.worth import Worth
from taji.catalogue.yaml import read

__all__ = ["check", "kind_of"]

#: Keys that only one kind of pack has: one of them is enough to know it, the rest may be missing.
_MARKS = {
    "models": ("nodes", "levels", "coverage_min", "readings"),
    "questionnaires": ("sections", "findings", "domains"),
    "benchmarks": ("indicators",),
    "registers": ("entries", "rule"),
    "forms": ("parts", "authority"),
    "thesaurus": ("concepts",),
    "measures": ("measures", "period_months"),
    "crosswalks": ("mappings",),
    "cities": ("firms", "districts", "round"),
    "worth": ("adoption", "level"),
    "chances": ("draws", "pool_pairs"),
}
#: Keys that name a choice already made; a pack offers choices and makes none.
_CHOSEN = ("profile", "options")
_BAND_KEYS = {"from", "over", "to", "below"}


def check(path: str | Path) -> tuple[Problem, ...]:
    """Return every fault of a pack; nothing where it is sound.

    Parameters
    ----------
    path : str or Path
        A YAML file, or the folder of a model.

    Examples
    --------
    >>> from taji.catalogue.files import pack_file
    >>> check(pack_file("models", "sme2024"))
    ()
    """
    file = Path(path)
    if file.is_dir():
        file = file / "model.yaml"
    try:
        raw = read(file)
    except PackError as error:
        return error.problems
    kind = kind_of(raw, file)
    if kind is None:
        reason = Text(
            zh="看不出是哪种数据包：没有 nodes、sections、indicators、entries、parts、measures、"
            "mappings、adoption 或 draws",
            en="no kind of pack: it has neither nodes, sections, indicators, entries, parts, "
            "measures, mappings, adoption nor draws",
        )
        return (Problem(str(file), "", reason, "catalogue.kind"),)
    return tuple(dict.fromkeys(_CHECKS[kind](file, raw)))


def kind_of(raw: Any, file: Path) -> str | None:
    """Return the kind of pack that a file holds, or None."""
    if not isinstance(raw, dict):
        return None
    if file.stem == "terms":
        return "terms"
    for kind, keys in _MARKS.items():
        if any(key in raw for key in keys):
            return kind
    return None


def _questionnaire(file: Path, raw: dict[str, Any]) -> Iterator[Problem]:
    try:
        full = resolve(raw, {})
    except TemplateError as error:
        yield _template(file, error)
        return
    found, problems = parsed(Questionnaire, full, file=str(file))
    yield from problems
    questions = found.questions if found else tuple(_readable_questions(full))
    for question in questions:
        yield from _question(file, question)


def _readable_questions(full: Mapping[str, Any]) -> Iterator[Question]:
    for section in _mappings(full.get("sections")):
        for raw in _mappings(section.get("questions")):
            question, _ = parsed(Question, raw, file="")
            if question is not None:
                yield question


def _question(file: Path, question: Question) -> Iterator[Problem]:
    path = f"{question.id}.options"
    owners: dict[str, str] = {}
    for option in question.options:
        for text in {option.id, option.label.zh, option.label.en, *option.aliases}:
            owner = owners.setdefault(plain(text), option.id)
            if owner != option.id:
                zh = f"“{text}” 同时指选项 {owner} 和 {option.id}"
                en = f"{text!r} means both option {owner} and {option.id}"
                reason = Text(zh=zh, en=en)
                yield Problem(str(file), path, reason, "catalogue.ambiguous")
    rows = [row.id for row in question.rows]
    for twice in sorted({row for row in rows if rows.count(row) > 1}):
        reason = Text(zh=f"行 {twice} 重复", en=f"the row {twice} stands twice")
        yield Problem(str(file), f"{question.id}.rows", reason, "catalogue.twice")
    if question.register_ is not None:
        yield from _named(file, "registers", question.register_, f"{question.id}.register")


def _named(file: Path, kind: str, name: str, path: str) -> Iterator[Problem]:
    try:
        file_beside(file, kind, name)
    except UnknownPackError as error:
        reason = Text(zh=error.render("zh"), en=error.render("en"))
        yield Problem(str(file), path, reason, "catalogue.unknown")


def _model(file: Path, raw: dict[str, Any]) -> Iterator[Problem]:
    choices = choices_of(raw)
    yield from _choices(file, raw, choices)
    questionnaire, problems = _questionnaire_of(file, raw)
    yield from problems
    told: set[tuple[str, str]] = set()
    for place, chosen in enumerate(choices.one_at_a_time()):
        name = " ".join(f"{k}={v}" for k, v in chosen.items() if choices.defaults.get(k) != v)
        for problem in _of_choice(file, raw, chosen, name if place else "", questionnaire):
            if (problem.path, problem.code) not in told:
                told.add((problem.path, problem.code)) if not problem.choice else None
                yield problem
    for case_file in case_files(file):
        yield from _cases(case_file, raw, choices, questionnaire)


def _questionnaire_of(
    file: Path, raw: Mapping[str, Any]
) -> tuple[Questionnaire | None, tuple[Problem, ...]]:
    name = raw.get("questionnaire")
    if not isinstance(name, str):
        return None, ()
    try:
        source = file_beside(file, "questionnaires", name)
    except UnknownPackError:
        return None, tuple(_named(file, "questionnaires", name, "questionnaire"))
    try:
        found, problems = parsed(Questionnaire, resolve(read(source), {}), file=str(source))
    except PackError as error:
        return None, error.problems
    except TemplateError as error:
        return None, (_template(source, error),)
    return found, problems


def _choices(file: Path, raw: Mapping[str, Any], choices: Choices) -> Iterator[Problem]:
    for name, default in choices.defaults.items():
        if default not in choices.allowed[name]:
            reason = Text(
                zh=f"默认值 {default} 不在选项中", en=f"the default {default} is no choice"
            )
            yield Problem(str(file), name, reason, "catalogue.choice")
    used: set[str] = set()
    for path, when in whens(raw):
        for name, choice in when.items() if isinstance(when, Mapping) else ():
            used.add(str(name))
            if choice not in choices.allowed.get(str(name), ()):
                reason = Text(
                    zh=f"没有选项 {name} = {choice}", en=f"there is no choice {name} = {choice}"
                )
                yield Problem(str(file), path, reason, "catalogue.choice")
    for name in choices.allowed:
        if name not in used:
            reason = Text(zh="选了也没有区别", en="choosing it changes nothing")
            yield Problem(str(file), name, reason, "catalogue.unused")
    for key in _CHOSEN:
        if key in raw:
            reason = Text(zh="没有这个键", en="there is no such key")
            yield Problem(str(file), key, reason, "catalogue.unknown_key")


def _of_choice(
    file: Path,
    raw: Mapping[str, Any],
    chosen: Mapping[str, str],
    choice: str,
    questionnaire: Questionnaire | None,
) -> tuple[Problem, ...]:
    try:
        full = resolve(raw, chosen)
    except TemplateError as error:
        return (_template(file, error),)
    # Looked at in parts, so that a fault of shape in one does not hide faults of sense in
    # another; what passes in parts must also pass as a whole.
    problems = tuple(_in_parts(file, full, choice, questionnaire))
    return problems or parsed(Model, full, file=str(file))[1]


def _in_parts(
    file: Path, full: Mapping[str, Any], choice: str, questionnaire: Questionnaire | None
) -> Iterator[Problem]:
    head = {key: value for key, value in full.items() if key not in ("nodes", "levels", *_CHOSEN)}
    model, problems = parsed(Model, head | {"nodes": []}, file=str(file))
    yield from problems
    if model is not None:
        yield from _head(file, model, choice)
    nodes, unread, problems = _nodes(file, full, choice)
    yield from problems
    levels, problems = _levels(file, full)
    yield from problems
    yield from faults_of_model(
        Draft(str(file), choice, nodes, unread, levels, questionnaire, whole=not problems)
    )


def _head(file: Path, model: Model, choice: str) -> Iterator[Problem]:
    if not 0 <= model.coverage_min <= 1:
        reason = Text(zh="须在0与1之间", en="must lie between 0 and 1")
        yield Problem(str(file), "coverage_min", reason, "catalogue.range", choice)
    if model.level_decimals is not None and not 0 <= model.level_decimals <= 6:
        reason = Text(zh="须在0与6之间", en="must lie between 0 and 6")
        yield Problem(str(file), "level_decimals", reason, "catalogue.range", choice)
    for reading in model.readings:
        ids = [entry.id for entry in reading.choices]
        if len(set(ids)) < len(ids):
            reason = Text(zh="选项 id 重复", en="a choice stands twice")
            path = f"readings[{reading.id}].choices"
            yield Problem(str(file), path, reason, "catalogue.twice")


def _nodes(
    file: Path, full: Mapping[str, Any], choice: str
) -> tuple[dict[str, Node], frozenset[str], tuple[Problem, ...]]:
    nodes: dict[str, Node] = {}
    unread: set[str] = set()
    problems: list[Problem] = []
    listed = full.get("nodes")
    if not isinstance(listed, list):
        reason = Text(zh="应为一列节点", en="should be a list of nodes")
        problems.append(Problem(str(file), "nodes", reason, "catalogue.shape"))
        listed = []
    for place, raw in enumerate(listed):
        name = str(raw.get("id", place)) if isinstance(raw, Mapping) else str(place)
        node, found = parsed(Node, raw, file=str(file), path=f"nodes[{name}]")
        problems.extend(found)
        if name in nodes or name in unread:
            reason = Text(zh=f"节点 {name} 重复", en=f"the node {name} stands twice")
            problems.append(Problem(str(file), f"nodes[{name}]", reason, "catalogue.twice", choice))
        elif node is None:
            unread.add(name)
        else:
            nodes[name] = node
    return nodes, frozenset(unread), tuple(problems)


def _levels(
    file: Path, full: Mapping[str, Any]
) -> tuple[tuple[LevelBand, ...] | tuple[LevelTests, ...], tuple[Problem, ...]]:
    raws = _mappings(full.get("levels"))
    banded = any(_BAND_KEYS & set(raw) for raw in raws)
    problems: list[Problem] = []
    bands: list[LevelBand] = []
    tests: list[LevelTests] = []
    for raw in raws:
        path = f"levels[{raw.get('id', '?')}]"
        if banded:
            band, found = parsed(LevelBand, raw, file=str(file), path=path)
            bands.extend([band] if band else [])
        else:
            test, found = parsed(LevelTests, raw, file=str(file), path=path)
            tests.extend([test] if test else [])
        problems.extend(found)
    if problems:
        return (), tuple(problems)
    return (tuple(bands), ()) if banded else (tuple(tests), ())


def _cases(
    file: Path, raw: Mapping[str, Any], choices: Choices, questionnaire: Questionnaire | None
) -> Iterator[Problem]:
    try:
        found, problems = parsed(CaseFile, read(file), file=str(file))
    except PackError as error:
        yield from error.problems
        return
    yield from problems
    for place, case in enumerate(found.root if found else ()):
        yield from _case(file, f"[{place}]", case, raw, choices, questionnaire)


def _case(
    file: Path,
    path: str,
    case: Case,
    raw: Mapping[str, Any],
    choices: Choices,
    questionnaire: Questionnaire | None,
) -> Iterator[Problem]:
    asked = dict(case.options) | ({"profile": case.profile} if case.profile else {})
    for name, value in asked.items():
        if value not in choices.allowed.get(name, ()):
            reason = Text(
                zh=f"没有选项 {name} = {value}", en=f"there is no choice {name} = {value}"
            )
            yield Problem(str(file), f"{path}.options", reason, "catalogue.choice")
            return
    if questionnaire is not None:
        for item, answer in case.answers.items():
            if not _answerable(questionnaire, item, answer):
                reason = Text(zh=f"{answer} 不是可选的答案", en=f"{answer} is no answer to it")
                yield Problem(str(file), f"{path}.answers.{item}", reason, "catalogue.unknown")
    try:
        full = resolve(raw, {**choices.defaults, **asked})
    except TemplateError:
        return
    nodes = {str(node.get("id")) for node in _mappings(full.get("nodes"))}
    levels = {str(level.get("id")) for level in _mappings(full.get("levels"))}
    for node, expected in case.expect.items():
        wrong = {expected.level, expected.level_best} - levels - {None}
        if node == "total" and levels and wrong:
            name = ", ".join(sorted(filter(None, wrong)))
            reason = Text(zh=f"没有等级 {name}", en=f"there is no level {name}")
            yield Problem(str(file), f"{path}.expect.total.level", reason, "catalogue.unknown")
        if node not in nodes:
            reason = Text(zh=f"没有节点 {node}", en=f"there is no node {node}")
            yield Problem(str(file), f"{path}.expect.{node}", reason, "catalogue.unknown")


def _answerable(questionnaire: Questionnaire, item: str, answer: object) -> bool:
    found = questionnaire.items.get(item)
    if found is None:
        return False
    if answer is None:
        return True
    if found.kind == "multi":
        return isinstance(answer, tuple) and set(answer) <= set(found.option_ids)
    if found.kind == "single":
        return answer in found.option_ids
    return not isinstance(answer, tuple)


def _benchmark(file: Path, raw: dict[str, Any]) -> Iterator[Problem]:
    found, problems = parsed(Benchmark, resolve(raw, {}), file=str(file))
    yield from problems
    for indicator in found.indicators if found else ():
        for match in _matches(indicator):
            path = f"indicators[{indicator.id}].ours"
            if isinstance(match, LevelMatch):
                faults = tuple(_named(file, "models", match.model, path))
                yield from faults or _unmatched(file, path, match.levels, _level_ids(file, match))
            else:
                faults = tuple(_named(file, "questionnaires", match.questionnaire, path))
                yield from faults or _unmatched(file, path, match.any_of, _option_ids(file, match))


def _level_ids(file: Path, match: LevelMatch) -> set[str]:
    raw = read(file_beside(file, "models", match.model))
    return {str(level.get("id")) for level in _mappings(resolve(raw, {}).get("levels"))}


def _option_ids(file: Path, match: AnswerMatch) -> set[str]:
    full = resolve(read(file_beside(file, "questionnaires", match.questionnaire)), {})
    questions = _readable_questions(full)
    return {
        o.id for question in questions if question.id == match.question for o in question.options
    }


def _unmatched(file: Path, path: str, named: tuple[str, ...], known: set[str]) -> Iterator[Problem]:
    for name in named:
        if name not in known:
            reason = Text(zh=f"我们没有 {name}", en=f"there is no {name} of ours")
            yield Problem(str(file), path, reason, "catalogue.unknown")


def _matches(indicator: Indicator) -> Iterator[LevelMatch | AnswerMatch]:
    for match in (indicator.ours, *(share.ours for share in indicator.distribution)):
        if match is not None:
            yield match


def _by_schema(kind: type[Spec]) -> Callable[[Path, dict[str, Any]], Iterator[Problem]]:
    """The check of a pack that refers to no other."""
    return lambda file, raw: iter(parsed(kind, resolve(raw, {}), file=str(file))[1])


def _crosswalk(file: Path, raw: dict[str, Any]) -> Iterator[Problem]:
    try:
        found, problems = parsed(Crosswalk, resolve(raw, {}), file=str(file))
    except TemplateError as error:
        yield _template(file, error)
        return
    yield from problems
    if found is None:
        return
    missing = (
        *_named(file, "questionnaires", found.from_, "from"),
        *_named(file, "models", found.to, "to"),
    )
    yield from missing
    if missing:
        return
    source = parsed(
        Questionnaire, resolve(read(file_beside(file, "questionnaires", found.from_)), {}), file=""
    )[0]
    targets = _targets(file_beside(file, "models", found.to))
    if source is not None:
        yield from faults_of_crosswalk(str(file), found, source, targets)


def _targets(model_file: Path) -> dict[str, Rungs]:
    """The answers that a model reads under any of its profiles and readings."""
    raw = read(model_file)
    asked, _ = _questionnaire_of(model_file, raw)
    targets: dict[str, Rungs] = {}
    without: set[str] = set()
    for chosen in choices_of(raw).one_at_a_time():
        model, _ = parsed(Model, resolve(raw, chosen), file=str(model_file))
        if model is not None and asked is not None:
            found, none = rungs_of(model, asked)
            targets, without = found | targets, without | none
    return {name: rungs for name, rungs in targets.items() if name not in without}


def _form(file: Path, raw: dict[str, Any]) -> Iterator[Problem]:
    found, problems = parsed(Form, resolve(raw, {}), file=str(file))
    yield from problems
    questionnaire, problems = _questionnaire_of(file, raw)
    yield from problems
    nodes: set[str] | None = None
    if isinstance(raw.get("model"), str):
        problems = tuple(_named(file, "models", raw["model"], "model"))
        yield from problems
        if not problems:
            source = read(file_beside(file, "models", raw["model"]))
            full = resolve(source, choices_of(source).defaults)
            nodes = {str(node.get("id")) for node in _mappings(full.get("nodes"))}
    for field in found.fields_ if found else ():
        yield from _field(file, field, questionnaire, nodes)


def _field(
    file: Path, field: FormField, questionnaire: Questionnaire | None, nodes: set[str] | None
) -> Iterator[Problem]:
    path = f"fields[{field.id}]"
    if field.answer is not None and questionnaire is not None:
        item = questionnaire.items.get(field.answer)
        if item is None:
            yield from _unmatched(file, f"{path}.answer", (field.answer,), set())
        else:
            options = tuple(field.options or ())
            yield from _unmatched(file, f"{path}.options", options, set(item.option_ids))
    if field.score is not None and nodes is not None:
        yield from _unmatched(file, f"{path}.score", (field.score,), nodes)
    if field.codes is not None:
        yield from _named(file, "registers", field.codes, f"{path}.codes")


def _measures(file: Path, raw: dict[str, Any]) -> Iterator[Problem]:
    found, problems = parsed(Measures, resolve(raw, {}), file=str(file))
    yield from problems
    questionnaire, problems = _questionnaire_of(file, raw)
    yield from problems
    if isinstance(raw.get("model"), str):
        yield from _named(file, "models", raw["model"], "model")
    if found is None or questionnaire is None:
        return
    for measure in found.measures:
        for variant in measure.variants:
            path = f"measures[{measure.id}].ways[{variant.id}].effects"
            for effect in measure.effects_of(variant):
                yield from _effect(file, path, effect, questionnaire)


def _effect(
    file: Path, path: str, effect: Effect, questionnaire: Questionnaire
) -> Iterator[Problem]:
    item = questionnaire.items.get(effect.item)
    if item is None:
        yield from _unmatched(file, path, (effect.item,), set())
        return
    if effect.tick is not None:
        yield from _unmatched(file, path, (effect.tick,), set(item.option_ids))
        return
    reached = [effect.reaches(case) for case in CASES]
    if item.kind == "single":
        named = tuple(str(value) for value in reached if value is not None)
        yield from _unmatched(file, path, named, set(item.option_ids))
        return
    numbers = [value if isinstance(value, int) else None for value in reached]
    low, high = item.question.low or 0, item.question.high
    if numbers != reached or any(
        value is not None and (value < low or (high is not None and value > high))
        for value in numbers
    ):
        reason = Text(zh="不在该题的取值范围内", en="is out of the range of the question")
        yield Problem(str(file), f"{path}.{effect.item}", reason, "catalogue.range")
    known = [-1 if value is None else value for value in numbers]
    if known != sorted(known):
        reason = Text(zh="低、中、高须递增", en="low, mid and high must ascend")
        yield Problem(str(file), f"{path}.{effect.item}", reason, "catalogue.order")


def _terms(file: Path, raw: dict[str, Any]) -> Iterator[Problem]:
    yield from parsed(Terms, raw, file=str(file))[1]


def _city(file: Path, raw: dict[str, Any]) -> Iterator[Problem]:
    head = {key: value for key, value in raw.items() if key in Pack.model_fields}
    yield from parsed(Pack, head, file=str(file))[1]


def _template(file: Path, error: TemplateError) -> Problem:
    name = str(error)
    reason = Text(zh=f"模板中的 {name} 没有取值", en=f"the template binds no {name}")
    return Problem(str(file), "nodes", reason, "catalogue.template")


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


_CHECKS: Mapping[str, Callable[[Path, dict[str, Any]], Iterator[Problem]]] = {
    "models": _model,
    "questionnaires": _questionnaire,
    "benchmarks": _benchmark,
    "registers": _by_schema(Register),
    "forms": _form,
    "measures": _measures,
    "terms": _terms,
    "thesaurus": _by_schema(Thesaurus),
    "crosswalks": _crosswalk,
    "cities": _city,
    "worth": _by_schema(Worth),
    "chances": _by_schema(ChanceRule),
}
