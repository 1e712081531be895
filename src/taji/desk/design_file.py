"""Read ``design.yaml``, or say what is assumed where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from taji.base.errors import TajiError
from taji.survey.design import Design

__all__ = ["DesignFileError", "read_design"]


class DesignFileError(TajiError):
    """The file of the design cannot be read."""

    code = "desk.design_file"
    sentences = {
        "en": "{file}: {reason}. Write a mapping such as `strata: stratum` and `weight: weight`, "
        "saved as UTF-8.",
        "zh": "{file}：{reason}。请写成键值，例如 `strata: stratum`、`weight: weight`，并保存为 UTF-8。",
    }


def read_design(path: Path) -> Design:
    """Read a design.

    Raises
    ------
    DesignFileError, DesignKeyError
        If the file is no mapping in YAML, or says something that cannot be understood.
    """
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DesignFileError(file=path.name, reason=error) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise DesignFileError(file=path.name, reason=f"{where}{problem}") from error
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise DesignFileError(file=path.name, reason="not a mapping")
    return Design.from_mapping({str(key): value for key, value in content.items()})
