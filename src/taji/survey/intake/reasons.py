"""Why a cell or a row was refused: a code and its facts, told in zh or en.

Refusals travel as data (``Reason``); only ``tell`` makes prose of them, for the reader's
``refused.csv``. Every sentence names what was expected and what to do next.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache

from taji.base.text import Language, Text

__all__ = ["REASONS", "Reason", "tell"]


@dataclass(frozen=True, slots=True)
class Reason:
    """A refusal: what kind, and the facts its sentence names."""

    code: str
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """The facts as JSON: how they travel in a column."""
        return json.dumps(self.fields, ensure_ascii=False) if self.fields else ""


#: Every reason, by code. Braces name facts.
REASONS = {
    "key_missing": Text(
        zh="缺少企业标识：请填写统一社会信用代码或企业编号",
        en="the enterprise's key is empty: enter its credit code or number",
    ),
    "key_check": Text(
        zh="18 位标识不是有效的统一社会信用代码：请核对各位字符和校验码",
        en="18 characters, but no valid credit code: check its characters and check digit",
    ),
    "key_digits": Text(
        zh="标识被表格软件改成了科学计数法，末位数字已丢失：请把该列设为文本后重新填写",
        en="a spreadsheet turned the key into a rounded number: format the column as text, re-enter",
    ),
    "duplicate": Text(
        zh="同一企业出现多次（{rows}）：请只保留一份，或用 --duplicates first|last 指定",
        en="the enterprise stands more than once ({rows}): keep one, or use --duplicates first|last",
    ),
    "duplicate_dropped": Text(
        zh="同一企业已采用另一份答卷（{kept}）",
        en="another sheet of the same enterprise was used ({kept})",
    ),
    "ragged": Text(
        zh="该行在表头之外还有内容：可能有未加引号的分隔符，请重新导出",
        en="the row has content beyond the header: perhaps an unquoted separator; export it again",
    ),
    "required": Text(
        zh="必答题未答：请补答", en="a required question was not answered: obtain the answer"
    ),
    "option": Text(
        zh="不是该题的选项（{wrong}）；可选：{options}{nearest}",
        en="not an option of this question ({wrong}); options: {options}{nearest}",
    ),
    "several": Text(
        zh="单选题选了多项（{ticked}）：请只保留一项",
        en="several options on a single choice ({ticked}): keep one",
    ),
    "exclusive": Text(
        zh="选项 {exclusive} 与其他选项互斥，却同时选了 {others}：请与企业核实",
        en="option {exclusive} excludes all others, yet {others} stand beside it: ask the firm",
    ),
    "tick": Text(
        zh="不能读作选或未选：请填 1 或 0（或 Y / N）",
        en="neither ticked nor not ticked: write 1 or 0 (or Y / N)",
    ),
    "disagrees": Text(
        zh="合并列与分列的选择不一致（{columns}）：请保留其中一种",
        en="the joined column and the split columns disagree ({columns}): keep one of them",
    ),
    "number": Text(
        zh="不是一个数：请填数字，如 1234.5", en="not a number: write digits, such as 1234.5"
    ),
    "money": Text(
        zh="不是人民币金额：请填数字，可带 万、亿、元，如 350万元",
        en="not an amount in yuan: write a number, with 万, 亿 or 元 if needed, such as 350万元",
    ),
    "share": Text(
        zh="不是一个比例：请填百分数，如 35 或 35%",
        en="not a share: write per cent, such as 35 or 35%",
    ),
    "share_reading": Text(
        zh=(
            "该列全部数值在 0 与 1 之间，有两种读法：{percent} 或 {fraction}。"
            "请用 --shares percent（按百分数）或 --shares fraction（按小数）说明"
        ),
        en=(
            "every bare value of the column lies between 0 and 1, which has two readings: "
            "{percent} or {fraction}; say --shares percent or --shares fraction"
        ),
    ),
    "range": Text(
        zh="超出范围：应在 {low} 与 {high} 之间", en="out of range: must lie from {low} to {high}"
    ),
    "whole": Text(zh="须为整数", en="must be a whole number"),
    "code": Text(
        zh="不在名录 {register} 中{nearest}", en="not in the register {register}{nearest}"
    ),
    "email": Text(
        zh="不是邮箱地址：请写成 name@example.com，一格只写一个",
        en="not an e-mail address: write it as name@example.com, one in a cell",
    ),
    "date": Text(zh="不是可识别的日期：请写成 2024-01-31", en="not a date: write it as 2024-01-31"),
    "not_asked": Text(
        zh="按 {question} 的回答，本题不该作答：请核对两题",
        en="by the answer to {question} this question was not put: check both",
    ),
}


@lru_cache(maxsize=10_000)
def tell(code: str, detail: str, language: Language) -> str:
    """Return the sentence of a refusal.

    Examples
    --------
    >>> tell("range", '{"low": "0", "high": "100"}', "en")
    'out of range: must lie from 0 to 100'
    """
    fields = json.loads(detail) if detail else {}
    nearest = fields.pop("near", "")
    told = Text(zh=f"；是否指 {nearest}？", en=f"; was {nearest} meant?")[language]
    return REASONS[code][language].format(**fields, nearest=told if nearest else "")
