"""Whether the bounds of a crosswalk make sense: known answers, within range, never at odds.

Decides what is a fault: an unknown item or option, a value out of range, a condition that
no answer meets, a bound from below that lies over a bound from above while both may hold.
Whether a bound is *true* of firms, its ``because`` must say; nobody can check that here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from taji.base.text import Text
from taji.catalogue.crosswalk import AnswerTest, Bound, Crosswalk
from taji.catalogue.problem import Problem
from taji.catalogue.questionnaire import Item, Questionnaire
from taji.catalogue.rungs import Rungs

__all__ = ["faults_of_crosswalk"]

Fault = tuple[str, str, Text]


def faults_of_crosswalk(
    file: str, found: Crosswalk, source: Questionnaire, targets: Mapping[str, Rungs]
) -> Iterator[Problem]:
    """Yield every fault of sense.

    Parameters
    ----------
    file : str
        As the caller named it.
    found : Crosswalk
        Sound in shape.
    source : Questionnaire
        What ``from`` names.
    targets : mapping
        Column to its rungs, of the model that ``to`` names, under any of its profiles.
    """
    for place, bound in enumerate(found.mappings):
        path = f"mappings[{place}]"
        for key, code, reason in (*_target(bound, targets), *_conditions(bound, source)):
            yield Problem(file, f"{path}.{key}", reason, f"catalogue.{code}")
    yield from _at_odds(file, found, source, targets)


def _target(bound: Bound, targets: Mapping[str, Rungs]) -> Iterator[Fault]:
    rungs = targets.get(bound.answer)
    if rungs is None:
        yield (
            "answer",
            "unknown",
            Text(
                zh=f"目标模型不读取答案 {bound.answer}，或其答案没有高低之分",
                en=f"the target model reads no answer {bound.answer}, or its answers have no order",
            ),
        )
        return
    for key in ("at_least", "at_most"):
        value = getattr(bound, key)
        if value is not None and rungs.place(value) is None:
            allowed = _allowed(rungs)
            reason = Text(
                zh=f"{bound.answer} 没有答案 {value}（可用：{allowed}）",
                en=f"{bound.answer} has no answer {value} (allowed: {allowed})",
            )
            yield key, "range", reason
    least, most = _places(bound, rungs)
    if least is not None and most is not None and least > most:
        yield "at_least", "range", Text(zh="at_least 高于 at_most", en="at_least lies over at_most")


def _allowed(rungs: Rungs) -> str:
    if rungs.continuous:
        return f"{rungs.values[0]} - {rungs.values[-1]}"
    return ", ".join(str(int(v)) if isinstance(v, bool) else str(v) for v in rungs.values)


def _places(bound: Bound, rungs: Rungs) -> tuple[Fraction | None, Fraction | None]:
    return rungs.place(bound.at_least), rungs.place(bound.at_most)


def _conditions(bound: Bound, source: Questionnaire) -> Iterator[Fault]:
    sound = True
    for name, test in bound.if_.items():
        item = source.items.get(name)
        if item is None:
            reason = Text(
                zh=f"来源问卷没有题目 {name}", en=f"the source questionnaire has no question {name}"
            )
            yield f"if.{name}", "unknown", reason
            sound = False
            continue
        for key, code, reason in _test(item, test):
            yield f"if.{name}.{key}", code, reason
            sound = False
    if sound and not _may_hold([bound], source):
        yield (
            "if",
            "never",
            Text(zh="没有任何答案能满足这些条件", en="no answers meet these conditions"),
        )


def _test(item: Item, test: AnswerTest) -> Iterator[Fault]:
    ranged = item.kind in ("single", "scale", "share", "number", "money")
    fits = {
        "at_least": ranged,
        "at_most": ranged,
        "one_of": item.kind == "single",
        "ticked": item.kind == "multi",
        "not_ticked": item.kind == "multi",
    }
    for key in test.model_fields_set:
        if not fits[key]:
            reason = Text(
                zh=f"{item.id} 是 {item.kind}，不能用 {key}",
                en=f"{item.id} is of kind {item.kind}, to which {key} does not apply",
            )
            yield key, "shape", reason
            continue
        values = getattr(test, key)
        for value in values if isinstance(values, tuple) else (values,):
            if value is not None and not _known(item, value):
                reason = Text(
                    zh=f"{item.id} 没有答案 {value}", en=f"{item.id} has no answer {value}"
                )
                yield key, "range", reason


def _known(item: Item, value: object) -> bool:
    if item.option_ids:
        return value in item.option_ids
    low, high = item.question.low, item.question.high
    if not isinstance(value, int | Fraction):
        return False
    return (low is None or low <= value) and (high is None or value <= high)


def _at_odds(
    file: str, found: Crosswalk, source: Questionnaire, targets: Mapping[str, Rungs]
) -> Iterator[Problem]:
    """Yield the pairs of bounds on one answer that no answer meets though both may hold."""
    by_answer: dict[str, list[tuple[int, Bound]]] = {}
    for place, bound in enumerate(found.mappings):
        known = bound.answer in targets and set(bound.if_) <= set(source.items)
        if known and not any(_conditions(bound, source)):
            by_answer.setdefault(bound.answer, []).append((place, bound))
    for answer, bounds in by_answer.items():
        for place, lower in bounds:
            least = _places(lower, targets[answer])[0]
            for other, upper in bounds:
                most = _places(upper, targets[answer])[1]
                if least is None or most is None or least <= most or other == place:
                    continue
                if _may_hold([lower, upper], source):
                    reason = Text(
                        zh=f"与 mappings[{other}] 的 at_most 可能同时成立，而它更低",
                        en=f"may hold together with at_most of mappings[{other}], which is lower",
                    )
                    path = f"mappings[{place}].at_least"
                    yield Problem(file, path, reason, "catalogue.at_odds")


def _may_hold(bounds: Sequence[Bound], source: Questionnaire) -> bool:
    """Return whether some answers meet all conditions of some bounds."""
    tests: dict[str, list[AnswerTest]] = {}
    for bound in bounds:
        for name, test in bound.if_.items():
            tests.setdefault(name, []).append(test)
    return all(_meets_some(source.items[name], of) for name, of in tests.items())


def _meets_some(item: Item, tests: Sequence[AnswerTest]) -> bool:
    if item.kind == "multi":
        ticked = {o for t in tests for o in t.ticked}
        alone = {o.id for o in item.question.options if o.exclusive} & ticked
        return not ticked & {o for t in tests for o in t.not_ticked} and not (
            alone and len(ticked) > 1
        )
    if item.kind == "single":
        order = item.option_ids
        return any(all(_meets(order.index(o), o, t, order) for t in tests) for o in order)
    low = [Fraction(t.at_least) for t in tests if t.at_least is not None]
    high = [Fraction(t.at_most) for t in tests if t.at_most is not None]
    return not low or not high or max(low) <= min(high)


def _meets(place: int, option: str, test: AnswerTest, order: Sequence[str]) -> bool:
    return (
        (test.at_least is None or place >= order.index(str(test.at_least)))
        and (test.at_most is None or place <= order.index(str(test.at_most)))
        and (not test.one_of or option in test.one_of)
    )
