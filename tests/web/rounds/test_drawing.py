"""The sample of a round, its certificate, and the states of the round."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from taji.base.errors import TajiError
from taji.desk.sampling import replay_sample
from taji.web.audit.models import Entry
from taji.web.people.models import Organisation
from taji.web.rounds import drawing, stages
from taji.web.rounds.models import Case, Errand, Round
from taji.web.rounds.stages import NotReadyError, StageError
from taji.web.rounds.strata import stratum_label


def test_a_sample_is_drawn_with_stratum_size_and_weight(bureau):
    errand = bureau.draw()

    assert (errand.state, errand.counts) == (Errand.State.DONE, {"firms": 12, "strata": 4})
    assert bureau.round.allocated == [[d, 10, 3] for d in ("430202", "430203", "430204", "430211")]
    cases = Case.objects.filter(round=bureau.round).select_related("organisation")
    assert {(c.stratum_size, c.stratum_drawn, round(c.weight, 6)) for c in cases} == {
        (10, 3, 3.333333)
    }
    assert all(c.stratum == c.organisation.district for c in cases)


def test_the_draw_is_proved_from_the_files_that_were_kept(bureau):
    bureau.draw()
    its = bureau.round

    proof = drawing.replay(its, by=bureau.analyst)

    certificate = json.loads(Path(its.certificate_file.path).read_text())
    assert proof.same
    assert (certificate["seed"], certificate["register_rows"]) == (7, 40)
    assert Entry.objects.filter(action="round.replay").get().facts["same"] is True


def test_a_register_that_changes_later_does_not_touch_the_proof(bureau):
    bureau.draw()
    Organisation.objects.update(district="430202")

    assert drawing.replay(bureau.round, by=bureau.analyst).same


def test_a_sample_that_was_tampered_with_is_not_proved(bureau):
    bureau.draw()
    path = Path(bureau.round.sample_file.path)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")

    assert not replay_sample(Path(bureau.round.certificate_file.path)).same


def test_a_new_draw_takes_the_place_of_the_old_and_the_old_files_stay(bureau):
    bureau.draw()
    before = Path(bureau.round.certificate_file.path)
    first = set(Case.objects.filter(round=bureau.round).values_list("organisation_id", flat=True))

    bureau.draw(seed=8)

    second = set(Case.objects.filter(round=bureau.round).values_list("organisation_id", flat=True))
    assert len(second) == 12
    assert first != second
    assert before.is_file()
    assert before != Path(bureau.round.certificate_file.path)


def test_everybody_may_be_asked(bureau):
    bureau.draw(size=None, strata=[])

    cases = Case.objects.filter(round=bureau.round)
    assert set(cases.values_list("weight", flat=True)) == {1.0}
    assert cases.count() == 40


def test_the_population_can_be_narrowed(bureau):
    bureau.draw(
        size=6, population={"sizes": ["small", "medium"], "districts": ["430211"]}, strata=[]
    )

    cases = Case.objects.filter(round=bureau.round).select_related("organisation")
    assert {c.organisation.district for c in cases} == {"430211"}
    assert "micro" not in {c.organisation.size for c in cases}


def test_strata_may_be_columns_that_only_this_register_has(bureau):
    bureau.draw(strata=["园区"], size=10)

    assert {row[0] for row in bureau.round.allocated} == {"高新", "经开"}


def test_a_sample_that_cannot_be_is_refused_with_the_reason(bureau):
    errand = bureau.draw(size=41)

    assert errand.state == Errand.State.REFUSED
    assert "41" in errand.problem["zh"]
    assert bureau.round.drawn_at is None


def test_the_plan_says_what_each_stratum_gives_and_how_precise_it_can_be(bureau):
    plan = drawing.plan(
        {
            "size": 12,
            "strata": ["district"],
            "allocation": "proportional",
            "minimum": 2,
            "population": {},
        }
    )

    assert plan["drawn"].to_list() == [12, 3, 3, 3, 3]
    assert plan["population"].to_list() == [40, 10, 10, 10, 10]
    assert 0.2 < plan["half_width_full"][0] < 0.4


def test_a_draw_that_died_leaves_the_round_undrawn_and_can_run_again(bureau, monkeypatch):
    def dies(*args):
        raise RuntimeError

    monkeypatch.setattr(drawing, "_finish", dies)
    with pytest.raises(RuntimeError):
        bureau.draw()
    bureau.round.refresh_from_db()
    assert bureau.round.drawn_at is None
    errand = Errand.objects.get()
    monkeypatch.undo()

    bureau.again(errand)

    assert Case.objects.filter(round=bureau.round).count() == 12
    assert bureau.round.drawn_at is not None


def test_a_round_opens_only_with_a_sample_and_fixes_its_packs(bureau):
    with pytest.raises(NotReadyError):
        stages.open_round(bureau.round, by=bureau.analyst)

    bureau.opened()

    assert bureau.round.state == Round.State.OPEN
    assert bureau.round.packs == {"questionnaires/sme2024": "1.0", "models/sme2024": "1.0"}


def test_a_round_only_moves_forward(bureau):
    bureau.opened()
    with pytest.raises(StageError):
        stages.open_round(bureau.round, by=bureau.analyst)
    with pytest.raises(StageError):
        stages.change(bureau.round, {"questionnaire": "dmat"}, by=bureau.analyst)
    assert bureau.draw(seed=9).state == Errand.State.REFUSED
    assert Case.objects.filter(round=bureau.round).count() == 12

    stages.freeze(bureau.round, by=bureau.analyst)

    assert bureau.round.frozen_at is not None
    with pytest.raises(StageError):
        stages.freeze(bureau.round, by=bureau.analyst)
    assert Entry.objects.filter(action="round.freeze").get().facts["drawn"] == 12


def test_the_last_day_of_an_open_round_can_still_be_moved(bureau):
    bureau.opened()

    stages.change(bureau.round, {"closes_on": dt.date(2027, 6, 1)}, by=bureau.analyst)

    bureau.round.refresh_from_db()
    assert bureau.round.closes_on == dt.date(2027, 6, 1)


@pytest.mark.django_db
def test_strata_are_called_by_the_names_of_their_codes():
    assert stratum_label(["district", "size"], "430211|small").en == "Tianyuan District · Small"
    assert stratum_label(["district", "size"], "天元区|小型").en == "Tianyuan District · Small"
    assert stratum_label([], "all").zh == "全部企业"
    assert stratum_label(["园区"], r"高\|新").zh == r"高\|新"


def test_errors_of_a_round_are_said_in_both_languages():
    for kind in (StageError, NotReadyError):
        assert issubclass(kind, TajiError)
        assert set(kind.sentences) == {"zh", "en"}
