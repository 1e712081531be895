"""Read YAML the way people mean it: numbers exact, nothing silently changed.

YAML 1.1 turns ``no`` into false, ``010`` into 8, ``1:30`` into 90 and 0.1 into a binary
fraction, and the last of two equal keys wins. A bureau that types a pack means none of
these. Here a decimal is read as a decimal, a date stays the text it is, and each of the
traps is refused with its line.

Decides what a text says. Does not know what a pack may contain (the specifications do).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from taji.base.text import Text
from taji.catalogue.problem import PackError, Problem

__all__ = ["read"]

#: Far above any pack; a larger file is a mistake or an attack. [bytes]
SIZE_LIMIT = 4_000_000
#: Values after anchors are written out: nine lines of anchors can stand for 10^9. [values]
VALUE_LIMIT = 400_000
#: Deeper nesting than any pack has. [levels]
DEPTH_LIMIT = 60

#: Nodes nested deeper are not even built, to be told about. [levels]
BUILT_LIMIT = 400

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)?\.[0-9]+([eE][-+]?[0-9]+)?|[-+]?(0|[1-9][0-9]*)\.")
_TAG = "tag:yaml.org,2002:"
_TAGS = {_TAG + kind for kind in ("str", "int", "float", "bool", "null", "map", "seq")}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader (in C where it was built so), with decimals for floats and no dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != _TAG + "timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor(_TAG + "float", lambda _, node: Decimal(str(node.value)))


def read(path: str | Path) -> Any:
    """Return what the file says, with every decimal exact.

    Parameters
    ----------
    path : str or Path
        A UTF-8 file.

    Returns
    -------
    Any
        Mappings, lists, text, integers, ``Decimal``, booleans and None.

    Raises
    ------
    PackError
        If the file cannot be read or holds one of the traps; lists all traps at once.
    """
    file = str(path)
    text = _text(Path(path), file)
    try:
        return _read(text, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = error.problem or "?"
        raise _error(
            file,
            f"line {line}",
            "yaml",
            f"第 {line} 行不是合法的 YAML：{problem}",
            f"line {line} is not valid YAML: {problem}",
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _error(
            file, "", "yaml", "不是可读的 YAML 文本", "the text cannot be read as YAML"
        ) from error


def _read(text: str, file: str) -> Any:
    _check_depth(text)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise _error(file, "", "empty", "文件是空的", "the file is empty")
        traps = tuple(_Traps(file).of(node, "", 0))
        if traps:
            raise PackError(traps)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _check_depth(text: str) -> None:
    """Building nodes recurses, in C without a guard; events do not."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > BUILT_LIMIT:
            raise RecursionError


def _text(path: Path, file: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _error(
            file, "", "unreadable", f"文件无法读取：{reason}", f"the file cannot be read: {reason}"
        ) from error
    if len(data) > SIZE_LIMIT:
        raise _error(
            file,
            "",
            "too_large",
            f"文件有 {len(data)} 字节，上限 {SIZE_LIMIT}",
            f"the file has {len(data)} bytes, the limit is {SIZE_LIMIT}",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _error(
            file,
            f"line {line}",
            "encoding",
            f"第 {line} 行不是 UTF-8；请另存为 UTF-8 编码",
            f"line {line} is not UTF-8; save the file in UTF-8",
        ) from error


class _Traps:
    """A walk through the composed text that names every trap in it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values = 0

    def of(self, node: yaml.Node, path: str, depth: int) -> Iterator[Problem]:
        self.values += 1
        if depth > DEPTH_LIMIT or self.values > VALUE_LIMIT:
            raise _error(
                self.file,
                path,
                "too_deep",
                "嵌套过深，或锚点循环、展开后过大",
                "nested too deeply, or its anchors turn in a circle or stand for too much",
            )
        if node.tag not in _TAGS:
            yield self._problem(
                node,
                path,
                "tag",
                f"不允许的 YAML 标签 {node.tag}",
                f"the YAML tag {node.tag} is not allowed",
            )
        elif isinstance(node, yaml.MappingNode):
            yield from self._mapping(node, path, depth)
        elif isinstance(node, yaml.SequenceNode):
            for place, child in enumerate(node.value):
                yield from self.of(child, f"{path}[{_name(child, place)}]", depth + 1)
        else:
            yield from self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> Iterator[Problem]:
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            here = f"{path}.{name}" if path else name
            if key.tag not in (_TAG + "str", _TAG + "merge"):
                yield self._problem(
                    key,
                    here,
                    "key",
                    f"键 {name} 会被读成别的东西；请加引号",
                    f"the key {name} would be read as something else; put it in quotes",
                )
            elif key.tag != _TAG + "merge":
                if name in seen:
                    yield self._problem(
                        key,
                        here,
                        "duplicate_key",
                        f"键 {name} 重复",
                        f"the key {name} stands twice",
                    )
                seen.add(name)
            yield from self.of(value, here, depth + 1)

    def _scalar(self, node: yaml.Node, path: str) -> Iterator[Problem]:
        text, tag = str(node.value), node.tag
        plain = not getattr(node, "style", None)  # the parser in C writes an empty style
        if tag == _TAG + "bool" and text.lower() not in ("true", "false"):
            yield self._problem(
                node,
                path,
                "boolean",
                f"{text} 会被读成布尔值；若是文字请加引号，若是布尔值请写 true 或 false",
                f"{text} would be read as a boolean; put it in quotes, or write true or false",
            )
        elif (tag == _TAG + "int" and not (plain and _WHOLE.fullmatch(text))) or (
            tag == _TAG + "float" and not (plain and _DECIMAL.fullmatch(text))
        ):
            yield self._problem(
                node,
                path,
                "number",
                f"{text} 不是普通写法的数；请写成如 12 或 0.75，若是文字请加引号",
                f"{text} is not a plainly written number; write 12 or 0.75, or put text in quotes",
            )

    def _problem(self, node: yaml.Node, path: str, code: str, zh: str, en: str) -> Problem:
        line = node.start_mark.line + 1
        reason = Text(zh=f"第 {line} 行：{zh}", en=f"line {line}: {en}")
        return Problem(self.file, path, reason, f"catalogue.{code}")


def _name(node: yaml.Node, place: int) -> str:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "id" and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return str(place)


def _error(file: str, path: str, code: str, zh: str, en: str) -> PackError:
    return PackError([Problem(file, path, Text(zh=zh, en=en), f"catalogue.{code}")])
