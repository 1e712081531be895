"""Diagnose one firm: level, why, what is next, and where it stands among its peers.

Puts the parts in order for one sheet of answers; a page or a report shows the result as it
is. Does not advise a firm to answer otherwise than is true: a changed answer stands for what
would have to become true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from taji.assess.compile import NodeColumns, Program, compile_model
from taji.assess.why import titles_of_tests
from taji.assess.why import why as reasons
from taji.base.errors import TajiError
from taji.base.text import Text
from taji.catalogue.files import is_fixed, pack_file
from taji.catalogue.load import model as load_model
from taji.catalogue.load import questionnaire_of
from taji.catalogue.model import Model, Node
from taji.catalogue.pack import UNSURE
from taji.compare.placing import PeerScores, Place
from taji.desk.answer_words import answer_words, question_words
from taji.desk.choosing import own_choices
from taji.report.content import Domain
from taji.report.diagnosis import (
    Barrier,
    Change,
    Diagnosis,
    LevelChance,
    LevelName,
    Lever,
    NodeScore,
    Standing,
)

__all__ = ["Diagnosis", "OneSheetError", "OtherPeersError", "diagnose", "program_of"]

WHOLE_CITY = Text(zh="全市企业", en="all firms of the city")


class OneSheetError(TajiError):
    """A diagnosis was asked for of no firm, or of several."""

    code = "desk.one_sheet"
    sentences = {
        "en": "A diagnosis is of one sheet of answers, but {rows} were given. Choose one firm.",
        "zh": "诊断只针对一份答卷，实际给出 {rows} 份。请选定一家企业。",
    }


class OtherPeersError(TajiError):
    """The scores of peers were made under another model."""

    code = "desk.other_peers"
    sentences = {
        "en": "The peers were scored under {peers}, the firm under {model}; the two cannot be "
        "compared. Make the peers' scores anew.",
        "zh": "同类企业按 {peers} 评分，该企业按 {model} 评分，两者不可比。请重新生成同类企业得分。",
    }


def program_of(
    name: str, *, profile: str | None = None, options: Mapping[str, str] | None = None
) -> Program:
    """Return the compiled program of a model; a pack whose content is fixed is compiled once.

    Parameters
    ----------
    name : str
    profile, options : optional
        As a round keeps them for all its models: this one takes what is its own
        (``taji.desk.choosing``).

    Raises
    ------
    TajiError
        If there is no such model or choice, or it cannot score.

    Examples
    --------
    >>> program_of("sme2024") is program_of("sme2024")
    True
    """
    chosen = tuple(sorted((options or {}).items()))
    file = pack_file("models", name)
    compiled = _compiled if is_fixed(file) else _compiled.__wrapped__
    return compiled(file, profile, chosen)


@lru_cache(maxsize=64)
def _compiled(file: Path, profile: str | None, options: tuple[tuple[str, str], ...]) -> Program:
    own_profile, own = own_choices(load_model(file), profile=profile, options=dict(options))
    chosen = load_model(file, profile=own_profile, options=own)
    return compile_model(chosen, questionnaire_of(file))


def diagnose(
    sheet: pl.DataFrame,
    *,
    program: Program,
    peers: PeerScores | None = None,
    groups: Mapping[str, str | None] | None = None,
    domains: Sequence[Domain] = (),
    firm: str | None = None,
    occasion: Text | None = None,
    simulated: bool = False,
    chance: LevelChance | None = None,
    most: int = 5,
) -> Diagnosis:
    """Diagnose one firm.

    Parameters
    ----------
    sheet : DataFrame, shape (1, any)
        Canonical answers with ``enterprise``.
    program : Program
        The compiled model, such as ``program_of("sme2024")``.
    peers : PeerScores, optional
        The scores of the round under the same model.
    groups : mapping, optional
        The firm's values in the columns of the peers' ladder, where it is not among them.
    domains : sequence of Domain, optional
        Names of the columns and groups of the ladder.
    firm : str, optional
        Name of the firm; its key where it is left out.
    occasion : Text, optional
        The round or date, for a reader.
    simulated : bool
        The firm is invented; every rendering says so.
    chance : LevelChance, optional
        How sure its level is (``taji.desk.chancing``).
    most : int
        Single answers, and questions that hold the level down, at most for each test.

    Raises
    ------
    OneSheetError
        If there is not one row.
    OtherPeersError
        If the peers were scored under another model.
    AnswerError
        If a value is none of its question's answers.
    """
    if sheet.height != 1:
        raise OneSheetError(rows=sheet.height)
    model = program.model
    if peers is not None and peers.model != model.key:
        raise OtherPeersError(peers=peers.model, model=model.key)
    wide = program.wide(sheet)
    told = wide.row(0, named=True)
    enterprise = str(sheet["enterprise"][0])
    nodes = tuple(_nodes(program, told))
    total = next((node for node in nodes if node.node == "total"), None)
    levels = tuple(
        LevelName(id=level.id, title=level.title, place=place)
        for place, level in enumerate(model.levels)
    )
    by_id = {level.id: level for level in levels}
    level = by_id.get(total.level or "") if total else None
    higher = levels[level.place + 1 :] if level else ()
    place = None
    if peers is not None and total is not None and total.score is not None:
        place = peers.place(enterprise, score=total.score, groups=groups)
    return Diagnosis(
        enterprise=enterprise,
        firm=firm or enterprise,
        occasion=occasion,
        simulated=simulated,
        model=model.key,
        model_title=model.title,
        document=model.document,
        unit=model.unit,
        score=total.score if total else None,
        points=total.points if total else None,
        max_points=total.max_points if total else 0.0,
        coverage=total.coverage if total else None,
        coverage_min=float(model.coverage_min),
        levels=levels,
        level=level,
        level_best=by_id.get(total.level_best or "") if total else None,
        next_level=higher[0] if higher else None,
        nodes=nodes,
        barriers=tuple(_barriers(reasons(sheet, program, most=most, wide=wide), program)),
        standing=None if place is None else _standing(place, domains),
        doubts=model.doubts,
        chance=chance,
    )


def _nodes(program: Program, told: Mapping[str, Any]) -> Iterator[NodeScore]:
    """Yield the total and its tree from the top, then what no shown node reads."""
    model = program.model
    names = {columns.node: columns for columns in program.nodes}
    inside = {child for node in model.nodes for child in node.of}
    roots = [node for node in reversed(model.nodes) if node.id == "total"]
    roots += [node for node in model.nodes if node.id not in inside and node.id != "total"]
    seen: set[str] = set()
    for root in roots:
        yield from _tree(root, None, 0, model, names, told, seen, program.levels)


def _tree(
    node: Node,
    parent: str | None,
    depth: int,
    model: Model,
    names: Mapping[str, NodeColumns],
    told: Mapping[str, Any],
    seen: set[str],
    levels: Sequence[str],
) -> Iterator[NodeScore]:
    if node.id in seen:
        return
    seen.add(node.id)
    columns = names.get(node.id)
    if columns is not None:
        yield _score(node, parent, depth, columns, told, levels)
        parent, depth = node.id, depth + 1
    for child in node.of:
        yield from _tree(model.by_id[child], parent, depth, model, names, told, seen, levels)


def _score(
    node: Node,
    parent: str | None,
    depth: int,
    columns: NodeColumns,
    told: Mapping[str, Any],
    levels: Sequence[str],
) -> NodeScore:
    def level(column: str | None) -> str | None:
        code = None if column is None else told[column]
        return None if code is None else levels[code]

    return NodeScore(
        node=node.id,
        title=node.title,
        depth=depth,
        parent=parent,
        leaf=node.question is not None,
        points=told[columns.points],
        max_points=float(node.max),
        score=told[columns.score],
        coverage=told[columns.coverage],
        level=level(columns.level),
        level_best=level(columns.level_best),
        doubt=node.confidence if node.confidence in UNSURE else None,
    )


def _barriers(found: pl.DataFrame, program: Program) -> Iterator[Barrier]:
    titles = titles_of_tests(program.model)
    for unmet in found.filter(kind="unmet_test").iter_rows(named=True):
        own = found.filter(test=unmet["test"])
        together = own.filter(kind="set_of_answers")
        yield Barrier(
            test=unmet["test"],
            title=titles[unmet["test"]],
            needed=unmet["needed"],
            have=unmet["have"],
            gap=unmet["gain"],
            counts=unmet["node"] is None,
            held_by=tuple(_levers(own.filter(kind="holds_down"), program)),
            singles=tuple(_changes(own.filter(kind="single_answer"), program)),
            together=tuple(_changes(together, program)),
            exact=together.height > 0 and together["search"][0] == "exact",
        )


def _levers(rows: pl.DataFrame, program: Program) -> Iterator[Lever]:
    for row in rows.iter_rows(named=True):
        node = program.model.by_id[row["node"]]
        yield Lever(
            node=node.id,
            title=node.title,
            question=question_words(program.questionnaire, row["question"]) or node.title,
            have=row["have"],
            needed=row["needed"],
            gain=row["gain"],
        )


def _changes(rows: pl.DataFrame, program: Program) -> Iterator[Change]:
    for row in rows.iter_rows(named=True):
        words = answer_words(program.questionnaire, row["question"])
        yield Change(
            column=row["question"],
            question=words.question,
            short=words.short,
            option=words.option,
            before=words.say(row["from"]),
            after=words.say(row["to"]),
            gain=row["gain"],
        )


def _standing(place: Place, domains: Sequence[Domain]) -> Standing:
    by_name = {domain.by: domain for domain in domains}
    named = []
    for column, group in zip(place.by, place.group, strict=True):
        groups = by_name[column].groups if column in by_name else {}
        named.append(groups.get(group, Text.same(group)))
    peers = WHOLE_CITY
    if named:
        peers = Text(
            zh="、".join(text.zh for text in named), en=", ".join(text.en for text in named)
        )
    return Standing(
        peers=peers,
        percentile=place.percentile,
        low=place.low,
        high=place.high,
        n=place.n,
        confidence=place.confidence,
    )
