"""``make bench-truth``: do our intervals cover the truth as often as they say?

Draws many samples from the demo city, whose truth is known, estimates each as the portrait
does, and counts. Four settings: 65 and 300 firms that all answer, and a round with silence
and blanks that leaves about as many. Prints the tables and keeps them in
``docs/analyst/truth.md``.

    python -m benchmarks.truth [--draws 2000] [--workers 2]
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from taji.assess.compile import Program, compile_model
from taji.catalogue.load import model, questionnaire
from taji.city.fieldwork import survey_round
from taji.city.spec import load_city
from taji.city.truth import Truth, invent
from taji.engine.local import score_frame
from taji.survey.design import Design
from taji.survey.measures import Amount, Choice, Measure, Quotient
from taji.survey.sampling import draw
from taji.survey.tabulate import tabulate

FILE = Path(__file__).resolve().parents[1] / "docs" / "analyst" / "truth.md"
DESIGN = Design.from_mapping(
    {"strata": "stratum", "weight": "weight", "population": "stratum_size"}
)
INTERVALS = ("logit", "beta", "arcsine")
CONFIDENCE = 0.95
#: What the coverage of a 95 % interval should be, and the bias of a total at most. [issue]
WANTED = (0.93, 0.97)
BIAS_LIMIT = 0.2


@dataclass(frozen=True)
class Setting:
    """One way a survey goes: firms drawn, and whether all of them answer everything."""

    name: str
    zh: str
    en: str
    size: int
    all_answer: bool


SETTINGS = (
    Setting("full65", "抽 65 家，全部作答", "65 drawn, all answer", 65, True),
    Setting("full300", "抽 300 家，全部作答", "300 drawn, all answer", 300, True),
    Setting(
        "silent65",
        "抽 90 家，约 66 家作答，有漏答",
        "90 drawn, about 66 answer, with blanks",
        90,
        False,
    ),
    Setting(
        "silent300",
        "抽 430 家，约 300 家作答，有漏答",
        "430 drawn, about 300 answer, with blanks",
        430,
        False,
    ),
)


@dataclass(frozen=True)
class Figure:
    """A figure whose truth is known: what is measured, and what it is in the population."""

    name: str
    zh: str
    en: str
    statistic: str
    values: tuple[pl.Expr, ...]

    @property
    def measure(self) -> Measure:
        if self.statistic == "proportion":
            return Choice(self.name, ("yes",), self.values[0])
        if self.statistic == "ratio":
            return Quotient(self.name, *self.values)
        return Amount(self.name, self.values[0], (self.statistic,))  # type: ignore[arg-type]

    def true(self, population: pl.DataFrame) -> float:
        top, *bottom = (population.select(v.cast(pl.Float64)).to_series() for v in self.values)
        if bottom:
            return float(top.sum() / bottom[0].sum())
        if self.statistic == "proportion":
            return float(top.mean())
        return float(top.mean() if self.statistic == "mean" else top.sum())


def figures() -> tuple[Figure, ...]:
    """The findings of the portrait's first page, then means, ratios and totals."""
    found = []
    for finding in questionnaire("zhuzhou2021").findings:
        name = f"{finding.question}/{finding.option}"
        said = (
            pl.col(name)
            if finding.question == "links"
            else pl.col(finding.question) == finding.option
        )
        statement = finding.statement
        found.append(Figure(name, statement.zh, statement.en, "proportion", (said,)))
    plan, production = (pl.col("plan") == "yes").cast(pl.Float64), pl.col("links/production")
    return (
        *found,
        _mean("key_process_automation", "关键工序自动化率（%）", "key-process automation (%)"),
        _mean("networked_equipment", "设备联网率（%）", "networked equipment (%)"),
        _mean("q2", "设备数字化率（%）", "digital equipment (%)"),
        _mean("score", "2024 版指标得分（0-100）", "score on the 2024 indicators (0-100)"),
        _mean("headcount", "户均从业人员（人）", "headcount per firm (persons)"),
        Figure(
            "spend_ratio", "数字化投入占营收", "digital spending over revenue", "ratio",
            (pl.col("digital_spend"), pl.col("revenue")),
        ),
        Figure("plan_total", "有规划的企业数", "firms with a plan", "total", (plan,)),
        Figure(
            "production_total", "改造了生产环节的企业数", "firms that renewed production", "total",
            (production.cast(pl.Float64),),
        ),
        Figure("head_total", "从业人员总数", "persons employed", "total", (pl.col("headcount"),)),
        Figure("revenue_total", "营业收入总额", "revenue", "total", (pl.col("revenue"),)),
        Figure(
            "spend_total", "数字化投入总额", "digital spending", "total",
            (pl.col("digital_spend"),),
        ),
    )  # fmt: skip


def _mean(name: str, zh: str, en: str) -> Figure:
    return Figure(name, zh, en, "mean", (pl.col(name),))


@cache
def known() -> tuple[Truth, Program, pl.DataFrame]:
    """The city, the compiled model, and the population with every firm's true score."""
    truth = invent(load_city())
    program = compile_model(model("sme2024"), questionnaire("sme2024"))
    return truth, program, with_score(truth.answers, program)


def with_score(answers: pl.DataFrame, program: Program) -> pl.DataFrame:
    total = score_frame(answers, program).filter(pl.col("node") == "total")
    scores = total.select("enterprise", pl.col("score").cast(pl.Float64))
    return answers.join(scores, on="enterprise", maintain_order="left")


def answers_of(setting: Setting, seed: int) -> pl.DataFrame:
    truth, program, population = known()
    if not setting.all_answer:
        answers = survey_round(truth, seed=seed, size=setting.size).answers
        return with_score(answers, program)
    plan = truth.city.round
    sample = draw(
        truth.register,
        size=setting.size,
        strata=plan.strata,
        seed=seed,
        allocation=plan.allocation,
        minimum=plan.minimum,
    ).sample
    design = sample.select("enterprise", "stratum", "stratum_size", "weight")
    return design.join(population, on="enterprise", maintain_order="left")


def one(task: tuple[Setting, int]) -> pl.DataFrame:
    """Estimate all figures from one draw: one row a figure and interval."""
    setting, seed = task
    answers = answers_of(setting, seed)
    wanted = [figure.measure for figure in figures()]
    chosen = [m for m in wanted if isinstance(m, Choice)]
    tables = [
        tabulate(
            answers,
            wanted if interval == INTERVALS[0] else chosen,
            DESIGN,
            confidence=CONFIDENCE,
            interval=interval,
        ).with_columns(interval=pl.lit(interval))
        for interval in INTERVALS
    ]
    return pl.concat(tables).with_columns(setting=pl.lit(setting.name), seed=pl.lit(seed))


def run(draws: int, workers: int) -> pl.DataFrame:
    tasks = [(setting, seed) for setting in SETTINGS for seed in range(1, draws + 1)]
    # Polars keeps threads, which do not survive a fork.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        return pl.concat(pool.imap_unordered(one, tasks, chunksize=20))


def summary(rows: pl.DataFrame) -> pl.DataFrame:
    """Coverage, bias and honesty of the standard error, by setting, figure and interval."""
    population = known()[2]
    true = pl.DataFrame(
        [(f.name, place, f.true(population)) for place, f in enumerate(figures())],
        schema={"question": pl.String, "place": pl.Int64, "true": pl.Float64},
        orient="row",
    )
    inside = pl.col("true").is_between("ci_low", "ci_high")
    return (
        rows.join(true, on="question")
        .group_by("setting", "question", "place", "interval", "true")
        .agg(
            draws=pl.len(),
            n=pl.col("n").mean(),
            mean=pl.col("estimate").mean(),
            spread=pl.col("estimate").std(),
            se=pl.col("se").mean(),
            coverage=inside.mean(),
            low=(pl.col("true") < pl.col("ci_low")).mean(),
            high=(pl.col("true") > pl.col("ci_high")).mean(),
            width=(pl.col("ci_high") - pl.col("ci_low")).mean(),
        )
        .with_columns(bias=(pl.col("mean") - pl.col("true")) / pl.col("spread"))
        .sort("setting", "place", "interval")
    )


def written(table: pl.DataFrame) -> Iterator[str]:
    for setting in SETTINGS:
        yield f"### {setting.zh} · {setting.en}\n"
        yield (
            "| 指标 · figure | 真值 · truth | 平均 n · mean n | 偏差（标准误） · bias (SE) "
            "| 标准误比 · SE ratio | logit / t | beta | arcsine |"
        )
        yield "|---|---:|---:|---:|---:|---:|---:|---:|"
        for figure in figures():
            yield line(figure, table.filter(setting=setting.name, question=figure.name))
        yield ""
    yield from in_range(table)


def line(figure: Figure, rows: pl.DataFrame) -> str:
    first = rows.row(by_predicate=pl.col("interval") == INTERVALS[0], named=True)
    cover = {row["interval"]: row["coverage"] for row in rows.iter_rows(named=True)}
    cells = [mark(cover[i]) if i in cover else "" for i in INTERVALS]
    true = f"{100 * first['true']:.1f} %" if figure.statistic in ("proportion", "ratio") else (
        f"{first['true']:.4g}"
    )  # fmt: skip
    bias = f"{first['bias']:+.2f}"
    if figure.statistic == "total" and abs(first["bias"]) >= BIAS_LIMIT:
        bias = f"**{bias}**"
    kind = {
        "total": "总量 · total: ",
        "mean": "均值 · mean: ",
        "ratio": "比率 · ratio: ",
    }
    name = f"{kind.get(figure.statistic, '')}{figure.zh} · {figure.en}"
    ratio = first["se"] / first["spread"]
    return f"| {name} | {true} | {first['n']:.0f} | {bias} | {ratio:.2f} | {' | '.join(cells)} |"


def mark(coverage: float) -> str:
    text = f"{100 * coverage:.1f}"
    return text if WANTED[0] <= coverage <= WANTED[1] else f"**{text}**"


def in_range(table: pl.DataFrame) -> Iterator[str]:
    yield "### 小结 · Summary\n"
    yield (
        "各项发现（比例）的覆盖率 · coverage of the findings (proportions): "
        "平均；最低—最高；落在 93-97 % 的项数 · mean; least to most; figures within 93-97 %\n"
    )
    yield "| | " + " | ".join(INTERVALS) + " |"
    yield "|---|" + "---|" * len(INTERVALS)
    findings = [figure.name for figure in figures() if figure.statistic == "proportion"]
    for setting in SETTINGS:
        cells = []
        for interval in INTERVALS:
            found = table.filter(
                pl.col("question").is_in(findings), setting=setting.name, interval=interval
            )["coverage"].to_numpy()
            within = np.sum((found >= WANTED[0]) & (found <= WANTED[1]))
            cells.append(
                f"{100 * found.mean():.1f}; {100 * found.min():.1f}-{100 * found.max():.1f}; "
                f"{within}/{len(found)}"
            )
        yield f"| {setting.zh} · {setting.en} | {' | '.join(cells)} |"
    yield ""


HEAD = """\
# 真值检验 · Held against the truth

由 `make bench-truth` 写出。演示城市的全部企业和全部答案是已知的（虚构的）。从中抽样 {draws} 次，每次像画像那样
估计，再与真值相比。层：行业组 × 规模，按比例分配，每层至少 2 家。
覆盖率是 95 % 区间包含真值的次数所占的百分比；{draws} 次抽样下覆盖率自身的标准误是 {error:.2f} 个百分点，
因此相差 {twice:.1f} 个百分点以内可能只是偶然。粗体：不在 93-97 % 之内，或总量的偏差达到 0.2 个标准误。

Written by `make bench-truth`. Of the demo city every firm and every answer is known (invented). {draws}
samples were drawn from it, each estimated as the portrait does, and held against the truth. Strata are
industry group by size, allocation is proportional with at least 2 a stratum. Coverage is
the percentage of 95 % intervals that hold the truth; with {draws} draws its own standard error is {error:.2f}
points, so a difference within {twice:.1f} points may be chance. Bold: outside 93-97 %, or a total whose bias
reaches 0.2 standard errors.

偏差：估计的平均值减真值，以估计的标准差为单位。标准误比：所报标准误的平均值除以估计真正的标准差，1 为准确。
Bias: mean estimate less truth, in standard deviations of the estimate. SE ratio: mean of the standard errors
that were reported, over the true standard deviation of the estimates; 1 is honest.

比例用 logit、beta（Korn-Graubard）、arcsine 三种区间；均值、比率和总量用 t 区间，列在第一栏。
怎样读：金额的分布很偏，少数企业占大头，n 为 65 时 t 区间偏窄，n 为 300 时仍偏窄，引用金额总量时请说明。
总量按 `totals: asked` 计算，是被问到的全部企业的总量：漏答的企业按作答企业的均值计，不当作零。
无应答若与成熟度有关，任何权数都不能完全消除偏差。

Proportions have logit, beta (Korn-Graubard) and arcsine intervals; means, ratios and totals have t
intervals, in the first column. How to read it: money is very skewed, a few firms have most of it, so
its t intervals are too narrow with n = 65 and still with n = 300; say so when quoting them. A total
(`totals: asked`) is that of all firms that were asked: one that left the answer blank
has the mean of those that did not, never zero.
Where silence goes with maturity, no weight mends all of the bias.

"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=FILE)
    asked = parser.parse_args()
    table = summary(run(asked.draws, asked.workers))
    error = 100 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / asked.draws)
    head = HEAD.format(draws=asked.draws, error=error, twice=2 * error)
    text = head + "\n".join(written(table))
    print(text)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
