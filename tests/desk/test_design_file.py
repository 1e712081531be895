"""``design.yaml`` is read as desktops write it, and its faults are said in one language."""

from __future__ import annotations

from pathlib import Path

import pytest

from taji.base.errors import TajiError
from taji.desk.design_file import read_design


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_design_is_read_in_the_encodings_of_a_chinese_desktop(encoding: str, tmp_path: Path):
    path = tmp_path / "design.yaml"
    path.write_text("# 设计\nstrata: 分层\npopulation: 总体数\n", encoding=encoding)

    design = read_design(path)

    assert (design.strata, design.population) == (("分层",), ("总体数",))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"- strata\n", "desk.design_file"),
        (b"a: [1\n", "desk.design_file"),
        (b"\xff\xfe\x00", "desk.design_file"),
        (b"stratum: x\n", "survey.design_key"),
        (b"strata: 5\n", "survey.design_key"),
    ],
)
def test_a_faulty_design_is_told_in_one_language(content: bytes, code: str, tmp_path: Path):
    path = tmp_path / "design.yaml"
    path.write_bytes(content)

    with pytest.raises(TajiError) as caught:
        read_design(path)

    assert caught.value.code == code
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.render("en"))
    for word in ("expected", "unknown", "mapping", "codec", "column name"):
        assert word not in caught.value.render("zh")
