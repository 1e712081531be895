"""Scores worked out one firm at a time, in fractions, from the collected facts alone.

Written against ``shared/facts`` and the contract of missing answers, without a look at the
packs or the engine: the tests hold the engine against it.

A sheet of answers is a dictionary: a tick by ``q4/hr`` (True, False or None), a choice, a
number or a rung by the item's id; what is absent was not answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import floor
from pathlib import Path
from typing import Any

import yaml

ONE, ZERO = Fraction(1), Fraction(0)
LEAST = Fraction(7, 10)


def facts(folder: Path, name: str) -> dict[str, Any]:
    return yaml.load((folder / "facts" / f"{name}.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)


@dataclass
class Node:
    """``worst`` and ``best`` in points; ``known`` is the answered share of the weight."""

    worst: Fraction
    best: Fraction
    known: Fraction
    most: Fraction
    level: str | None = None
    level_best: str | None = None
    pruned: bool = False
    own_score: Any = "derive"

    @property
    def score(self) -> Fraction | None:
        if self.pruned or self.known < LEAST or self.known == 0:
            return None
        if self.own_score != "derive":
            return self.own_score
        return min(self.most, self.worst / self.known)


@cache
def exactly(number: str) -> Fraction:
    return Fraction(number)


def nearest(number: float) -> Fraction:
    """Return a typed number without the noise of its binary form."""
    return Fraction(round(Fraction(number) * 10**9), 10**9)


def ticks(
    sheet: dict[str, Any],
    question: str,
    points: dict[str, Fraction],
    exclusive: str | None,
    *,
    most: Fraction,
    cap: Fraction | None = None,
    needs: dict[str, list[str]] | None = None,
) -> Node:
    ticked = {o: sheet.get(f"{question}/{o}") for o in points}
    if exclusive is not None and sheet.get(f"{question}/{exclusive}"):
        ticked = {o: bool(t) for o, t in ticked.items()}
    needs = needs or {}

    def counts(option: str, blank: bool) -> bool:
        return all(
            blank if ticked[o] is None else ticked[o] for o in [option, *needs.get(option, [])]
        )

    total = sum(points.values(), ZERO)
    out_of = total if cap is None else cap
    worst = min(sum((p for o, p in points.items() if counts(o, False)), ZERO), out_of)
    best = min(sum((p for o, p in points.items() if counts(o, True)), ZERO), out_of)
    known = sum((p for o, p in points.items() if ticked[o] is not None), ZERO) / total
    return Node(most * worst / out_of, most * best / out_of, known, most)


def one(worth: Fraction | None, most: Fraction) -> Node:
    if worth is None:
        return Node(ZERO, most, ZERO, most)
    return Node(worth, worth, ONE, most)


def band(share: float | None, bands: list[dict[str, str]]) -> Fraction | None:
    if share is None:
        return None
    x = nearest(share)
    for b in bands:
        low = x >= exactly(b["from"]) if "from" in b else x > exactly(b["over"])
        if low and x <= exactly(b["to"]):
            return exactly(b["points"])
    raise AssertionError(share)


def added(children: list[Node]) -> Node:
    most = sum((c.most for c in children), ZERO)
    known = sum((c.known * c.most for c in children), ZERO) / most
    return Node(
        sum((c.worst for c in children), ZERO), sum((c.best for c in children), ZERO), known, most
    )


def mean(children: list[tuple[Fraction, Node]], most: Fraction) -> Node:
    left = [(w, c) for w, c in children if not c.pruned]
    weight = sum((w for w, _ in left), ZERO)
    if weight == 0:
        return Node(ZERO, ZERO, ZERO, most, pruned=True)
    worst = sum((w * c.worst / c.most for w, c in left), ZERO) / weight
    best = sum((w * c.best / c.most for w, c in left), ZERO) / weight
    known = sum((w * c.known for w, c in left), ZERO) / weight
    return Node(most * worst, most * best, known, most)


#: The same answers to one question earn the same: worked out once.
SEEN: dict[tuple[Any, ...], Node] = {}


def columns(q: dict[str, Any]) -> list[str]:
    if q["type"] != "multi":
        return [q["id"]]
    return [f"{q['id']}/{o['id']}" for o in q["options"]] + [f"{q['id']}/none"]


def question(q: dict[str, Any], sheet: dict[str, Any], full: str, q4: str) -> Node:
    most = exactly(q["max"])
    if q["type"] == "band":
        return one(band(sheet.get(q["id"]), q["bands"]), most)
    points = {o["id"]: exactly(o["points"]) for o in q["options"]}
    if q["type"] == "single":
        answer = sheet.get(q["id"])
        return one(None if answer is None else points[answer], most)
    points.pop("none", None)
    if q["id"] == "q4" and q4 == "equal":
        points = dict.fromkeys(points, Fraction(10, 14))
    needs = {"d": ["a", "b", "c"]} if q["id"] == "q1" and full == "needs_abc" else None
    return ticks(sheet, q["id"], points, "none", most=most, needs=needs)


def sme2024(
    f: dict[str, Any], sheet: dict[str, Any], *, full: str = "free", q4: str = "j"
) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for q in f["questions"]:
        said = (q["id"], full, q4, *(sheet.get(c) for c in columns(q)))
        if said not in SEEN:
            SEEN[said] = question(q, sheet, full, q4)
        nodes[q["id"]] = SEEN[said]
    for i in f["indicators"]["items"]:
        nodes[i["id"]] = added(
            [nodes[q["id"]] for q in f["questions"] if q["indicator"] == i["id"]]
        )
    for d in ("base", "management", "results"):
        below = [i["id"] for i in f["indicators"]["items"] if i["dimension"] == d]
        nodes[d] = added([nodes[i] for i in below])
    rungs = {s["id"]: f"s_{s['id']}" for s in f["scenarios"]["items"]}
    for name in rungs.values():
        rung = sheet.get(name)
        node = one(None if rung is None else Fraction(rung), Fraction(4))
        node.level, node.level_best = str(int(node.worst)), str(int(node.best))
        nodes[name] = node
    total = added([nodes[d] for d in ("base", "management", "results")])
    required = [rungs[s["id"]] for s in f["scenarios"]["items"] if s["required"] == "true"]
    stands = {
        reading: {name: int(getattr(nodes[name], reading)) for name in rungs.values()}
        for reading in ("worst", "best")
    }
    for reading in ("worst", "best"):
        level = 0
        for rule in f["level_rule"]["levels"]:
            rung = int(rule["scenario_level"])
            reached = {name for name in rungs.values() if stands[reading][name] >= rung}
            if (
                getattr(total, reading) >= exactly(rule["score_min"])
                and len(reached) >= int(rule["scenarios_min"])
                and len(reached & set(required)) >= int(rule["required_min"])
            ):
                level = int(rule["level"])
        setattr(total, "level" if reading == "worst" else "level_best", str(level))
    nodes["total"] = total
    return nodes


def dmat(
    f: dict[str, Any],
    sheet: dict[str, Any],
    *,
    q1: str = "b",
    q7: str = "seven",
    rounded: bool = False,
) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    ten = Fraction(10)
    for q in f["questions"]:
        name, kind = q["id"], q["kind"]
        if kind == "table_two_ticks":
            p = q["readings"][q1]["points"]
            worth = {"already": exactly(p["already"]), "plans": exactly(p["plan"])}
            cap = exactly(p["row_max"])
            rows = [
                ticks(sheet, f"{name}/{r}", worth, None, most=ONE, cap=cap) for r in q["options"]
            ]
            nodes[name] = mean([(ONE, r) for r in rows], ten)
        elif kind == "ticks":
            points = dict.fromkeys(q["options"], ONE)
            no = q.get("exclusive_negative", "none")
            cap = Fraction(6) if name == "q7" and q7 == "six" else None
            nodes[name] = ticks(sheet, name, points, no, most=ten, cap=cap)
        else:
            high = Fraction(5) if kind == "scale_table" else ONE
            values = {"no": ZERO, "partly": Fraction(1, 2), "yes": ONE}
            rows = []
            for r in q["options"]:
                a = sheet.get(f"{name}/{r}")
                worth_ = (
                    None if a is None else (Fraction(a) if kind == "scale_table" else values[a])
                )
                rows.append(one(worth_, high))
            nodes[name] = mean([(ONE, r) for r in rows], ten)
    hundred = Fraction(100)
    for d in f["dimensions"]["items"]:
        nodes[d["id"]] = mean([(ONE, nodes[q]) for q in d["questions"]], hundred)
    total = mean([(ONE, nodes[d["id"]]) for d in f["dimensions"]["items"]], hundred)

    def level(points: Fraction) -> str:
        x = Fraction(floor(points + Fraction(1, 2))) if rounded else points
        for b in f["levels"]["bands"]:
            low = x >= exactly(b["min"]) if "min" in b else x > exactly(b["over"])
            if low and x <= exactly(b["max"]):
                return str(b["id"])
        raise AssertionError(points)

    total.level, total.level_best = level(total.worst), level(total.best)
    nodes["total"] = total
    return nodes


def cmmm(f: dict[str, Any], sheet: dict[str, Any], *, profile: str) -> dict[str, Node]:
    worth = {o["id"]: exactly(o["points"]) for o in f["answer_scale"]["options"]}
    weights = f["weights"][profile]
    nodes: dict[str, Node] = {}
    levels = []
    for level in range(1, 6):
        elements = []
        for element in f["structure"]["elements"]:
            domains = []
            for domain in element["domains"]:
                own = weights["subdomains"].get(domain["id"])
                subs = []
                for sub in domain["subdomains"]:
                    if own is not None and sub["id"] not in own:
                        continue
                    name = f"{sub['id']}.{level}"
                    answer = sheet.get(name)
                    if answer == "na":
                        nodes[name] = Node(ZERO, ZERO, ZERO, ONE, pruned=True)
                    else:
                        nodes[name] = one(None if answer is None else worth[answer], ONE)
                    subs.append((exactly(own[sub["id"]]) if own else ONE, nodes[name]))
                share = exactly(weights["domains"][element["id"]][domain["id"]])
                said = (profile, domain["id"], *((n.known, n.worst, n.pruned) for _, n in subs))
                if said not in SEEN:
                    SEEN[said] = mean(subs, ONE)
                domains.append((share, SEEN[said]))
            elements.append((exactly(weights["elements"][element["id"]]), mean(domains, ONE)))
        nodes[f"level{level}"] = mean(elements, ONE)
        levels.append(nodes[f"level{level}"])
    nodes["total"] = _climbed(levels, exactly(f["level_progression"]["reach_threshold"]))
    total = nodes["total"]
    for part, points in (("level", total.worst), ("level_best", total.best)):
        reached = [
            b["level"] for b in f["level_thresholds"]["bands"] if points >= exactly(b["min"])
        ]
        setattr(total, part, reached[-1])
    return nodes


def _climbed(levels: list[Node], reach: Fraction) -> Node:
    def climb(values: list[Fraction | None]) -> tuple[Fraction | None, int]:
        total = ZERO
        for place, value in enumerate(values):
            if value is None:
                return None, place + 1
            if value < reach:
                return total + value, place + 1
            total += 1
        return total, len(values)

    worst, read = climb([n.worst for n in levels])
    best, _ = climb([n.best for n in levels])
    score, _ = climb([n.score for n in levels])
    known = sum((n.known for n in levels[:read]), ZERO) / read
    assert worst is not None
    assert best is not None
    return Node(worst, best, known, Fraction(5), own_score=score)
