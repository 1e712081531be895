"""What is said of options: why a firm has none, what an option is, the sentences at the end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from taji.base.text import Text
from taji.plan.options import Candidate

__all__ = [
    "BASIS",
    "NO_ANSWERS",
    "REASON_TITLES",
    "Reason",
    "notes_of_options",
    "option_title",
    "reason_words",
]

Reason = Literal[
    "at_target",
    "no_size",
    "few_answers",
    "dear",
    "no_gain",
    "no_time",
    "stopped",
    "next_dear",
    "next_out_of_reach",
]
NO_ANSWERS = "no_answers"
#: Stands in every row of the table, so that whatever is made of it can say so.
BASIS = Text(
    zh="费用、效果与采纳概率均为规划假设，不是统计结果。",
    en="Costs, effects and the probability of adoption are planning assumptions, not statistics.",
)
_REASONS: Mapping[str, Text] = {
    NO_ANSWERS: Text(zh="名录中有，没有有效答卷", en="in the register, without accepted answers"),
    "at_target": Text(zh="已达到目标等级", en="has reached the target level"),
    "no_size": Text(
        zh="措施包没有该规模（{size}）的金额",
        en="the measures tell no amounts for firms of this size ({size})",
    ),
    "few_answers": Text(
        zh="应答覆盖率 {coverage:.0%}，低于模型要求的 {least:.0%}，提升无从算起",
        en="answered {coverage:.0%} of the weight, under the model's least of {least:.0%}: there is "
        "nothing to count a rise from",
    ),
    "dear": Text(zh="最大预算之内没有任何可做的措施", en="no measure is within the largest budget"),
    "no_gain": Text(
        zh="措施包中没有措施能再提升", en="no measure of the pack brings anything more"
    ),
    "no_time": Text(
        zh="时限内没有求出方案；请加大 --time-limit",
        en="no plan was found in time; give more with --time-limit",
    ),
    "stopped": Text(zh="轮到之前已被中止", en="stopped before its turn"),
    "next_dear": Text(
        zh="有选项；达到下一级（{target}）至少需自付 {needed:,} 元，超过最大预算",
        en="has options; its next level ({target}) takes at least {needed:,} yuan of its own, over "
        "the largest budget",
    ),
    "next_out_of_reach": Text(
        zh="有选项；下一级（{target}）在规划期内多少钱也达不到，或未能在时限内求出",
        en="has options; its next level ({target}) is not reached by the horizon at any cost, or "
        "the cost was not found in time",
    ),
}


#: The same without figures, for many firms at once.
REASON_TITLES: Mapping[str, Text] = {
    NO_ANSWERS: Text(zh="没有有效答卷", en="Without accepted answers"),
    "at_target": Text(zh="已达到目标等级", en="Have reached the target level"),
    "no_size": Text(
        zh="措施包没有该规模的金额", en="Of a size that the measures tell no amounts for"
    ),
    "few_answers": Text(zh="答得太少，提升无从算起", en="Answered too little to count a rise from"),
    "dear": Text(zh="最大预算之内没有可做的措施", en="No measure is within the largest budget"),
    "no_gain": Text(zh="没有措施能再提升", en="No measure brings anything more"),
    "no_time": Text(zh="时限内没有求出方案", en="No plan was found in time"),
    "stopped": Text(zh="轮到之前已被中止", en="Stopped before their turn"),
    "next_dear": Text(
        zh="有选项，但下一级超过最大预算",
        en="Have options; the next level is over the largest budget",
    ),
    "next_out_of_reach": Text(
        zh="有选项，但下一级在规划期内达不到或未求出",
        en="Have options; the next level is out of reach by the horizon, or was not found in time",
    ),
}


def reason_words(reason: str, **facts: object) -> Text:
    """Say a reason."""
    told = _REASONS[reason]
    return Text(zh=told.zh.format(**facts), en=told.en.format(**facts))


def option_title(candidate: Candidate, level: Text | None) -> Text:
    """Say what an option is."""
    budget = f"{candidate.budget:,}"
    if candidate.kind == "gain" or level is None:
        return Text(
            zh=f"自付 {budget} 元以内提升最多", en=f"the most gain with up to {budget} yuan"
        )
    if candidate.kind == "least":
        return Text(zh=f"最省地达到{level.zh}", en=f"{level.en} at the least cost")
    return Text(
        zh=f"自付 {budget} 元以内最早达到{level.zh}",
        en=f"{level.en} as early as {budget} yuan allow",
    )


def notes_of_options(summary: Mapping[str, Any], out: Path) -> tuple[Text, ...]:
    """Say what was made, and what it rests on."""
    firms, options = summary["firms"], summary["options"]
    with_options = summary["firms_with_options"]
    notes = [
        Text(
            zh=f"{firms} 家企业中 {with_options} 家有选项，共 {options} 个：{out}。"
            "费用、效果与采纳概率均为规划假设。",
            en=f"{with_options} of {firms} firms have options, {options} together: {out}. Costs, "
            "effects and probabilities of adoption are planning assumptions.",
        )
    ]
    if firms > with_options:
        notes.append(
            Text(
                zh=f"其余 {firms - with_options} 家没有选项的原因见 firms.csv。",
                en=f"Why the other {firms - with_options} have none stands in firms.csv.",
            )
        )
    if summary["unproven"]:
        notes.append(
            Text(
                zh=f"{summary['unproven']} 个选项在时限内未证明最优（列 proven）。",
                en=f"{summary['unproven']} options were not proved the best in time (column proven).",
            )
        )
    if summary["stopped"]:
        notes.append(
            Text(
                zh="已被中止：只写出此前完成的企业。",
                en="Stopped: only the firms that were ready are written.",
            )
        )
    return tuple(notes)
