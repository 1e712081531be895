"""The canonical form of answers: names and types of columns, and what breaks them.

A file that is canonical already (our own Parquet, a nation's in one piece) needs no reading
cell by cell: ``check_canonical`` counts its violations in one scan, without loading it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from taji.base.identifiers import KEY, KEY_ALIASES, USCC_LENGTH, valid_uscc
from taji.catalogue.questionnaire import Item, Kind, Questionnaire
from taji.survey.intake.columns import recogniser

__all__ = [
    "CanonicalCheck",
    "bounds",
    "canonical_schema",
    "check_canonical",
    "is_canonical",
    "shown_bound",
    "violations",
]

_TYPES: Mapping[Kind, pl.DataType] = {
    "single": pl.String(),
    "multi": pl.Boolean(),
    "scale": pl.Int64(),
    "share": pl.Float64(),
    "number": pl.Float64(),
    "money": pl.Float64(),
    "code": pl.String(),
    "text": pl.String(),
    "date": pl.Date(),
}
_ALSO_TEXT = (pl.String, pl.Categorical, pl.Enum)


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalCheck:
    """What a scan of canonical answers found.

    Attributes
    ----------
    rows : int
        Rows scanned.
    keys_missing : int
        Rows without a key.
    keys_repeated : int
        Rows beyond the first of their key.
    keys_false : int
        Rows whose key has the length of a credit code and is none.
    keys_other : int
        Rows whose key has another length: allowed, and counted.
    wrong : mapping of str to int
        Cells that are no answer, by column; columns without any are left out.
    unclear : tuple of str
        Columns of shares whose values all lie in (0, 1], with a fraction among them (zeros
        aside): per cent or fractions, the caller must say (``taji.survey.intake.take``).
    """

    rows: int
    keys_missing: int
    keys_repeated: int
    keys_false: int
    keys_other: int
    wrong: Mapping[str, int]
    unclear: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the answers can be used as they are."""
        keys = self.keys_missing or self.keys_repeated or self.keys_false
        return not (keys or self.wrong or self.unclear)


def canonical_schema(questionnaire: Questionnaire) -> dict[str, pl.DataType]:
    """Return the names and types of all canonical columns, the key first.

    Examples
    --------
    >>> from taji.catalogue.load import questionnaire
    >>> list(canonical_schema(questionnaire("dmat")).items())[1]
    ('q1/product_service_design/already', Boolean)
    """
    columns = {
        column: _TYPES[item.kind]
        for item in questionnaire.items.values()
        for column in item.columns
    }
    return {KEY: pl.String()} | columns


def is_canonical(
    schema: Mapping[str, pl.DataType], questionnaires: Sequence[Questionnaire]
) -> bool:
    """Say whether the columns of a frame are canonical by name and type, contents aside.

    True where the key is there, at least one column is canonical, and every column that
    bears a canonical name has a type that holds its answers without reading (a categorical
    serves for a string, a narrower number for a wider). A column that answers under another
    spelling (``q4`` for all of ``q4/hr`` …, a label) must be read. So must a number that answers a question put
    in another unit than yuan (``per``): files hold what the form asked for.
    """
    found = 0
    names = {name for q in questionnaires for name in canonical_schema(q)}
    if recogniser(questionnaires)([n for n in schema if n not in names and n not in KEY_ALIASES]):
        return False
    for questionnaire in questionnaires:
        if any(
            i.kind == "money" and i.question.per != 1 and i.id in schema
            for i in questionnaire.items.values()
        ):
            return False
        for name, wanted in canonical_schema(questionnaire).items():
            if name not in schema:
                continue
            found += name != KEY
            if not _holds(schema[name], wanted):
                return False
    return KEY in schema and found > 0


def check_canonical(
    frame: pl.LazyFrame, questionnaires: Sequence[Questionnaire], *, keys: bool = True
) -> CanonicalCheck:
    """Count what breaks the canonical form, in one streaming scan.

    Parameters
    ----------
    frame : LazyFrame
        Answers for which ``is_canonical`` holds.
    questionnaires : sequence of Questionnaire
        What was asked.
    keys : bool
        Count repeated keys too, which needs memory for one hash per row. [8 bytes a row]

    Returns
    -------
    CanonicalCheck
        Counts; nothing is changed.
    """
    schema = frame.collect_schema()
    rules = violations(schema, questionnaires)
    key = pl.col(KEY).cast(pl.String)
    asked = [
        pl.len().alias(":rows"),
        (key.is_null() | (key.str.len_bytes() == 0)).sum().alias(":missing"),
        _false_codes(key).sum().alias(":false"),
        (~key.str.len_bytes().is_in([0, USCC_LENGTH])).sum().alias(":other"),
        *(rule.sum().alias(name) for name, rule in rules.items()),
    ]
    shares = _shares(schema, questionnaires)
    for name in shares:
        asked.append(((pl.col(name) > 0) & (pl.col(name) < 1)).sum().alias(f":low:{name}"))
        asked.append((pl.col(name) > 1).sum().alias(f":high:{name}"))
    if keys:
        asked.append(key.null_count().alias(":nulls"))
        asked.append(key.drop_nulls().hash().n_unique().alias(":different"))
    counts = frame.select(asked).collect(engine="streaming").row(0, named=True)
    repeated = counts[":rows"] - counts[":nulls"] - counts[":different"] if keys else 0
    return CanonicalCheck(
        rows=counts[":rows"],
        keys_missing=counts[":missing"],
        keys_repeated=repeated,
        keys_false=counts[":false"],
        keys_other=counts[":other"],
        wrong={name: counts[name] for name in rules if counts[name]},
        unclear=tuple(n for n in shares if counts[f":low:{n}"] and not counts[f":high:{n}"]),
    )


def violations(
    schema: Mapping[str, pl.DataType], questionnaires: Sequence[Questionnaire]
) -> dict[str, pl.Expr]:
    """Return, by column, an expression that is true where a cell is no answer.

    Parameters
    ----------
    schema : mapping of str to DataType
        Of the frame that the expressions are for.
    questionnaires : sequence of Questionnaire
        What was asked.
    """
    rules: dict[str, pl.Expr] = {}
    for questionnaire in questionnaires:
        for item in questionnaire.items.values():
            rules |= _rules(item, schema)
    return rules


def bounds(item: Item) -> tuple[float | None, float | None]:
    """Return the limits of an item's numbers; a share without its own lies in 0-100."""
    question = item.question
    low = None if question.low is None else float(question.low)
    high = None if question.high is None else float(question.high)
    if item.kind == "share":
        return (0.0 if low is None else low), (100.0 if high is None else high)
    return low, high


def shown_bound(limit: float | None) -> str:
    """Return a limit as sentences show it; an ellipsis where there is none."""
    return "…" if limit is None else f"{limit:.15g}"


def _false_codes(key: pl.Expr) -> pl.Expr:
    """Say of which keys the length promises a credit code that they are not."""
    shaped = key.str.len_bytes() == USCC_LENGTH
    valid = key.map_batches(valid_uscc, return_dtype=pl.Boolean, is_elementwise=True)
    return shaped & ~valid


def _shares(
    schema: Mapping[str, pl.DataType], questionnaires: Sequence[Questionnaire]
) -> list[str]:
    items = [i for questionnaire in questionnaires for i in questionnaire.items.values()]
    return [i.id for i in items if i.kind == "share" and i.id in schema]


def _rules(item: Item, schema: Mapping[str, pl.DataType]) -> dict[str, pl.Expr]:
    if item.kind == "multi":
        return _exclusive(item, schema)
    if item.id not in schema:
        return {}
    column = pl.col(item.id)
    if item.kind == "single":
        return {item.id: ~column.cast(pl.String).is_in(item.option_ids)}
    if item.kind not in ("scale", "share", "number", "money"):
        return {}
    low, high = bounds(item)
    wrong = pl.lit(False) if schema[item.id].is_integer() else ~column.is_finite()
    if low is not None:
        wrong |= column < low
    if high is not None:
        wrong |= column > high
    return {item.id: wrong}


def _exclusive(item: Item, schema: Mapping[str, pl.DataType]) -> dict[str, pl.Expr]:
    """Find an exclusive option with another tick beside it."""
    rules = {}
    for option in item.question.options:
        name = f"{item.id}/{option.id}"
        others = [column for column in item.columns if column != name and column in schema]
        if option.exclusive and name in schema and others:
            rules[name] = pl.col(name) & pl.any_horizontal(others)
    return rules


def _holds(found: pl.DataType, wanted: pl.DataType) -> bool:
    if wanted == pl.String:
        return isinstance(found, _ALSO_TEXT)
    if wanted == pl.Float64:
        return found.is_numeric() and not found.is_decimal()
    if wanted == pl.Int64:
        return found.is_integer() and found != pl.UInt64
    return found == wanted
