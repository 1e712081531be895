"""``taji sample``: draw the firms to ask, or prove an earlier draw."""

from __future__ import annotations

from pathlib import Path

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import lang_option, quiet_option, say
from taji.desk.sampling import draw_sample, replay_sample

__all__ = ["build"]

HELP = Text(
    zh="从企业名录分层抽样，写出样本与可复验的抽样证书；或用 --replay 复验一次抽样。\n\n"
    "REGISTER 是企业名录（CSV、XLSX、Parquet、SAV）。",
    en="Draw a stratified sample from a register, with a certificate that proves the draw; or "
    "prove an earlier one with --replay.\n\nREGISTER is the table of all firms "
    "(CSV, XLSX, Parquet, SAV).",
)
OPTIONS = {
    "size": Text(zh="抽多少家。", en="How many firms to draw."),
    "strata": Text(zh="分层列，用逗号分隔。", en="Columns that make the strata, with commas."),
    "allocation": Text(
        zh="样本如何分到各层：proportional、equal、power:P、neyman:列名。",
        en="How the sample is shared out: proportional, equal, power:P or neyman:COLUMN.",
    ),
    "min": Text(zh="每层至少抽几家。", en="Least number of firms in every stratum."),
    "seed": Text(zh="随机种子；写入证书。", en="Seed of the draw; stands in the certificate."),
    "out": Text(
        zh="样本文件；证书写在旁边的 .json。",
        en="The sample; its certificate stands beside it, .json.",
    ),
    "replay": Text(
        zh="复验一份证书：名录未变时必抽出同样的企业。",
        en="Prove a certificate: from the same register the same firms are drawn.",
    ),
}
NEEDED = Text(
    zh="抽样需要 REGISTER、--size、--strata 和 --out；复验需要 --replay。",
    en="A draw needs REGISTER, --size, --strata and --out; a proof needs --replay.",
)


def build(language: Language) -> Command:
    """Build the command in ``language``."""
    path = click.Path(exists=True, dir_okay=False, path_type=Path)

    def run(
        register: Path | None,
        size: int | None,
        strata: str | None,
        allocation: str,
        min_: int,
        seed: int,
        out: Path | None,
        replay: Path | None,
        quiet: bool,
    ) -> int:
        if replay is not None:
            proof = replay_sample(replay, register)
            click.echo(proof.sentence[language], err=not proof.same)
            return 0 if proof.same else 1
        columns = tuple(part.strip() for part in (strata or "").split(",") if part.strip())
        if register is None or size is None or not columns or out is None:
            raise click.UsageError(NEEDED[language])
        drawn = draw_sample(
            register,
            size=size,
            strata=tuple(dict.fromkeys(columns)),
            allocation=allocation,
            minimum=min_,
            seed=seed,
            out=out,
        )
        say(drawn.sentence, quiet=quiet, language=language)
        return 0

    return Command(
        name="sample",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(["register"], required=False, type=path),
            click.Option(["--size"], type=click.IntRange(min=1), help=OPTIONS["size"][language]),
            click.Option(["--strata"], metavar="A,B", help=OPTIONS["strata"][language]),
            click.Option(
                ["--allocation"],
                default="proportional",
                show_default=True,
                help=OPTIONS["allocation"][language],
            ),
            click.Option(
                ["--min", "min_"],
                type=click.IntRange(min=0),
                default=2,
                show_default=True,
                help=OPTIONS["min"][language],
            ),
            click.Option(
                ["--seed"], type=int, default=1, show_default=True, help=OPTIONS["seed"][language]
            ),
            click.Option(["--out"], type=click.Path(path_type=Path), help=OPTIONS["out"][language]),
            click.Option(["--replay"], type=path, help=OPTIONS["replay"][language]),
            lang_option(language),
            quiet_option(language),
        ],
    )
