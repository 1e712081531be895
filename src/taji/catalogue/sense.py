"""Does a model add up? Every fault of sense in a model that was written out in full.

Decides what a model must fulfil beyond its shape: children exist, weights add up,
ranges meet, levels can be reached, numbers fit the engine's integers. It holds no opinion
about the numbers themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from taji.base.text import Text
from taji.catalogue.model import LevelBand, LevelTests, Node, ScoreAtLeast
from taji.catalogue.problem import Problem
from taji.catalogue.questionnaire import Item, Question, Questionnaire
from taji.catalogue.ranges import faults_of_ranges

__all__ = ["Draft", "faults_of_model"]

#: The engine counts in 64-bit integers; half of a bit is left for sums. [count]
INTEGER_LIMIT = 2**62
#: What weights may add up to.
WHOLE = (Fraction(1), Fraction(100))

_LEAF_RULES = {"sum", "capped_sum", "bands", "mean"}
_BRANCH_RULES = {"sum", "mean", "weighted_mean", "min", "ladder"}
#: What a rule needs, and which keys mean something only to some rules.
_NEEDS = {"capped_sum": "cap", "bands": "bands", "weighted_mean": "weights", "ladder": "reach"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A model as far as it could be read.

    Attributes
    ----------
    file, choice : str
        Where it stands, and the profile or reading under which it is looked at.
    nodes : mapping
        The nodes that have the right shape, by id, in order.
    unread : frozenset of str
        Ids of nodes that do not: others may name them without a second complaint.
    levels : tuple
        Bands or tests; empty where there are none or they have the wrong shape.
    questionnaire : Questionnaire or None
        None where it cannot be read.
    whole : bool
        False where something could not be read that may use a node.
    """

    file: str
    choice: str
    nodes: Mapping[str, Node]
    unread: frozenset[str]
    levels: tuple[LevelBand, ...] | tuple[LevelTests, ...]
    questionnaire: Questionnaire | None
    whole: bool = True

    def problem(self, path: str, code: str, zh: str, en: str) -> Problem:
        """Return a fault of this model."""
        return Problem(self.file, path, Text(zh=zh, en=en), f"catalogue.{code}", self.choice)

    def knows(self, node: str) -> bool:
        """Whether there is a node of this id, readable or not."""
        return node in self.nodes or node in self.unread


def faults_of_model(draft: Draft) -> Iterator[Problem]:
    """Yield every fault of sense."""
    for node in draft.nodes.values():
        yield from _rule(draft, node)
        if node.question is not None:
            yield from _leaf(draft, node)
        else:
            yield from _branch(draft, node)
    circle = tuple(_circles(draft))
    yield from circle
    yield from _levels(draft)
    if not draft.unread and draft.whole:
        yield from _unused(draft)
        if not circle:
            yield from _overflow(draft)


def _rule(draft: Draft, node: Node) -> Iterator[Problem]:
    path = f"nodes[{node.id}]"
    if (node.question is None) == (not node.of):
        yield draft.problem(
            path,
            "rule",
            "须有且只有一个：question（读问题）或 of（读其他节点）",
            "needs either question (reads a question) or of (reads other nodes)",
        )
        return
    allowed = _LEAF_RULES if node.question is not None else _BRANCH_RULES
    if node.rule not in allowed:
        listed = ", ".join(sorted(allowed))
        yield draft.problem(
            f"{path}.rule",
            "rule",
            f"这里的规则只能是 {listed}",
            f"the rule here must be one of {listed}",
        )
    for rule, key in _NEEDS.items():
        present = getattr(node, key) is not None
        if present != (node.rule == rule):
            yield draft.problem(
                f"{path}.{key}",
                "rule",
                f"{key} 属于且只属于规则 {rule}",
                f"{key} belongs to, and only to, the rule {rule}",
            )
    if node.max <= 0:
        yield draft.problem(
            f"{path}.max", "range", "满分须大于零", "the maximum must be above zero"
        )


def _item(draft: Draft, node: Node) -> tuple[Question, int] | None:
    """The question that a leaf reads, and over how many items."""
    assert draft.questionnaire is not None
    assert node.question is not None
    item: Item | None = draft.questionnaire.items.get(node.question)
    if item is not None:
        return item.question, 1
    items = draft.questionnaire.items_of(node.question)
    return (items[0].question, len(items)) if items else None


def _leaf(draft: Draft, node: Node) -> Iterator[Problem]:
    if draft.questionnaire is None:
        return
    path, found = f"nodes[{node.id}]", _item(draft, node)
    if found is None:
        yield draft.problem(
            f"{path}.question",
            "unknown",
            f"问卷 {draft.questionnaire.id} 中没有 {node.question}",
            f"questionnaire {draft.questionnaire.id} has no {node.question}",
        )
        return
    question, _ = found
    if node.rule == "bands":
        yield from _bands(draft, node, question)
    elif node.points is not None or node.rule in ("sum", "capped_sum"):
        yield from _points(draft, node, question)
    elif question.kind not in ("scale", "share", "number") or question.high is None or question.low:
        yield draft.problem(
            f"{path}.question",
            "rule",
            "规则 mean 不带 points 时，须读从0起、有上限的数",
            "mean without points reads a number from 0 that has an upper end",
        )
    yield from _ticks(draft, node, question)


def _bands(draft: Draft, node: Node, question: Question) -> Iterator[Problem]:
    path = f"nodes[{node.id}].bands"
    if question.kind not in ("share", "number", "money", "scale"):
        yield draft.problem(
            path,
            "rule",
            f"{question.id} 的答案不是数",
            f"{question.id} is not answered by a number",
        )
        return
    low, high = question.low, question.high
    if question.kind == "share":
        low, high = low or Fraction(0), high if high is not None else Fraction(100)
    for place, code, reason in faults_of_ranges(node.bands or (), low=low, high=high):
        yield Problem(draft.file, f"{path}[{place}]", reason, code, draft.choice)
    if not any(band.points > 0 for band in node.bands or ()):
        yield draft.problem(path, "points", "没有一档得分大于零", "no band earns anything")


def _points(draft: Draft, node: Node, question: Question) -> Iterator[Problem]:
    path = f"nodes[{node.id}].points"
    if question.kind not in ("single", "multi") or (
        node.rule == "mean" and question.kind == "multi"
    ):
        yield draft.problem(
            path,
            "rule",
            f"{question.id} 不能这样计分",
            f"{question.id} cannot earn points this way",
        )
        return
    points = node.points or {}
    known = {option.id for option in question.options}
    for option in points:
        if option not in known:
            yield _no_option(draft, f"{path}.{option}", question, option)
    for option in sorted(known - set(points) - {node.prune}):
        yield draft.problem(
            path,
            "missing",
            f"选项 {option} 没有分值；不计分请写 0",
            f"option {option} has no points; write 0 if it earns none",
        )
    if node.prune in points:
        yield draft.problem(
            f"{path}.{node.prune}",
            "points",
            "表示裁剪的选项不能有分值",
            "the option that prunes cannot earn points",
        )
    if not any(value > 0 for value in points.values()) or (node.cap is not None and node.cap <= 0):
        yield draft.problem(path, "points", "没有一项得分大于零", "nothing here earns anything")


def _ticks(draft: Draft, node: Node, question: Question) -> Iterator[Problem]:
    path = f"nodes[{node.id}]"
    known = {option.id for option in question.options}
    named = {o for o, others in (node.requires or {}).items() for o in (o, *others)}
    for option in sorted(named - known):
        yield _no_option(draft, f"{path}.requires", question, option)
    if node.requires and question.kind != "multi":
        yield draft.problem(
            f"{path}.requires", "rule", "只有多选题可用 requires", "requires is for ticks only"
        )
    if node.prune is not None and node.prune not in known:
        yield _no_option(draft, f"{path}.prune", question, node.prune)


def _no_option(draft: Draft, path: str, question: Question, option: str) -> Problem:
    return draft.problem(
        path, "unknown", f"{question.id} 没有选项 {option}", f"{question.id} has no option {option}"
    )


def _branch(draft: Draft, node: Node) -> Iterator[Problem]:
    path = f"nodes[{node.id}]"
    for key in ("points", "requires", "prune"):
        if getattr(node, key) is not None:
            yield draft.problem(
                f"{path}.{key}", "rule", f"{key} 只用于读问题的节点", f"{key} is for leaves only"
            )
    for child in node.of:
        if not draft.knows(child):
            yield draft.problem(
                f"{path}.of", "unknown", f"没有节点 {child}", f"there is no node {child}"
            )
        if node.of.count(child) > 1:
            yield draft.problem(f"{path}.of", "twice", f"{child} 重复", f"{child} stands twice")
    if node.weights is not None:
        yield from _weights(draft, node, node.weights)
    if node.reach is not None and not 0 < node.reach <= 1:
        yield draft.problem(
            f"{path}.reach", "range", "须在0与1之间", "must lie above 0 and not above 1"
        )
    yield from _maximum(draft, node)


def _weights(draft: Draft, node: Node, weights: Mapping[str, Fraction]) -> Iterator[Problem]:
    path = f"nodes[{node.id}].weights"
    for name in sorted(set(weights) ^ set(node.of)):
        yield draft.problem(
            f"{path}.{name}",
            "weights",
            "权重与 of 的节点须一一对应",
            "weights and of must name the same nodes",
        )
    for name, weight in weights.items():
        if weight <= 0:
            yield draft.problem(
                f"{path}.{name}", "weights", "权重须大于零", "a weight must be above zero"
            )
    total = sum(weights.values())
    if total not in WHOLE:
        yield draft.problem(
            path,
            "weights",
            f"权重合计为 {float(total):g}，应为 1 或 100",
            f"the weights add up to {float(total):g}, should be 1 or 100",
        )


def _maximum(draft: Draft, node: Node) -> Iterator[Problem]:
    children = [draft.nodes.get(child) for child in node.of]
    expected: Fraction | None = None
    if node.rule == "ladder":
        expected = Fraction(len(children))
    elif node.rule == "sum" and all(children):
        expected = sum((child.max for child in children if child), start=Fraction(0))
    if expected is not None and node.max != expected:
        yield draft.problem(
            f"nodes[{node.id}].max",
            "maximum",
            f"满分为 {float(node.max):g}，按子节点应为 {float(expected):g}",
            f"the maximum is {float(node.max):g}, by its children it should be {float(expected):g}",
        )


def _circles(draft: Draft) -> Iterator[Problem]:
    done: set[str] = set()
    for start in draft.nodes:
        stack, trail = [(start, False)], list[str]()
        while stack:
            name, leaving = stack.pop()
            if leaving:
                trail.pop()
                done.add(name)
            elif name in trail:
                circle = " → ".join([*trail[trail.index(name) :], name])
                yield draft.problem(
                    f"nodes[{name}].of",
                    "circle",
                    f"节点互相引用成环：{circle}",
                    f"nodes turn in a circle: {circle}",
                )
            elif name in draft.nodes and name not in done:
                trail.append(name)
                stack.append((name, True))
                stack.extend((child, False) for child in draft.nodes[name].of)


def _levels(draft: Draft) -> Iterator[Problem]:
    total = draft.nodes.get("total")
    if total is not None and list(draft.nodes)[-1] != "total":
        yield draft.problem(
            "nodes[total]", "order", "总分节点须排在最后", "the node total must stand last"
        )
    if draft.levels and not draft.knows("total"):
        yield draft.problem(
            "levels", "unknown", "有等级，却没有节点 total", "there are levels but no node total"
        )
    if not draft.knows("total") and not any(node.is_level for node in draft.nodes.values()):
        yield draft.problem(
            "nodes",
            "unknown",
            "既没有 total，也没有自成等级的节点",
            "there is neither a total nor a node that is a level itself",
        )
    ids = [level.id for level in draft.levels]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        yield draft.problem(f"levels[{twice}]", "twice", "等级 id 重复", "the level stands twice")
    bands = [level for level in draft.levels if isinstance(level, LevelBand)]
    if bands and total is not None:
        for place, code, reason in faults_of_ranges(bands, low=Fraction(0), high=total.max):
            path = f"levels[{bands[place].id}]"
            yield Problem(draft.file, path, reason, code, draft.choice)
    tests = [level for level in draft.levels if isinstance(level, LevelTests)]
    for place, level in enumerate(tests):
        yield from _tests(draft, level, lowest=place == 0)
    yield from _falling(draft, tests)


def _falling(draft: Draft, levels: Sequence[LevelTests]) -> Iterator[Problem]:
    """A higher level that asks for a lower score than the one below it."""
    asked: dict[str, Fraction] = {}
    for level in levels:
        for place, test in enumerate(level.tests):
            if not isinstance(test, ScoreAtLeast):
                continue
            below = asked.get(test.node, test.value)
            if test.value < below:
                yield draft.problem(
                    f"levels[{level.id}].tests[{place}]",
                    "overlap",
                    f"{test.node} 的界限 {float(test.value):g} 低于下一等级的 {float(below):g}",
                    f"the limit {float(test.value):g} of {test.node} lies under that of the level "
                    f"below, {float(below):g}",
                )
            asked[test.node] = test.value


def _tests(draft: Draft, level: LevelTests, *, lowest: bool) -> Iterator[Problem]:
    path = f"levels[{level.id}].tests"
    if lowest == bool(level.tests):
        yield draft.problem(
            path,
            "gap",
            "最低等级不设条件，其余等级至少一条",
            "the lowest level has no tests, every other has at least one",
        )
    for place, test in enumerate(level.tests):
        here = f"{path}[{place}]"
        nodes = (test.node,) if isinstance(test, ScoreAtLeast) else test.of
        for name in nodes:
            node = draft.nodes.get(name)
            if not draft.knows(name):
                yield draft.problem(here, "unknown", f"没有节点 {name}", f"there is no node {name}")
            elif node is not None and test.value > node.max:
                yield draft.problem(
                    here,
                    "range",
                    f"{name} 最高只有 {float(node.max):g}，达不到 {float(test.value):g}",
                    f"{name} goes up to {float(node.max):g} and never reaches "
                    f"{float(test.value):g}",
                )
        if not isinstance(test, ScoreAtLeast) and test.count > len(set(nodes)):
            yield draft.problem(
                here,
                "range",
                f"只有 {len(set(nodes))} 个节点，达不到 {test.count} 个",
                f"there are {len(set(nodes))} nodes only, never {test.count}",
            )


def _unused(draft: Draft) -> Iterator[Problem]:
    used = {child for node in draft.nodes.values() for child in node.of} | {"total"}
    for level in draft.levels:
        for test in level.tests if isinstance(level, LevelTests) else ():
            used |= {test.node} if isinstance(test, ScoreAtLeast) else set(test.of)
    for node in draft.nodes.values():
        if node.id not in used and not (node.is_level and node.shown):
            yield draft.problem(
                f"nodes[{node.id}]",
                "unused",
                "没有任何节点或等级用到它",
                "no node and no level uses it",
            )


def _overflow(draft: Draft) -> Iterator[Problem]:
    if draft.questionnaire is None:
        return
    steps: dict[str, int] = {}
    for name in draft.nodes:
        _step(draft, name, steps)
    for node in draft.nodes.values():
        if steps[node.id] * node.max > INTEGER_LIMIT:
            yield draft.problem(
                f"nodes[{node.id}]",
                "overflow",
                "公分母太大，64位整数放不下；请减少小数位或改用整数权重",
                "the common denominator is too large for 64-bit integers; use fewer decimals "
                "or whole weights",
            )


def _step(draft: Draft, name: str, steps: dict[str, int]) -> int:
    """The least whole number that makes every value of the node whole when multiplied."""
    if name in steps or name not in draft.nodes:
        return steps.get(name, 1)
    node = draft.nodes[name]
    parts = _leaf_parts(draft, node) if node.question is not None else []
    for child in node.of:
        below = _step(draft, child, steps)
        share = node.weights.get(child, Fraction(1)) if node.weights else Fraction(1)
        whole = sum(node.weights.values()) if node.weights else Fraction(1)
        if node.rule == "mean":
            whole = Fraction(len(node.of))
        most = draft.nodes[child].max if child in draft.nodes else Fraction(1)
        if whole and most:
            scale = Fraction(1) if node.rule == "sum" else node.max * share / (whole * most)
            parts.append(scale / below)
    steps[name] = lcm(*(part.denominator for part in parts))
    return steps[name]


def _leaf_parts(draft: Draft, node: Node) -> list[Fraction]:
    found = _item(draft, node)
    if found is None:
        return []
    question, items = found
    values = [band.points for band in node.bands or ()] or list((node.points or {}).values())
    if not values and question.high is not None:
        values = [Fraction(1)]
        most = question.high
    elif node.cap is not None:
        most = node.cap
    elif node.rule == "sum" and question.kind == "multi":
        most = sum((value for value in values if value > 0), start=Fraction(0))
    else:
        most = max(values, default=Fraction(0))
    return [node.max * value / (most * items) for value in values] if most > 0 else []
