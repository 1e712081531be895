"""What a table of options is asked for, and the packs and rules that this names, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from taji.assess.compile import Program
from taji.base.errors import TajiError
from taji.base.text import Language
from taji.catalogue.measure import Measures
from taji.catalogue.worth import Worth
from taji.catalogue.worth import worth as load_worth
from taji.desk.diagnosing import program_of
from taji.desk.gathering import IntakeChoices
from taji.desk.measures_for import measures_for
from taji.desk.option_rows import Counting
from taji.desk.subsidy_file import read_subsidy
from taji.plan.instance import Subsidy
from taji.plan.problem import NoLevelError

__all__ = [
    "USUAL_BUDGETS",
    "Means",
    "NothingAdditionalError",
    "OptionsRequest",
    "SubsidyTwiceError",
    "UsualCostError",
    "means_of",
]

#: What a caller means who says nothing about the answers.
AS_USUAL = IntakeChoices()
#: What a firm might pay itself, unless somebody says otherwise. [yuan]
USUAL_BUDGETS = (50_000, 100_000, 200_000, 400_000)


class SubsidyTwiceError(TajiError):
    """Two subsidies have one name."""

    code = "desk.subsidy_twice"
    sentences = {
        "en": "Two --subsidy files are named {name}; options are named by them. Rename one.",
        "zh": "两个 --subsidy 文件同名 {name}，而选项要以其命名。请给其中一个改名。",
    }


class NothingAdditionalError(TajiError):
    """Without support nothing is owed to the support."""

    code = "desk.nothing_additional"
    sentences = {
        "en": "--value additional counts what is owed to the support, and no --subsidy says what "
        "that is. Name one, or count adopted or certain.",
        "zh": "--value additional 只计因支持而增加的部分，但没有用 --subsidy 说明支持办法。"
        "请指定补助规则，或改用 adopted、certain。",
    }


class UsualCostError(TajiError):
    """The assumptions of adoption tell no usual cost for a size that the measures know."""

    code = "desk.usual_cost"
    sentences = {
        "en": "{file}: adoption.usual has no amount for firms of size {size}. The measures "
        "{measures} know that size; write one, in yuan.",
        "zh": "{file}：adoption.usual 没有规模 {size} 的金额，而措施包 {measures} 有这一规模。"
        "请补上（元）。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsRequest:
    """What options are asked for.

    Attributes
    ----------
    answers, out : Path
        File of answers; folder of the result.
    model, measures : str
        Ids or paths of packs.
    profile, options
        As for ``taji.catalogue.load.model``.
    budgets : tuple of int
        What a firm can pay itself for purchases. [yuan]
    target : str or None
        A firm that has reached this level has no options; None: the model's highest.
    ahead : int
        How many levels above today's are aimed at.
    periods : int
        [periods of the measures]
    staff : float or None
        Own people of a firm. [person-months per period]
    subsidies : tuple of Path
        Rules of which each is a level of support; none: the money column holds all purchases.
    register : Path or None
        Table of firms.
    by : tuple of str or None
        Columns that become ``group_…``.
    enrolment : str or None
        A bureau's own pack of what is understood of a register, ``id@version``.
    worth : Path or None
        A city's own assumptions of worth and adoption.
    counting : {"adopted", "certain", "additional"}
        What ``value`` is.
    seconds : float
        For the search of each plan. [s]
    seed : int
    intake : IntakeChoices
    language : {"zh", "en"}
        Of the reasons in ``refused.csv``.
    """

    answers: Path
    out: Path
    budgets: tuple[int, ...]
    model: str = "sme2024"
    measures: str = "sme2024"
    profile: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    ahead: int = 2
    periods: int = 12
    staff: float | None = None
    subsidies: tuple[Path, ...] = ()
    register: Path | None = None
    by: tuple[str, ...] | None = None
    enrolment: str | None = None
    worth: Path | None = None
    counting: Counting = "adopted"
    seconds: float = 20.0
    seed: int = 1
    intake: IntakeChoices = AS_USUAL
    language: Language = "zh"


@dataclass(frozen=True, slots=True)
class Means:
    """Packs and rules.

    Attributes
    ----------
    program : Program
    measures : Measures
    worth : Worth
    rules : mapping of str to (Subsidy or None)
        The levels of support, by name; one nameless None where there is none.
    target : str
    """

    program: Program
    measures: Measures
    worth: Worth
    rules: Mapping[str, Subsidy | None]
    target: str

    @property
    def order(self) -> list[str]:
        """Levels of the model, the lowest first."""
        return [level.id for level in self.program.model.levels]

    @property
    def several(self) -> bool:
        """Whether options must be told apart by their rule."""
        return len(self.rules) > 1


def means_of(request: OptionsRequest) -> Means:
    """Read what a request names.

    Raises
    ------
    TajiError
        If a pack or a rule cannot be used, or they do not fit each other.
    """
    program = program_of(request.model, profile=request.profile, options=request.options)
    measures = measures_for(program, request.measures)
    order = [level.id for level in program.model.levels]
    target = request.target or order[-1]
    if target not in order:
        raise NoLevelError(model=program.model.id, target=target, allowed=", ".join(order))
    if request.counting == "additional" and not request.subsidies:
        raise NothingAdditionalError
    names = [path.stem for path in request.subsidies]
    for name in names:
        if names.count(name) > 1:
            raise SubsidyTwiceError(name=name)
    worth = load_worth() if request.worth is None else load_worth(request.worth)
    for size in measures.sizes:
        if size not in worth.adoption.usual:
            file = "worth.yaml" if request.worth is None else request.worth.name
            raise UsualCostError(file=file, size=size, measures=measures.id)
    rules: dict[str, Subsidy | None] = {
        path.stem: read_subsidy(path, measures) for path in request.subsidies
    }
    return Means(program, measures, worth, rules or {"": None}, target)
