"""Write the demo city to a folder: register, sample, answers in three dialects, truth.

Decides which files there are and what they are called. What is in them is decided in
``taji.city.truth``, ``fieldwork`` and ``dialects``; the portrait is made by ``taji.desk``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

import polars as pl
import xlsxwriter

from taji.base.text import Text
from taji.catalogue.load import questionnaire
from taji.city.dialects import kobo, limesurvey, submitted, wenjuanxing
from taji.city.fieldwork import Round, survey_round
from taji.city.spec import load_city
from taji.city.truth import Truth, invent

__all__ = ["DemoFiles", "write_demo"]

#: Spreadsheet programs on Chinese Windows need the mark to read UTF-8.
MARKED = "utf-8-sig"

DESIGN = """\
# 抽样设计：随答卷各列而来。The design of the sample; the columns stand in the answers.
# 模拟数据，非真实企业。Simulated data, no real firms.
strata: stratum
weight: weight
population: stratum_size
totals: asked
"""

README = """\
{title_zh}：模拟数据
本文件夹中的企业、名称、信用代码和答案全部是虚构的，不代表任何真实企业，也不是任何真实调查的结果。
其用途是演示、教学和检验。请勿当作统计数据引用。

register.csv              企业名录，{firms} 家微型、小型、中型制造企业。营业收入单位：元；invented=1 表示虚构。
sample.csv, sample.json   抽出的 {drawn} 家企业，及可复验的抽样证书（taji sample --replay sample.json）。
answers-kobo.csv          收回的 {answered} 份答卷，KoboToolbox / ODK 导出格式。
answers-limesurvey.csv    同样的答卷，LimeSurvey 导出格式。
answers-wenjuanxing.xlsx  同样的答卷，问卷星导出格式。
design.yaml               抽样设计。stratum 层；stratum_size 层内企业总数；stratum_drawn 层内抽中数；
                          weight 层内企业数 ÷ 层内答卷数。
truth.parquet             全部企业的真实答案和数字化成熟度 maturity（标准差）；真实调查中没有这个文件。
行业组 industry_group：{groups_zh}。
本轮种子 {seed}；参数见城市包 {pack}，均为假设。

{title_en}: simulated data
Firms, names, credit codes and answers in this folder are all invented. They stand for no real firm
and are the result of no real survey. They serve demonstration, teaching and proof; do not quote
them as statistics.

register.csv              The register: {firms} micro, small and medium manufacturers. Revenue in yuan;
                          invented=1 marks what is invented.
sample.csv, sample.json   The {drawn} firms drawn, and the certificate that proves the draw
                          (taji sample --replay sample.json).
answers-kobo.csv          The {answered} answers received, as KoboToolbox / ODK exports them.
answers-limesurvey.csv    The same answers, as LimeSurvey exports them.
answers-wenjuanxing.xlsx  The same answers, as Wenjuanxing exports them.
design.yaml               The design of the sample: stratum; stratum_size, the firms of the stratum;
                          stratum_drawn, those drawn;
                          weight, the firms of the stratum divided by its answers.
truth.parquet             What is true of every firm, and its digital maturity (standard deviations).
                          A real survey has no such file.
industry_group: {groups_en}.
Seed of this round {seed}; the parameters stand in the city pack {pack}, all of them assumptions.
"""


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """What ``write_demo`` wrote, and how to portray it.

    Attributes
    ----------
    directory, register, sample, certificate, design, truth, readme : Path
    answers, answers_limesurvey, answers_wenjuanxing : Path
        The same answers in three dialects; ``answers`` is that of Kobo.
    questionnaire : str
        Id of the questionnaire that holds the findings.
    questionnaires, models : tuple of str
        Ids of all questionnaires answered, and of the models that the answers can be scored by.
    city : Text
        Name of the city, with the word that it is simulated.
    period : str
        Year that the answers speak of.
    """

    directory: Path
    register: Path
    sample: Path
    certificate: Path
    answers: Path
    answers_limesurvey: Path
    answers_wenjuanxing: Path
    design: Path
    truth: Path
    readme: Path
    questionnaire: str
    questionnaires: tuple[str, ...]
    models: tuple[str, ...]
    city: Text
    period: str


def write_demo(
    directory: str | Path, *, seed: int | None = None, city: str | Path = "zhuzhou_demo"
) -> DemoFiles:
    """Invent the city, survey it once and write all files.

    Parameters
    ----------
    directory : str or Path
        Folder to write to; made if it is not there. Files of these names are replaced.
    seed : int, optional
        Seed of the round; the default round, which gives the published percentages, if left out.
        Another seed surveys the same city again.
    city : str or Path
        Id or path of a city pack.

    Returns
    -------
    DemoFiles
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    truth = invent(load_city(city))
    held = survey_round(truth, seed=seed)
    files = _files(folder, truth)
    _write_csv(truth.register, files.register, MARKED)
    _write_csv(held.drawn.sample, files.sample, MARKED)
    certificate = held.drawn.certificate.model_copy(
        update={"register_file": files.register.name, "sample_file": files.sample.name}
    )
    _write_text(files.certificate, certificate.model_dump_json(indent=1) + "\n")
    _write_answers(truth, held, files)
    _write_text(files.design, DESIGN)
    _write_text(files.readme, _readme(truth, held))
    known = truth.answers.with_columns(maturity=pl.Series(truth.maturity), invented=pl.lit(1))
    known.write_parquet(files.truth)
    return files


def _files(folder: Path, truth: Truth) -> DemoFiles:
    city = truth.city
    return DemoFiles(
        directory=folder,
        register=folder / "register.csv",
        sample=folder / "sample.csv",
        certificate=folder / "sample.json",
        answers=folder / "answers-kobo.csv",
        answers_limesurvey=folder / "answers-limesurvey.csv",
        answers_wenjuanxing=folder / "answers-wenjuanxing.xlsx",
        design=folder / "design.yaml",
        truth=folder / "truth.parquet",
        readme=folder / "README.txt",
        questionnaire=city.questionnaires[0],
        questionnaires=city.questionnaires,
        models=city.models,
        city=city.title,
        period=city.period,
    )


def _write_answers(truth: Truth, held: Round, files: DemoFiles) -> None:
    plan = truth.city.round
    packs = [questionnaire(name) for name in truth.city.questionnaires]
    keys = held.answers["enterprise"].to_list()
    sent = submitted(keys, seed=held.seed, begins=plan.begins, days=plan.days)
    order = sorted(range(len(sent)), key=lambda row: (sent[row], keys[row]))
    answers, sent = held.answers[order], [sent[row] for row in order]
    _write_csv(kobo(answers, packs, sent), files.answers, "utf-8")
    _write_csv(limesurvey(answers, packs, sent), files.answers_limesurvey, MARKED)
    made = datetime.combine(plan.begins, time())
    _write_xlsx(wenjuanxing(answers, packs, sent), files.answers_wenjuanxing, made)


def _write_csv(table: pl.DataFrame, path: Path, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(table.columns)
        writer.writerows(table.iter_rows())


def _write_xlsx(table: pl.DataFrame, path: Path, made: datetime) -> None:
    """Write numbers as numbers, all else as text; the file's date is the round's, not the clock's."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": made, "comments": "模拟数据 simulated data"})
        sheet = book.add_worksheet("答卷")
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name)
            for row, cell in enumerate(table[name].to_list(), start=1):
                _cell_writer(cell, sheet)(row, column, _typed(cell))


def _cell_writer(cell: str, sheet: xlsxwriter.worksheet.Worksheet) -> Callable[..., object]:
    write: Callable[..., object] = (
        sheet.write_number if isinstance(_typed(cell), float) else sheet.write_string
    )
    return write


def _typed(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _readme(truth: Truth, held: Round) -> str:
    groups = truth.city.firms.groups
    return README.format(
        title_zh=truth.city.title.zh,
        title_en=truth.city.title.en,
        firms=truth.register.height,
        drawn=held.drawn.sample.height,
        answered=held.answers.height,
        groups_zh="；".join(f"{key} {name.zh}" for key, name in groups.items()),
        groups_en="; ".join(f"{key} - {name.en}" for key, name in groups.items()),
        seed=held.seed,
        pack=truth.city.key,
    )
