"""Draw the firms to ask from a register file, and prove an earlier draw.

Decides which files are read and written and what is said about them. How firms are drawn is
``taji.survey.sampling``'s.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.desk.files import keep_inputs, read_register, write_table
from taji.store.manifest import fingerprint
from taji.survey.allocation import Allocation, allocate
from taji.survey.expected import expected_precision
from taji.survey.sampling import Certificate, draw, replay
from taji.survey.sampling_frame import sampling_frame, variances

__all__ = [
    "CertificateError",
    "Drawn",
    "Proof",
    "RegisterMissingError",
    "draw_sample",
    "plan_sample",
    "replay_sample",
]


class CertificateError(TajiError):
    """The file is not a certificate of a draw."""

    code = "desk.certificate"
    sentences = {
        "en": "{path} is not a certificate of a draw: {reason}. Give the .json that `taji sample` "
        "wrote beside the sample.",
        "zh": "{path} 不是抽样证书：{reason}。请给出 `taji sample` 写在样本旁边的 .json 文件。",
    }


class RegisterMissingError(TajiError):
    """The register that was drawn from is not where the certificate says."""

    code = "desk.register_missing"
    sentences = {
        "en": "The register is not at {path}, where the certificate says. Name it: "
        "`taji sample REGISTER --replay {certificate}`.",
        "zh": "证书所指的名录不在 {path}。请写明名录：`taji sample REGISTER --replay {certificate}`。",
    }


TOUCHED = Text(
    zh="名录文件在抽取之后有过改动（行序、写法或抽样不用的列）；企业标识、分层列和抽样所用的数都没有变。",
    en="The file of the register was changed after the draw (order, spelling or columns that a draw "
    "does not use); keys, strata and the numbers used are the same.",
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample on disk: where it and its certificate lie, and what to say."""

    sample: Path
    certificate: Path
    sentence: Text


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether an earlier draw is proved, and what to say."""

    same: bool
    sentence: Text


def draw_sample(
    register: Path,
    *,
    size: int,
    strata: tuple[str, ...],
    allocation: str,
    minimum: int,
    seed: int,
    out: Path,
) -> Drawn:
    """Draw a stratified sample and write it with its certificate.

    Parameters
    ----------
    register : Path
        Table of all firms.
    size, minimum : int
        Firms to draw, and the fewest from a stratum. [firms]
    strata : tuple of str
        Columns that make the strata.
    allocation : str
        ``proportional``, ``equal``, ``power:P`` or ``neyman:COLUMN``.
    seed : int
        Seed of the draw.
    out : Path
        The sample, .csv, .xlsx or .parquet; the certificate lies beside it with suffix .json.

    Returns
    -------
    Drawn
    """
    path = out.with_suffix(".json")
    keep_inputs([register], [out, path])
    drawn = draw(
        read_register(register),
        size=size,
        strata=strata,
        seed=seed,
        allocation=allocation,
        minimum=minimum,
    )
    write_table(drawn.sample, out)
    certificate = drawn.certificate.model_copy(
        update={
            "register_file_sha256": fingerprint(register, relative_to=out.parent).sha256,
            "register_file": Path(os.path.relpath(register, out.parent)).as_posix(),
            "sample_file": out.name,
        }
    )
    path.write_text(certificate.model_dump_json(indent=1) + "\n", encoding="utf-8")
    layers = len(certificate.allocated)
    return Drawn(
        out,
        path,
        Text(
            zh=f"从 {certificate.register_rows} 家企业、{layers} 个层中抽出 {size} 家："
            f"{out}。证书：{path}。复验：taji sample --replay {path}",
            en=f"Drew {size} of {certificate.register_rows} firms in {layers} strata: {out}. "
            f"Certificate: {path}. To prove it: taji sample --replay {path}",
        ),
    )


def plan_sample(
    register: pl.DataFrame,
    *,
    size: int,
    strata: tuple[str, ...],
    allocation: str,
    minimum: int,
) -> pl.DataFrame:
    """Say how a sample would be shared out and how precise it would be, without drawing it.

    Parameters
    ----------
    register : DataFrame
        All firms: the key, the columns of the strata, a Neyman column if one is named.
    size, minimum, strata, allocation
        As for ``draw_sample``.

    Returns
    -------
    DataFrame
        ``taji.survey.expected.EXPECTED``: the city first, then the strata; nothing received yet,
        so that ``half_width_full`` is what can be hoped for. [fraction]
    """
    rule = Allocation.parse(allocation)
    frame = sampling_frame(register, strata=strata, measure=rule.column)
    sizes = frame.sizes()
    counts = allocate(
        sizes,
        size=size,
        allocation=rule,
        minimum=minimum,
        variances=variances(frame) if rule.rule == "neyman" else None,
    )
    return expected_precision(
        pl.DataFrame(
            {
                "stratum": list(sizes),
                "population": list(sizes.values()),
                "drawn": [counts[stratum] for stratum in sizes],
                "received": [0] * len(sizes),
            }
        )
    )


def replay_sample(certificate: Path, register: Path | None = None) -> Proof:
    """Repeat the draw of a certificate and hold the sample beside it against it.

    Raises
    ------
    CertificateError, RegisterMissingError
        If the certificate cannot be read or its register is not to be found.
    """
    proof = _read_certificate(certificate)
    source = register or certificate.parent / proof.register_file
    if not source.is_file():
        raise RegisterMissingError(path=source, certificate=certificate)
    sample_path = certificate.parent / proof.sample_file
    sample = _sample(sample_path) if proof.sample_file and sample_path.is_file() else None
    again = replay(read_register(source), proof, sample=sample)
    told = again.detail
    if again.same and proof.register_file_sha256:
        now = fingerprint(source, relative_to=certificate.parent).sha256
        if now != proof.register_file_sha256:
            told = Text(zh=told.zh + TOUCHED.zh, en=f"{told.en} {TOUCHED.en}")
    return Proof(again.same, told)


def _read_certificate(path: Path) -> Certificate:
    try:
        return Certificate.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise CertificateError(path=path, reason=_fault(error)) from error


def _fault(error: Exception) -> Text:
    """Say what is wrong with a certificate: the first field that does not hold, if one is told."""
    where = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ()
    if not where:
        return Text(zh="内容不是证书的 JSON", en="it is no JSON of a certificate")
    field = ".".join(str(part) for part in where)
    return Text(zh=f"字段 {field} 缺失或有误", en=f"field {field} is missing or wrong")


def _sample(path: Path) -> pl.DataFrame:
    return read_register(path)
