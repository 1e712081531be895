"""What the columns of a table of options are called where people read them.

Decides the words for ``use_…`` and ``group_…`` and for the codes of groups, in one place for pages,
sentences, pictures and reports. Files and JSON keep the columns. What no pack names is shown as it
stands, without the mark of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import Field

from taji.base.text import Text
from taji.catalogue.load import register
from taji.catalogue.pack import Pack, Spec
from taji.catalogue.problem import PackError
from taji.catalogue.schema import parsed
from taji.catalogue.yaml import read

__all__ = ["GROUP", "USE", "Resource", "floor_of", "group_of", "member_of", "resource_of"]

#: How columns of resources and of groups begin.
USE, GROUP = "use_", "group_"
_FILE = Path(__file__).resolve().parents[1] / "packs" / "resources.yaml"


class Resource(Spec):
    """A resource: what it is called, and what it is counted in, if anybody knows."""

    id: str
    title: Text
    unit: Text | None = None

    @property
    def with_unit(self) -> Text:
        """Title and unit, as headings and fields have it; the bare name of what nobody knows."""
        if self.unit is None:
            return self.title
        head = self.title.en[0].upper() + self.title.en[1:]
        return Text(zh=f"{self.title.zh}（{self.unit.zh}）", en=f"{head} ({self.unit.en})")

    def amount(self, number: str) -> Text:
        """Return an amount with its unit.

        Examples
        --------
        >>> resource_of("use_subsidy").amount("1,000")["en"], resource_of("use_x").amount("3")["zh"]
        ('1,000 yuan', '3')
        """
        if self.unit is None:
            return Text.same(number)
        return Text(zh=f"{number} {self.unit.zh}", en=f"{number} {self.unit.en}")


class _Group(Spec):
    id: str
    title: Text
    #: The register whose codes are its members, if any.
    register_: str | None = Field(default=None, alias="register")


class _Names(Pack):
    year: Text
    floor: Text
    uses: tuple[Resource, ...]
    groups: tuple[_Group, ...]


def resource_of(column: str) -> Resource:
    """Return what a column ``use_…`` is called.

    Examples
    --------
    >>> resource_of("use_subsidy").with_unit["zh"], resource_of("use_subsidy_2").title["en"]
    ('补助资金（元）', 'subsidy, year 2')
    >>> resource_of("use_vouchers").with_unit["zh"], resource_of("use_7").title["en"]
    ('vouchers', '7')
    """
    bare = column.removeprefix(USE) or column
    names, known = _names(), _uses()
    if bare in known:
        return known[bare]
    whole, _, year = bare.rpartition("_")
    if whole in known and year.isdecimal():
        of = known[whole]
        said = {
            spoken: names.year[spoken].format(title=of.title[spoken], year=int(year))
            for spoken in ("zh", "en")
        }
        return Resource(id=bare, title=Text(**said), unit=of.unit)
    return Resource(id=bare, title=Text.same(bare))


def group_of(column: str) -> Text:
    """Return what a column ``group_…`` is called.

    Examples
    --------
    >>> group_of("group_district")["zh"], group_of("group_park")["en"]
    ('县市区', 'park')
    """
    bare = column.removeprefix(GROUP) or column
    known = _groups().get(bare)
    return Text.same(bare) if known is None else known.title


def member_of(column: str, code: str) -> Text:
    """Return what a code of a group is called; the code where nobody knows it.

    Examples
    --------
    >>> member_of("group_size", "small")["en"], member_of("group_park", "7")["zh"]
    ('Small', '7')
    """
    known = _groups().get(column.removeprefix(GROUP))
    if known is not None and known.register_ is not None:
        entry = register(known.register_).by_code.get(code)
        if entry is not None:
            return entry.label
    return Text.same(code or "—")


def floor_of(group: str, code: str, use: str) -> Text:
    """Return what a floor is called: whom it is for, and of what it asks for.

    Examples
    --------
    >>> floor_of("group_size", "small", "use_subsidy")["zh"]
    '企业规模“小型”的补助资金'
    >>> floor_of("group_park", "7", "use_vouchers")["en"]
    'vouchers for 7 (park)'
    """
    title, of, member = resource_of(use).title, group_of(group), member_of(group, code)
    phrase = _names().floor
    return Text(
        zh=phrase.zh.format(group=of.zh, member=member.zh, title=title.zh),
        en=phrase.en.format(group=of.en, member=member.en, title=title.en),
    )


@cache
def _names() -> _Names:
    found, problems = parsed(_Names, read(_FILE), file=str(_FILE))
    if found is None:
        raise PackError(problems)
    return found


@cache
def _uses() -> Mapping[str, Resource]:
    return {one.id: one for one in _names().uses}


@cache
def _groups() -> Mapping[str, _Group]:
    return {one.id: one for one in _names().groups}
