"""Why panels cannot be made, in words: who is missing where, and by how much.

Decides which reasons are told and in which order: single applications and reviewers first, then
numbers as a whole, then groups that compete for the same people.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from taji.base.text import Text
from taji.match.panel_call import NONE, Call
from taji.match.panel_flow import short_applications, short_reviewers

__all__ = ["plain_reasons", "reasons"]

#: Names told in a sentence, and sentences told of one kind; the rest is counted.
TOLD = 5


def reasons(
    call: Call,
    applications: Sequence[str],
    reviewers: Sequence[str],
    wants: Sequence[tuple[str, str]] = (),
) -> tuple[Text, ...]:
    """Say why no panels fit a call.

    Parameters
    ----------
    applications, reviewers : sequence of str
        Their names, by number.
    wants : sequence of (application, speciality)
        Names of ``call.wants``.

    Returns
    -------
    tuple of Text
        Empty if numbers, loads and organisations leave nothing to say.
    """
    found = plain_reasons(call, applications, reviewers, wants)
    return found or tuple(_competing(call, applications, reviewers))


def plain_reasons(
    call: Call,
    applications: Sequence[str],
    reviewers: Sequence[str],
    wants: Sequence[tuple[str, str]] = (),
) -> tuple[Text, ...]:
    """Say what counting alone shows to be missing; parameters as for ``reasons``."""
    return (*_single(call, applications, reviewers, wants), *_whole(call))


def _single(
    call: Call,
    applications: Sequence[str],
    reviewers: Sequence[str],
    wants: Sequence[tuple[str, str]],
) -> list[Text]:
    k, least = call.per_application, call.least_load
    group = call.groups()
    lone = np.bincount(call.application[group == NONE], minlength=call.applications)
    first_of_group = np.unique(group[group != NONE], return_index=True)[1]
    in_groups = np.flatnonzero(group != NONE)[first_of_group]
    groups = np.bincount(call.application[in_groups], minlength=call.applications)
    listed = np.bincount(call.application, minlength=call.applications)
    said: list[Text] = []
    for at in np.flatnonzero(lone + groups < k).tolist():
        zh = f"申报 {applications[at]} 只有 {listed[at]} 名无回避的评审人"
        en = f"application {applications[at]} has only {listed[at]} reviewers without conflict"
        if listed[at] >= k:
            zh += f"，来自 {lone[at] + groups[at]} 个单位（每单位至多 1 名）"
            en += f", of {lone[at] + groups[at]} organisations (at most one of each)"
        said.append(Text(zh=f"{zh}，需要 {k} 名", en=f"{en}, needs {k}"))
    said = _first(said)
    missing = [
        Text(
            zh=f"申报 {application} 要求专业“{speciality}”，其可选评审人中无人具备",
            en=f"application {application} requires the speciality '{speciality}', which none of "
            "its reviewers without conflict has",
        )
        for (application, speciality), pairs in zip(wants, call.wants, strict=True)
        if not len(pairs)
    ]
    can = np.bincount(call.reviewer, minlength=call.reviewers)
    idle = [
        Text(
            zh=f"评审人 {reviewers[at]} 只有 {can[at]} 份可评申报，最低负荷为 {least}",
            en=f"reviewer {reviewers[at]} may judge only {can[at]} applications, least load "
            f"{least}",
        )
        for at in np.flatnonzero(can < least).tolist()
    ]
    return [*said, *_first(missing), *_first(idle)]


def _whole(call: Call) -> list[Text]:
    said: list[Text] = []
    n, most, least = call.reviewers, call.most_load, call.least_load
    wanted = f"{call.applications} × {call.per_application}"
    if n * most < call.seats:
        sums = f"{n} × {most} = {n * most} < {wanted} = {call.seats}"
        said.append(
            Text(
                zh=f"负荷：评审人 {sums}；请提高 --max-load 或增加评审人",
                en=f"loads: reviewers {sums}; raise --max-load or add reviewers",
            )
        )
    if n * least > call.seats:
        sums = f"{n} × {least} = {n * least} > {wanted} = {call.seats}"
        said.append(
            Text(
                zh=f"最低负荷：评审人 {sums}；请降低 --min-load",
                en=f"least loads: reviewers {sums}; lower --min-load",
            )
        )
    return said


def _competing(call: Call, applications: Sequence[str], reviewers: Sequence[str]) -> list[Text]:
    short, seats = short_applications(call)
    if len(short):
        names, need = _names(applications, short.tolist()), len(short) * call.per_application
        return [
            Text(
                zh=f"申报 {names.zh} 合计需要 {need} 个席位，而可评它们的人合计至多承担 {seats} 个"
                f"（每人至多 {call.most_load} 份）",
                en=f"applications {names.en} need {need} seats together, but those who may judge "
                f"them can take {seats} at most ({call.most_load} each)",
            )
        ]
    idle, seats = short_reviewers(call)
    if len(idle):
        names, need = _names(reviewers, idle.tolist()), len(idle) * call.least_load
        return [
            Text(
                zh=f"评审人 {names.zh} 合计最低负荷为 {need}，而他们可评的申报合计只有 {seats} 个席位",
                en=f"reviewers {names.en} have a least load of {need} together, but the "
                f"applications that they may judge offer {seats} seats",
            )
        ]
    return []


def _names(names: Sequence[str], at: list[int]) -> Text:
    told = [names[i] for i in at[:TOLD]]
    more = len(at) - len(told)
    return Text(
        zh="、".join(told) + (f" 等 {len(at)} 个" if more else ""),
        en=", ".join(told) + (f" and {more} more" if more else ""),
    )


def _first(said: list[Text]) -> list[Text]:
    more = len(said) - TOLD
    if more <= 0:
        return said
    rest = Text(zh=f"同类情形另有 {more} 处", en=f"{more} more of the same kind")
    return [*said[:TOLD], rest]
