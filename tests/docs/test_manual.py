"""The manual forgets nothing, and what it shows can be done."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from taji.catalogue import (
    benchmark,
    crosswalk,
    form,
    measure,
    model,
    questionnaire,
    register,
    thesaurus,
    worth,
)
from taji.catalogue.pack import Spec
from taji.cli import run

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda page: page.as_posix()
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
#: Pictures stand as links or, where they have a width, as HTML.
PICTURE = re.compile(r"""(?:\]\(|src=")([^)"\s]+\.png)[)"]""")
CONSOLE = re.compile(r"```console\n(.*?)```", re.S)


def _reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_pages_say_what_the_program_says():
    stale = [
        path.name
        for path, text in _reference().pages()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]

    assert stale == [], "run: python tools/reference.py"


def test_no_two_errors_share_a_code_and_all_speak_both_languages():
    errors = _reference().errors()
    codes = [error.code for error in errors]

    assert len(codes) == len(set(codes))
    assert all(set(error.sentences) == {"zh", "en"} for error in errors)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", code) for code in codes)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path):
    links = LINK.findall(page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_picture_is_shown_by_a_page_and_every_shown_one_exists():
    kept = set((ROOT / "docs" / "pictures").rglob("*.png"))
    shown = {
        (page.parent / name).resolve()
        for page in PAGES
        for name in PICTURE.findall(page.read_text(encoding="utf-8"))
    }

    assert sorted(kept - shown) == [], "no page shows them"
    assert sorted(shown - kept) == [], "they are not there"


def test_every_guide_can_be_reached_from_the_first_page():
    first = {".zh.md": ROOT / "README.zh.md", ".en.md": ROOT / "README.md"}
    alone = [
        page.relative_to(ROOT).as_posix()
        for ending, start in first.items()
        for page in PAGES
        if page.name.endswith(ending) and page.parent != ROOT
        if page.relative_to(ROOT).as_posix() not in start.read_text(encoding="utf-8")
    ]

    assert alone == []


def test_every_page_stands_in_both_languages():
    names = {page.relative_to(ROOT).as_posix() for page in PAGES}
    alone = [
        name
        for name in names
        for ours, theirs in ((".zh.md", ".en.md"), (".en.md", ".zh.md"))
        if name.endswith(ours)
        and not {name.replace(ours, theirs), name.replace(".zh.md", ".md")} & (names - {name})
    ]

    assert {"README.md", "README.zh.md"} <= names
    assert alone == []


def _specs(module: ModuleType) -> list[type[Spec]]:
    return [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Spec) and kind.__module__ == module.__name__
    ]


#: Made by the loader from other fields; nobody writes them.
MADE_BY_LOADER = {"Item", "Doubt"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_field_of_a_pack_is_in_the_manual(language: str):
    page = (ROOT / "docs" / "developer" / f"packs.{language}.md").read_text(encoding="utf-8")
    forgotten = [
        f"{kind.__name__}.{name}"
        for module in (
            questionnaire,
            model,
            register,
            benchmark,
            form,
            thesaurus,
            measure,
            crosswalk,
            worth,
        )
        for kind in _specs(module)
        if kind.__name__ not in MADE_BY_LOADER
        for name, field in kind.model_fields.items()
        if f"`{field.alias or name}`" not in page
    ]

    assert forgotten == []


def _commands(page: Path) -> list[list[str]]:
    text = page.read_text(encoding="utf-8")
    lines = [line for block in CONSOLE.findall(text) for line in block.splitlines()]
    return [shlex.split(line[2:]) for line in lines if line.startswith("$ ")]


def _examples() -> dict[str, tuple[Path, list[list[str]]]]:
    """The folder and the commands of every page that has some; once where pages give the same."""
    pages: dict[tuple[Path, str], list[Path]] = {}
    for page in PAGES:
        if words := _commands(page):
            pages.setdefault((page.parent, repr(words)), []).append(page)
    return {
        " ".join(str(page.relative_to(ROOT)) for page in same): (same[0].parent, _commands(same[0]))
        for same in pages.values()
    }


@pytest.mark.parametrize(("folder", "commands"), _examples().values(), ids=_examples().keys())
def test_the_examples_of_a_page_run_as_they_stand(
    folder: Path, commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    if (folder / "example").is_dir():
        shutil.copytree(folder / "example", tmp_path / "example")
    monkeypatch.chdir(tmp_path)
    for words in commands:
        assert words[0] == "taji", f"only taji commands stand in console blocks: {words}"
        assert run(words[1:]) == 0, " ".join(words)
