"""The file of scores made ready for placing."""

from __future__ import annotations

import polars as pl
import pytest

from taji.assess.cases import answer_frame
from taji.catalogue.load import cases_of, model, questionnaire
from taji.desk.diagnosing import program_of
from taji.desk.placing import PeersFileError, load_peers, peers_of, save_peers
from taji.engine.local import score_frame


@pytest.fixture(scope="module")
def ready():
    asked = questionnaire("sme2024")
    sheets = [answer_frame(asked, case.answers) for case in cases_of("sme2024")]
    answers = pl.concat(sheets * 3, how="diagonal").with_columns(
        enterprise=pl.format("F{}", pl.int_range(pl.len())), size=pl.lit("small")
    )
    scores = score_frame(answers, program_of("sme2024"))
    return peers_of(scores, answers, model("sme2024"), by=["size"])


def test_what_was_saved_places_firms_alike(ready, tmp_path):
    save_peers(ready, tmp_path / "peers.parquet")

    again = load_peers(tmp_path / "peers.parquet")

    assert again.model == "sme2024@1.0"
    assert again.place("F0") == ready.place("F0")
    assert again.place("F0").by == ("size",)


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "other.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)

    for other in (path, tmp_path / "absent.parquet"):
        with pytest.raises(PeersFileError) as caught:
            load_peers(other)
        assert caught.value.code == "desk.peers_file"
