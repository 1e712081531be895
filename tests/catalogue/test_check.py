"""Broken packs: each fault told by code and path, all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from taji.catalogue import load
from taji.catalogue.check import check
from taji.catalogue.problem import PackError


def told(path):
    return {(problem.path, problem.code.removeprefix("catalogue.")) for problem in check(path)}


def node(model, name):
    return next(entry for entry in model["nodes"] if entry["id"] == name)


def change(name, **keys):
    """Return a change of one node; a value of None takes the key away."""

    def apply(model):
        found = node(model, name)
        found.update(keys)
        for key in [key for key, value in keys.items() if value is None]:
            del found[key]

    return apply


def head(**keys):
    return lambda model: model.update(keys)


def without(key):
    return lambda model: model.pop(key)


def bands(*ranges):
    return change("part", bands=[{**band, "points": place} for place, band in enumerate(ranges)])


def levels(*ranges):
    return head(
        levels=[
            {"id": name, "title": {"zh": "级", "en": "level"}, **band}
            for name, band in zip(("low", "high"), ranges, strict=True)
        ]
    )


def by_tests(*entries, first=()):
    title = {"zh": "级", "en": "level"}
    return head(
        levels=[
            {"id": "low", "title": title, **({"tests": list(first)} if first else {})},
            {"id": "high", "title": title, "tests": list(entries)},
        ]
    )


COUNT = {"test": "count_at_least", "title": {"zh": "数", "en": "count"}}

MODELS = [
    ("an unknown key of the pack", head(colour=1), {("colour", "unknown_key")}),
    ("an unknown key of a node", change("part", colour=1), {("nodes[part].colour", "unknown_key")}),
    ("a choice already made", head(options={"strict": "hard"}), {("options", "unknown_key")}),
    ("no unit", without("unit"), {("unit", "missing")}),
    ("no source", without("source"), {("source", "missing")}),
    ("an empty source", head(source=[]), {("source", "empty")}),
    ("no Chinese title", head(title={"en": "small"}), {("title.zh", "missing")}),
    ("an empty English title", head(title={"zh": "小", "en": ""}), {("title.en", "empty")}),
    ("a title of a node without English", change("rung", title={"zh": "级"}),
     {("nodes[rung].title.en", "missing")}),
    ("a reading without a source",
     lambda m: m["readings"][0]["choices"][1].pop("source"),
     {("readings[strict].choices[hard].source", "missing")}),
    ("a confidence that is none", head(confidence="sure"), {("confidence", "not_allowed")}),
    ("no nodes", head(nodes=[]), {
        ("nodes", "unknown"), ("levels", "unknown"), ("strict", "unused"),
        ("[0].expect.total", "unknown")}),
    ("weights that do not add up", change("total", weights={"added": 50, "part": 30, "rung": 19}),
     {("nodes[total].weights", "weights")}),
    ("weights that do not name the children",
     change("total", weights={"added": 50, "part": 30, "other": 20}),
     {("nodes[total].weights.other", "weights"), ("nodes[total].weights.rung", "weights")}),
    ("a negative weight", change("total", weights={"added": 80, "part": 30, "rung": -10}),
     {("nodes[total].weights.rung", "weights")}),
    ("no weights", change("total", weights=None), {("nodes[total].weights", "rule")}),
    ("weights where none belong", change("added", weights={"ticks": 50, "choice": 50}),
     {("nodes[added].weights", "rule")}),
    ("an unknown child", change("added", of=["ticks", "choice", "more"]),
     {("nodes[added].of", "unknown")}),
    ("a child twice", change("added", of=["ticks", "choice", "ticks"], max=13),
     {("nodes[added].of", "twice")}),
    ("a circle", change("added", of=["ticks", "choice", "total"], max=110),
     {("nodes[added].of", "circle")}),
    ("a maximum that the children do not make", change("added", max=9),
     {("nodes[added].max", "maximum")}),
    ("a maximum of nothing", change("rung", max=0), {("nodes[rung].max", "range")}),
    ("a node that nothing uses",
     change("total", of=["added", "part"], weights={"added": 50, "part": 50}),
     {("nodes[rung]", "unused")}),
    ("a node twice", lambda m: m["nodes"].insert(0, dict(node(m, "rung"))),
     {("nodes[rung]", "twice")}),
    ("a total that is not last", lambda m: m["nodes"].insert(0, m["nodes"].pop()),
     {("nodes[total]", "order")}),
    ("neither question nor children", change("rung", question=None),
     {("nodes[rung]", "rule")}),
    ("a rule of branches on a leaf", change("rung", rule="min"), {("nodes[rung].rule", "rule")}),
    ("a rule that does not exist", change("rung", rule="median"),
     {("nodes[rung].rule", "not_allowed")}),
    ("an unknown question", change("rung", question="rungs"),
     {("nodes[rung].question", "unknown")}),
    ("a questionnaire that does not exist", head(questionnaire="nowhere"),
     {("questionnaire", "unknown")}),
    ("points for an option that does not exist",
     change("ticks", points={"a": 1, "b": 1, "c": 1, "none": 0}),
     {("nodes[ticks].points.c", "unknown")}),
    ("an option without points", change("ticks", points={"a": 1, "none": 0}),
     {("nodes[ticks].points", "missing")}),
    ("nothing that earns", change("ticks", points={"a": 0, "b": 0, "none": 0}),
     {("nodes[ticks].points", "points")}),
    ("points that are no number", change("ticks", points={"a": "one", "b": 2, "none": 0}),
     {("nodes[ticks].points.a", "shape")}),
    ("points for the option that prunes", change("choice", points={"low": 0, "high": 1, "na": 0}),
     {("nodes[choice].points.na", "points")}),
    ("pruning by an unknown option",
     change("choice", prune="never", points={"low": 0, "high": 1, "na": 0}),
     {("nodes[choice].prune", "unknown")}),
    ("a cap without its rule", change("ticks", cap=2), {("nodes[ticks].cap", "rule")}),
    ("points on a share", change("part", rule="sum", bands=None, points={"a": 1}),
     {("nodes[part].points", "rule")}),
    ("bands on ticks",
     change("ticks", rule="bands", points=None, variants=None, bands=[{"points": 1}]),
     {("nodes[ticks].bands", "rule"), ("strict", "unused")}),
    ("bands with a gap", bands({"from": 0, "to": 50}, {"from": 51, "to": 100}),
     {("nodes[part].bands[1]", "gap")}),
    ("bands that both leave out their border",
     bands({"from": 0, "below": 50}, {"over": 50, "to": 100}), {("nodes[part].bands[1]", "gap")}),
    ("bands that both hold their border", bands({"from": 0, "to": 50}, {"from": 50, "to": 100}),
     {("nodes[part].bands[1]", "overlap")}),
    ("bands that overlap", bands({"from": 0, "to": 60}, {"over": 50, "to": 100}),
     {("nodes[part].bands[1]", "overlap")}),
    ("bands that begin too late", bands({"over": 0, "to": 100}, {"over": 100}),
     {("nodes[part].bands[0]", "gap")}),
    ("bands that end too early", bands({"from": 0, "to": 50}, {"over": 50, "below": 100}),
     {("nodes[part].bands[1]", "gap")}),
    ("a band with two lower ends", bands({"from": 0, "over": 0, "to": 50}, {"over": 50, "to": 100}),
     {("nodes[part].bands[0]", "range")}),
    ("levels with a gap", levels({"from": 0, "below": 50}, {"from": 60, "to": 100}),
     {("levels[high]", "gap")}),
    ("levels that overlap", levels({"from": 0, "to": 50}, {"from": 50, "to": 100}),
     {("levels[high]", "overlap")}),
    ("levels over half of the range", levels({"from": 0, "below": 40}, {"from": 40, "below": 50}),
     {("levels[high]", "gap")}),
    ("a level that none can reach",
     by_tests({"test": "score_at_least", "node": "total", "value": 101}),
     {("levels[high].tests[0]", "range")}),
    ("a test of an unknown node", by_tests({"test": "score_at_least", "node": "all", "value": 1}),
     {("levels[high].tests[0]", "unknown")}),
    ("a test that counts more nodes than there are",
     by_tests({**COUNT, "of": ["rung", "part"], "value": 1, "count": 3}),
     {("levels[high].tests[0]", "range")}),
    ("a lowest level with a test, another without",
     by_tests(first=({"test": "score_at_least", "node": "total", "value": 1},)),
     {("levels[low].tests", "gap"), ("levels[high].tests", "gap")}),
    ("a level that asks for less than the one below it",
     lambda m: (by_tests({"test": "score_at_least", "node": "total", "value": 50})(m),
                m["levels"].append({"id": "top", "title": {"zh": "级", "en": "level"}, "tests": [
                    {"test": "score_at_least", "node": "total", "value": 40}]})),
     {("levels[top].tests[0]", "overlap")}),
    ("a default that is no choice", lambda m: m["readings"][0].update(default="soft"),
     {("strict", "choice")}),
    ("a variant of an unknown choice",
     change("ticks", variants=[
         {"when": {"strict": "hard"}, "max": 3}, {"when": {"strict": "soft"}, "max": 2}]),
     {("nodes[ticks].variants[1].when", "choice")}),
    ("a variant of an unknown reading",
     change("ticks", variants=[
         {"when": {"strict": "hard"}, "max": 3}, {"when": {"loose": "hard"}, "max": 2}]),
     {("nodes[ticks].variants[1].when", "choice")}),
    ("a reading that changes nothing", change("ticks", variants=None), {("strict", "unused")}),
    ("a template that binds too little",
     lambda m: m["nodes"].insert(0, {"for": {"l": [1]}, "id": "{k}"}), {("nodes", "template")}),
    ("a coverage above 1", head(coverage_min=70), {("coverage_min", "range")}),
    ("weights too fine for integers",
     change("total", weights={
         "added": "1/1000000007", "part": "1/998244353",
         "rung": "998244357989466111/998244359987710471"}),
     {("nodes[total]", "overflow")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("break_it", "expected"), [m[1:] for m in MODELS], ids=[m[0] for m in MODELS]
)
def test_a_broken_model_is_refused_with_code_and_path(pack, break_it, expected):
    path = pack(break_it)

    assert told(path) == expected
    with pytest.raises(PackError) as caught:
        load.model(path)
    assert {problem.path for problem in caught.value.problems} == {where for where, _ in expected}


def test_the_small_model_is_sound_before_it_is_broken(pack):
    path = pack()

    assert check(path) == ()
    assert load.model(path, options={"strict": "hard"}).by_id["ticks"].requires == {"b": ("a",)}
    assert load.questionnaire_of(path).id == "small"
    assert len(load.cases_of(path)) == 1


QUESTIONS = [
    ("an unknown key", lambda q: q["sections"][0]["questions"][2].update(colour=1),
     {("sections[all].questions[part].colour", "unknown_key")}),
    ("no English label", lambda q: q["sections"][0]["questions"][0]["label"].pop("en"),
     {("sections[all].questions[ticks].label.en", "missing")}),
    ("an option without Chinese",
     lambda q: q["sections"][0]["questions"][0]["options"][1]["label"].pop("zh"),
     {("sections[all].questions[ticks].options[b].label.zh", "missing")}),
    ("a question twice",
     lambda q: q["sections"][0]["questions"].append(q["sections"][0]["questions"][2]),
     {("", "twice")}),
    ("options on a share",
     lambda q: q["sections"][0]["questions"][2].update(
         options=[{"id": "a", "label": {"zh": "甲", "en": "a"}}]),
     {("sections[all].questions[part]", "options")}),
    ("a number without a unit",
     lambda q: q["sections"][0]["questions"].append(
         {"id": "people", "kind": "number", "label": {"zh": "人数", "en": "people"}}),
     {("sections[all].questions[people]", "unit")}),
    ("two options that read alike, width and case aside",
     lambda q: q["sections"][0]["questions"][0]["options"][1].update(aliases=["ＦＩＲＳＴ"]),
     {("ticks.options", "ambiguous")}),
    ("a row twice",
     lambda q: q["sections"][0]["questions"][3]["rows"].append(
         {"id": "x", "label": {"zh": "又", "en": "again"}}),
     {("rung.rows", "twice")}),
    ("a register that does not exist",
     lambda q: q["sections"][0]["questions"].append(
         {"id": "where", "kind": "code", "register": "moon", "label": {"zh": "哪里", "en": "where"}}),
     {("where.register", "unknown")}),
    ("a finding about an unknown option",
     lambda q: q.update(findings=[
         {"question": "choice", "option": "c", "statement": {"zh": "选", "en": "choose"}}]),
     {("", "unknown")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("break_it", "expected"), [q[1:] for q in QUESTIONS], ids=[q[0] for q in QUESTIONS]
)
def test_a_broken_questionnaire_is_refused_with_code_and_path(pack, break_it, expected):
    path = pack(questionnaire=break_it) / "small.yaml"

    assert told(path) == expected
    with pytest.raises(PackError):
        load.questionnaire(path)


CASES = [
    ("an item that is not asked", lambda c: c[0]["answers"].update(more=1),
     {("[0].answers.more", "unknown")}),
    ("an option that does not exist", lambda c: c[0]["answers"].update(ticks=["c"]),
     {("[0].answers.ticks", "unknown")}),
    ("one option where ticks are listed", lambda c: c[0]["answers"].update(ticks="a"),
     {("[0].answers.ticks", "unknown")}),
    ("a node that does not exist", lambda c: c[0]["expect"].update(all={"score": 1}),
     {("[0].expect.all", "unknown")}),
    ("a level that does not exist", lambda c: c[0]["expect"]["total"].update(level="medium"),
     {("[0].expect.total.level", "unknown")}),
    ("a reading that does not exist", lambda c: c[0].update(options={"strict": "soft"}),
     {("[0].options", "choice")}),
    ("no source", lambda c: c[0].pop("source"), {("[0].source", "missing")}),
    ("no tolerance", lambda c: c[0].pop("tolerance"), {("[0].tolerance", "missing")}),
    ("a score that is no number", lambda c: c[0]["expect"]["total"].update(score="much"),
     {("[0].expect.total.score", "shape")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("break_it", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_broken_case_is_refused_with_its_model(pack, break_it, expected):
    path = pack(cases=break_it)

    assert told(path) == expected
    assert {problem.file for problem in check(path)} == {str(path / "cases" / "one.yaml")}


def test_every_fault_of_a_pack_is_told_at_once(pack):
    def spoil(model):
        model["colour"] = 1
        del model["unit"]
        del node(model, "part")["title"]["zh"]
        node(model, "ticks")["points"]["c"] = 1
        node(model, "total")["weights"]["rung"] = 10
        model["levels"][1]["from"] = 60

    assert told(pack(spoil)) == {
        ("colour", "unknown_key"),
        ("unit", "missing"),
        ("nodes[part].title.zh", "missing"),
        ("nodes[ticks].points.c", "unknown"),
        ("nodes[total].weights", "weights"),
        ("levels[high]", "gap"),
    }


def test_a_fault_that_only_one_reading_has_names_the_reading(pack):
    path = pack(change("ticks", variants=[{"when": {"strict": "hard"}, "max": 4}]))

    (problem,) = check(path)

    assert (problem.path, problem.code, problem.choice) == (
        "nodes[added].max",
        "catalogue.maximum",
        "strict=hard",
    )
    assert "strict=hard" in problem.render("zh")


def test_the_error_shows_each_fault_in_both_languages(pack):
    with pytest.raises(PackError) as caught:
        load.model(pack(change("total", weights={"added": 50, "part": 30, "rung": 19})))

    assert caught.value.code == "catalogue.pack"
    assert caught.value.fields["path"] == "nodes[total].weights"
    assert "合计为 99" in caught.value.render("zh")
    assert "add up to 99" in caught.value.render("en")


@pytest.mark.parametrize("name", ["worth", "chances"])
def test_a_pack_that_refers_to_no_other_is_checked_by_its_shape(tmp_path, name):
    shipped = (Path(load.__file__).parents[1] / "packs" / f"{name}.yaml").read_text("utf-8")
    (tmp_path / "ours.yaml").write_text(shipped, "utf-8")
    (tmp_path / "bad.yaml").write_text(shipped.replace("version:", "vision:"), "utf-8")

    assert check(tmp_path / "ours.yaml") == ()
    assert {problem.path for problem in check(tmp_path / "bad.yaml")} == {"version", "vision"}


@pytest.mark.parametrize("content", ["- a", "text", "a: 1"])
def test_a_file_that_is_no_pack_is_told_so(tmp_path, content):
    (tmp_path / "pack.yaml").write_text(content)

    assert [problem.code for problem in check(tmp_path / "pack.yaml")] == ["catalogue.kind"]


def test_a_folder_without_a_model_is_told_so(tmp_path):
    assert [problem.code for problem in check(tmp_path)] == ["catalogue.unreadable"]
