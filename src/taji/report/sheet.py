"""A pack as a person reads it at the terminal: what it holds, where from, how sure.

Decides the layout and the words for confidence. What a pack says of itself is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from taji.base.text import Language, Text
from taji.catalogue.benchmark import Benchmark
from taji.catalogue.crosswalk import NOT_AN_ASSESSMENT, Crosswalk
from taji.catalogue.form import Form
from taji.catalogue.measure import Effect, Measures, Range
from taji.catalogue.model import CountAtLeast, Level, LevelBand, LevelTests, Model, Node
from taji.catalogue.pack import CONFIDENCE_LABELS, Pack
from taji.catalogue.questionnaire import Questionnaire
from taji.catalogue.register import Register

__all__ = ["sheet"]

WORDS = {
    "source": Text(zh="出处", en="Source"),
    "confidence": Text(zh="可信程度", en="Confidence"),
    "document": Text(zh="文件", en="Document"),
    "note": Text(zh="说明", en="Note"),
    "readings": Text(zh="读法（--option）", en="Readings (--option)"),
    "profiles": Text(zh="行业类型（--profile）", en="Profiles (--profile)"),
    "default": Text(zh="默认", en="default"),
    "nodes": Text(zh="节点", en="Nodes"),
    "levels": Text(zh="等级", en="Levels"),
    "coverage": Text(zh="给分所需的最低应答覆盖率", en="Least answered share for a score"),
    "unscorable": Text(zh="不能评分", en="Cannot be scored"),
    "questions": Text(zh="题目", en="Questions"),
    "indicators": Text(zh="指标", en="Indicators"),
    "entries": Text(zh="代码", en="Codes"),
    "measures": Text(zh="措施", en="Measures"),
    "duration": Text(
        zh="工期 {periods} 期（每期 {months} 个月）", en="{periods} period(s) of {months} month(s)"
    ),
    "staff": Text(zh="每期自有人力 {staff} 人月", en="{staff} person-months per period"),
    "cost": Text(
        zh="规划假设的费用（元，低/中/高）", en="planning assumptions of cost (yuan, low/mid/high)"
    ),
    "running": Text(zh="每期运行费", en="running cost per period"),
    "requires": Text(zh="前置", en="requires"),
    "projects": Text(zh="{n} 个项目", en="{n} projects"),
    "required": Text(zh="必答", en="required"),
}


def sheet(pack: Pack, language: Language) -> str:
    """Return the sheet of any pack, a line each."""
    return "\n".join((*_head(pack, language), *_body(pack, language)))


def _body(pack: Pack, language: Language) -> Iterator[str]:
    match pack:
        case Model():
            return _model(pack, language)
        case Questionnaire():
            return _questionnaire(pack, language)
        case Benchmark():
            return _benchmark(pack, language)
        case Register():
            return _register(pack, language)
        case Form():
            return _form(pack, language)
        case Measures():
            return _measures(pack, language)
        case Crosswalk():
            return _crosswalk(pack, language)
        case _:
            return iter(())


def _head(pack: Pack, language: Language) -> Iterator[str]:
    yield f"{pack.key}  {pack.title[language]}"
    yield f"{WORDS['confidence'][language]}: {CONFIDENCE_LABELS[pack.confidence][language]}"
    for source in pack.source:
        yield f"{WORDS['source'][language]}: {source}"
    if pack.note is not None:
        yield f"{WORDS['note'][language]}: {pack.note[language]}"


def _model(model: Model, language: Language) -> Iterator[str]:
    yield f"{WORDS['document'][language]}: {model.document} ({model.date})"
    if model.unscorable is not None:
        yield f"{WORDS['unscorable'][language]}: {model.unscorable[language]}"
    yield (
        f"{WORDS['coverage'][language]}: {_number(model.coverage_min)} "
        f"({CONFIDENCE_LABELS[model.coverage_confidence][language]})"
    )
    if model.profiles:
        yield f"\n{WORDS['profiles'][language]}:"
        for profile in model.profiles:
            mark = "*" if profile.id == model.profile else " "
            yield f" {mark} {profile.id}  {profile.title[language]}"
    if model.readings:
        yield f"\n{WORDS['readings'][language]}:"
        for reading in model.readings:
            yield (
                f"   {reading.id}  {reading.title[language]} "
                f"({CONFIDENCE_LABELS[reading.confidence][language]})"
            )
            for choice in reading.choices:
                mark = "*" if model.options.get(reading.id) == choice.id else " "
                yield (
                    f"     {mark} {reading.id}={choice.id}  {choice.label[language]} "
                    f"[{choice.source}]"
                )
    yield f"\n{WORDS['nodes'][language]} ({model.unit[language]}):"
    yield from (_node(node, language) for node in model.nodes)
    yield from _levels(model, language)


def _node(node: Node, language: Language) -> str:
    reads = node.question or ", ".join(node.of)
    doubt = f"  ({CONFIDENCE_LABELS[node.confidence][language]})" if node.confidence else ""
    note = f"  {node.note[language]}" if node.note else ""
    return (
        f"   {node.id}  {node.title[language]}  0-{_number(node.max)}  "
        f"{node.rule}({_shortened(reads)}){doubt}{note}"
    )


def _levels(model: Model, language: Language) -> Iterator[str]:
    if not model.levels:
        return
    doubt = CONFIDENCE_LABELS[model.level_confidence or model.confidence][language]
    yield f"\n{WORDS['levels'][language]} ({doubt}):"
    if model.level_note is not None:
        yield f"   {model.level_note[language]}"
    for level in model.levels:
        gist = f"  {level.gist[language]}" if level.gist else ""
        yield f"   {level.id}  {level.title[language]}  {_condition(level, language)}{gist}"


def _condition(level: Level, language: Language) -> str:
    if isinstance(level, LevelBand):
        low = "" if level.from_ is None else f"≥ {_number(level.from_)} "
        low += "" if level.over is None else f"> {_number(level.over)} "
        high = "" if level.to is None else f"≤ {_number(level.to)}"
        high += "" if level.below is None else f"< {_number(level.below)}"
        return low + high
    tests = level.tests if isinstance(level, LevelTests) else ()
    return "; ".join(
        f"{test.title[language]}: {test.count} × ≥ {_number(test.value)}"
        if isinstance(test, CountAtLeast)
        else f"{test.node} ≥ {_number(test.value)}"
        for test in tests
    )


def _questionnaire(questionnaire: Questionnaire, language: Language) -> Iterator[str]:
    for section in questionnaire.sections:
        yield f"\n{section.title[language]}"
        for question in section.questions:
            required = f"  ({WORDS['required'][language]})" if question.required else ""
            yield f"   {question.id}  [{question.kind}]  {question.label[language]}{required}"
            for option in question.options:
                yield f"      {option.id}  {option.label[language]}"
            for row in question.rows:
                yield f"      {question.id}{question.separator}{row.id}  {row.label[language]}"


def _benchmark(benchmark: Benchmark, language: Language) -> Iterator[str]:
    yield f"\n{WORDS['indicators'][language]}:"
    for indicator in benchmark.indicators:
        value = "" if indicator.value is None else f" {_number(indicator.value)}"
        yield (
            f"   {indicator.id}  {indicator.year}{value}  {indicator.title[language]} "
            f"({CONFIDENCE_LABELS[indicator.confidence][language]})"
        )
        for share in indicator.distribution:
            known = "-" if share.value is None else _number(share.value)
            yield f"      {share.id}  {known}  {share.label[language]}"
        yield f"      {indicator.comparable[language]}"


def _crosswalk(pack: Crosswalk, language: Language) -> Iterator[str]:
    yield f"{pack.from_} → {pack.to}: {NOT_AN_ASSESSMENT[language]}"
    for bound in pack.mappings:
        ends = ((bound.at_least, "≥"), (bound.at_most, "≤"))
        said = ", ".join(f"{sign} {value}" for value, sign in ends if value is not None)
        yield f"  {bound.answer} {said}  {bound.because[language]}"


def _register(register: Register, language: Language) -> Iterator[str]:
    yield f"\n{WORDS['entries'][language]}:"
    for entry in register.entries:
        yield f"   {entry.code}  {entry.label[language]}"


def _form(form: Form, language: Language) -> Iterator[str]:
    yield f"{WORDS['document'][language]}: {form.document} ({form.authority[language]})"
    for part in form.parts:
        yield f"\n{part.title[language]}"
        for field in part.fields:
            reads = field.answer or field.score or ", ".join(field.register_)
            doubt = (
                f"  ({CONFIDENCE_LABELS[field.confidence][language]})" if field.confidence else ""
            )
            yield f"   {field.id}  {field.label[language]}  {field.source}({reads}){doubt}"


def _measures(pack: Measures, language: Language) -> Iterator[str]:
    yield f"\n{WORDS['measures'][language]} ({len(pack.measures)}); {WORDS['cost'][language]}:"
    for measure in pack.measures:
        groups = "; ".join(" | ".join(group) for group in measure.requires)
        after = f"  {WORDS['requires'][language]}: {groups}" if groups else ""
        yield f"   {measure.id}  {measure.title[language]}{after}"
        for variant in measure.variants:
            time = WORDS["duration"][language].format(
                periods=variant.duration, months=pack.period_months
            )
            staff = WORDS["staff"][language].format(staff=_number(variant.staff))
            yield f"      {variant.id}  {variant.title[language]}: {time}, {staff}"
            yield "         " + "; ".join(
                f"{size} {_range(amount, language)}" for size, amount in variant.cost.items()
            )
            if variant.running:
                amounts = "; ".join(f"{size} {yuan:,}" for size, yuan in variant.running.items())
                yield f"         {WORDS['running'][language]}: {amounts}"
            effects = ", ".join(map(_effect, measure.effects_of(variant)))
            yield f"         → {effects}"


def _range(amount: Range, language: Language) -> str:
    known = CONFIDENCE_LABELS[amount.confidence][language] if amount.confidence else ""
    if amount.n is not None:
        known = ", ".join(filter(None, (WORDS["projects"][language].format(n=amount.n), known)))
    return f"{amount.low:,}/{amount.mid:,}/{amount.high:,}" + (f" ({known})" if known else "")


def _effect(effect: Effect) -> str:
    if effect.tick is not None:
        return f"{effect.item}/{effect.tick}" + ("" if all(effect.holds) else " (?)")
    reached = effect.at_least or effect.rung or ()
    return f"{effect.item} ≥ " + "/".join("-" if v is None else str(v) for v in reached)


def _number(value: Fraction) -> str:
    return f"{float(value):g}"


def _shortened(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
