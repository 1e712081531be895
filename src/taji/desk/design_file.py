"""Read ``design.yaml``, or say what is assumed where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.survey.design import Design

__all__ = ["DesignFileError", "read_design"]


#: Encodings of a text file that a Chinese desktop writes, the surest first.
ENCODINGS = ("utf-8-sig", "gb18030")
NO_TEXT = Text(zh="不是文本文件", en="it is no text")
NO_MAPPING = Text(zh="内容不是键值", en="it is not a mapping")


class DesignFileError(TajiError):
    """The file of the design cannot be read."""

    code = "desk.design_file"
    sentences = {
        "en": "{file}: {reason}. Write a mapping such as `strata: stratum` and `weight: weight`, "
        "saved as UTF-8 or GB18030.",
        "zh": "{file}：{reason}。请写成键值，例如 `strata: stratum`、`weight: weight`，并保存为 UTF-8 或 GB18030。",
    }


def read_design(path: Path) -> Design:
    """Read a design.

    Raises
    ------
    DesignFileError, DesignKeyError
        If the file is no mapping in YAML, or says something that cannot be understood.
    """
    try:
        content: Any = yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DesignFileError(file=path.name, reason=_not_yaml(mark)) from error
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise DesignFileError(file=path.name, reason=NO_MAPPING)
    return Design.from_mapping({str(key): value for key, value in content.items()})


def _text(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DesignFileError(file=path.name, reason=NO_TEXT)


def _not_yaml(mark: yaml.Mark | None) -> Text:
    if mark is None:
        return Text(zh="不是 YAML", en="it is not YAML")
    return Text(zh=f"第 {mark.line + 1} 行不是 YAML", en=f"line {mark.line + 1} is not YAML")
