"""Keep the scores of a round ready for placing single firms: one Parquet file a model.

Decides what the file holds and when one is refused. How a firm is placed is
``taji.compare.placing``'s.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from taji.base.errors import TajiError
from taji.catalogue.model import Model
from taji.compare.placing import PeerScores
from taji.desk.comparing import PEERS_MIN, ladder
from taji.desk.files import whole
from taji.survey.design import Design
from taji.survey.measures import wide_scores

__all__ = ["PeersFileError", "load_peers", "peers_of", "save_peers"]

#: Under this key the file's metadata holds everything that is not said row by row.
_KEY = "taji-peers"


class PeersFileError(TajiError):
    """A file holds no scores made ready for placing."""

    code = "desk.peers_file"
    sentences = {
        "en": "{path} holds no scores made ready for placing firms: {reason}. Make it anew from "
        "the scores of the round.",
        "zh": "{path} 中没有可用于定位企业的得分：{reason}。请从本轮得分重新生成。",
    }


def peers_of(
    scores: pl.DataFrame,
    answers: pl.DataFrame,
    model: Model,
    *,
    design: Design | None = None,
    by: Sequence[str] = (),
    confidence: float = 0.95,
) -> PeerScores:
    """Make the scores of a round ready under one model.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores, as ``taji assess`` gives them.
    answers : DataFrame
        ``enterprise``, the columns of ``by`` and those of the design; one row a firm.
    model : Model
        Whose total is compared.
    design : Design, optional
        How the firms were drawn; without one every firm stands for itself.
    by : sequence of str
        Columns that make peers, the closest two first.
    confidence : float
        [fraction]

    Raises
    ------
    PeerColumnError, TajiError
        If a column is missing, or the design does not fit the rows.
    """
    column = f"{model.id}:total"
    own = scores.filter(pl.col("model") == model.id, pl.col("node") == "total")
    # A firm with two sheets would be its own peer; each stands once.
    wide = wide_scores(own.unique("enterprise", keep="last", maintain_order=True))
    frame = answers.join(wide, on="enterprise", how="left", maintain_order="left")
    return PeerScores.of(
        frame,
        column,
        model=model.key,
        sample=(design or Design(lone_unit="adjust")).bind(frame),
        ladder=ladder(by),
        minimum=PEERS_MIN,
        confidence=confidence,
    )


def save_peers(peers: PeerScores, path: Path | str) -> None:
    """Write the file, whole or not at all."""
    with whole(Path(path)) as unfinished:
        told = json.dumps(peers.settings(), ensure_ascii=False)
        peers.table().write_parquet(unfinished, metadata={_KEY: told})


def load_peers(path: Path | str) -> PeerScores:
    """Read a file that ``save_peers`` wrote.

    Raises
    ------
    PeersFileError
        If it is no such file.
    """
    try:
        settings = json.loads(pl.read_parquet_metadata(path)[_KEY])
        table = pl.read_parquet(path)
        return PeerScores.of_table(table, **settings)
    except (OSError, KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise PeersFileError(path=str(path), reason=reason) from error
