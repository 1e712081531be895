"""Compute a folder of results again and name everything that differs.

First the bytes: inputs, packs, code and outputs against the manifest's hashes. Then the numbers: the
command is run again in a folder of its own and every figure is held against the one recorded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.desk.changing import CHANGE_NAME, COMMAND, compare_rounds, requests_of
from taji.desk.portraying import portray
from taji.desk.request import PortraitRequest
from taji.desk.steps import SILENT, Steps
from taji.report.fonts import family
from taji.store.manifest import Change, Manifest, environment

__all__ = ["Verified", "verify"]

CHECKING = Text(zh="比对哈希", en="Comparing hashes")

#: Figures that a reader sees; a sum may differ in its last digit between processors.
NUMBERS_TOLERANCE = 1e-12
#: Keys of the tables whose numbers are compared, by file.
TABLES: dict[str, tuple[str, ...]] = {
    "estimates.csv": ("question", "option", "statistic", "by", "group"),
    "scores.parquet": ("enterprise", "model", "node"),
    CHANGE_NAME: ("question", "option", "statistic", "by", "group"),
}
#: Differences told before the rest is counted.
SHOWN = 20
#: Files drawn with fonts and libraries: compared to the byte where these are the same.
DRAWN = ("portrait.html", "portrait.pdf", "portrait.xlsx", "places.csv", "why.csv")

KINDS = {
    "input": Text(zh="输入", en="input"),
    "pack": Text(zh="数据包", en="pack"),
    "code": Text(zh="代码", en="code"),
    "output": Text(zh="结果", en="output"),
    "library": Text(zh="库", en="library"),
}
HOLDS = Text(
    zh="复验通过：全部哈希一致，重新计算的每个数字都相同。",
    en="Verified: every hash is the recorded one, and every number came out the same again.",
)


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying found: differences fail it, remarks do not."""

    differences: tuple[Text, ...]
    remarks: tuple[Text, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def sentence(self) -> Text:
        """What to say when it holds."""
        return HOLDS


def verify(folder: Path, *, steps: Steps = SILENT) -> Verified:
    """Verify a folder that ``portray`` or ``compare_rounds`` wrote.

    Raises
    ------
    ManifestError
        If the folder has no manifest that can be read.
    """
    steps.begin(CHECKING)
    manifest = Manifest.read(folder)
    changes = manifest.changed_files(folder)
    drawn = {"font": family()} if "font" in manifest.libraries else None
    libraries = manifest.changed_libraries(environment(drawn))
    differences = [_told(change) for change in changes]
    remarks = [_told(change) for change in libraries]
    lost = any(change.kind in ("input", "pack") and not change.found for change in changes)
    if not lost:
        differences += _again(manifest, folder, same_libraries=not libraries, steps=steps)
    return Verified(tuple(differences), tuple(remarks))


def _told(change: Change) -> Text:
    kind = KINDS[change.kind]
    if not change.found:
        return Text(
            zh=f"{kind.zh} {change.name}：找不到", en=f"{kind.en} {change.name}: not to be found"
        )
    recorded, found = change.recorded[:16] or "-", change.found[:16]
    return Text(
        zh=f"{kind.zh} {change.name}：已变（记录 {recorded}，现为 {found}）",
        en=f"{kind.en} {change.name}: changed (recorded {recorded}, now {found})",
    )


def _again(
    manifest: Manifest, folder: Path, *, same_libraries: bool, steps: Steps
) -> Iterator[Text]:
    """Run the command again and compare."""
    with tempfile.TemporaryDirectory(prefix="taji-verify-") as made:
        again = Path(made)
        try:
            rejected = _made(manifest, folder, again, steps)
        except TajiError as error:
            yield Text(
                zh=f"重新计算失败：{error.render('zh')}",
                en=f"It could not be computed again: {error.render('en')}",
            )
            return
        if rejected:
            yield Text(zh="重新计算时数据被退回", en="Computed again, the data was refused")
            return
        for name, keys in TABLES.items():
            if (folder / name).is_file():
                yield from _numbers(name, folder / name, again / name, keys)
        for name in DRAWN if same_libraries else ():
            recorded, now = folder / name, again / name
            if recorded.is_file() and now.is_file() and recorded.read_bytes() != now.read_bytes():
                yield Text(
                    zh=f"结果 {name}：与重新生成的不同",
                    en=f"output {name}: not what is made again",
                )


def _made(manifest: Manifest, folder: Path, again: Path, steps: Steps) -> bool:
    """Run what a manifest tells of into another folder; return whether the data was refused."""
    if manifest.command == COMMAND:
        return compare_rounds(*requests_of(manifest, folder), again, steps=steps).rejected
    files = {name: folder / record.path for name, record in manifest.inputs.items()}
    request = PortraitRequest.from_arguments(manifest.arguments, files)
    return portray(request, again, steps=steps).rejected


def _numbers(name: str, recorded: Path, again: Path, keys: tuple[str, ...]) -> Iterator[Text]:
    """Every number of a table that differs, by the keys of its row."""
    old, new = _read(recorded), _read(again)
    if old is None or not set(keys) <= set(old.columns):
        yield Text(zh=f"结果 {name}：无法读取", en=f"output {name}: cannot be read")
        return
    assert new is not None
    old, new = (table.with_columns(pl.col(keys).fill_null("")) for table in (old, new))
    joined = old.join(new, on=keys, how="full", suffix="\0", coalesce=True)
    columns = [c for c in new.columns if c not in keys]
    told = 0
    found = 0
    for column in columns:
        rows = joined.filter(_differs(joined, column))
        found += rows.height
        for row in rows.head(max(SHOWN - told, 0)).iter_rows(named=True):
            told += 1
            where = " · ".join(str(row[key]) for key in keys if row[key])
            then, now = row.get(column), row.get(f"{column}\0")
            yield Text(
                zh=f"{name}：{where} 的 {column} 记录为 {then}，重新计算为 {now}",
                en=f"{name}: {column} of {where} is recorded as {then}, computed again as {now}",
            )
    if found > told:
        yield Text(
            zh=f"{name}：另有 {found - told} 处不同", en=f"{name}: {found - told} more differences"
        )


def _differs(joined: pl.DataFrame, column: str) -> pl.Expr:
    old, new = pl.col(column), pl.col(f"{column}\0")
    if column not in joined.columns or f"{column}\0" not in joined.columns:
        return pl.lit(True)
    if joined[column].dtype.is_float() and joined[f"{column}\0"].dtype.is_numeric():
        near = (old - new).abs() <= NUMBERS_TOLERANCE * pl.max_horizontal(old.abs(), new.abs())
        return ~(near | (old.is_null() & new.is_null())).fill_null(False)
    return old.cast(pl.String).ne_missing(new.cast(pl.String))


def _read(path: Path) -> pl.DataFrame | None:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema_length=None)
    except (OSError, pl.exceptions.PolarsError):
        return None
