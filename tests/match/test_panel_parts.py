"""The parts that panels are made of: flows, exchanges, links, the lot, and reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taji.match import panel_search
from taji.match.panel import assign
from taji.match.panel_call import NONE, Call, shuffled, totals
from taji.match.panel_draw import UNIT, draw, parts
from taji.match.panel_flow import best_flow
from taji.match.panel_found import PanelError
from taji.match.panel_links import firmness, groups_of, join
from taji.match.panel_reasons import reasons
from taji.match.panel_swap import raise_low


def ample() -> float:
    return 600.0


def dense(applications: int, reviewers: int, *, seed: int, k: int = 3, most: int, **more) -> Call:
    rng = np.random.default_rng(seed)
    field_a = rng.dirichlet(np.full(8, 0.3), applications)
    field_r = rng.dirichlet(np.full(8, 0.3), reviewers)
    return Call(
        applications=applications,
        reviewers=reviewers,
        application=np.repeat(np.arange(applications), reviewers),
        reviewer=np.tile(np.arange(reviewers), applications),
        affinity=np.round(np.sqrt(field_a @ field_r.T).ravel(), 6),
        per_application=k,
        most_load=most,
        organisation=np.full(reviewers, NONE),
        **more,
    )


def keeps_rules(call: Call, chosen: np.ndarray) -> bool:
    load = np.bincount(call.reviewer, chosen, call.reviewers)
    group = call.groups()
    shared = np.bincount(group[group != NONE], chosen[group != NONE])
    return bool(
        (np.bincount(call.application, chosen, call.applications) == call.per_application).all()
        and (load <= call.most_load).all()
        and (load >= call.least_load).all()
        and (shared <= 1).all()
    )


def test_a_call_of_moderate_size_reaches_the_bound_of_its_least_total():
    call = dense(59, 40, seed=3, most=5)

    found = assign(call, mode="fair", seed=1, left=ample)

    assert len(call.application) > panel_search.PROVED
    assert keeps_rules(call, found.chosen)
    assert found.linked
    assert found.least >= found.least_bound - 1e-4
    assert found.sum >= found.sum_bound * (1 - 1e-3)


def test_a_large_call_comes_near_the_bound_by_flows_and_exchanges(monkeypatch):
    monkeypatch.setattr(panel_search, "PROVED", 0)
    monkeypatch.setattr(panel_search, "MODELLED", 0)
    call = dense(120, 60, seed=4, most=7)

    found = assign(call, mode="fair", seed=1, left=ample)

    assert keeps_rules(call, found.chosen)
    assert found.linked
    assert found.gap <= 0.02


def test_the_seed_decides_between_ties_and_the_same_seed_decides_alike():
    call = replace(dense(12, 12, seed=1, most=3), affinity=np.ones(144))

    first, again, other = (assign(call, mode="sum", seed=s, left=ample) for s in (1, 1, 2))

    assert (first.chosen == again.chosen).all()
    assert (first.chosen != other.chosen).any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.booleans())
def test_more_load_never_lowers_the_best_sum(seed: int, k: int, organised: bool):
    call = dense(9, 12, seed=seed, k=k, most=4)
    if organised:
        call = replace(call, organisation=np.arange(12) // 2)
    tight, wide = best_flow(call), best_flow(replace(call, most_load=5))

    assert tight is not None
    assert wide is not None
    assert keeps_rules(call, tight)
    assert call.affinity @ wide >= call.affinity @ tight - 1e-9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_a_call_in_another_order_of_names_is_the_same_call(seed: int):
    call = dense(6, 7, seed=seed, most=3)

    mixed, origin = shuffled(call, seed)

    assert sorted(origin.tolist()) == list(range(42))
    assert (mixed.affinity == call.affinity[origin]).all()
    assert (np.diff(mixed.application * 7 + mixed.reviewer) > 0).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_exchanges_raise_low_panels_and_keep_every_rule(seed: int):
    call = replace(dense(20, 14, seed=seed, most=5), organisation=np.arange(14) // 2)
    flow = best_flow(call)
    assert flow is not None
    before = totals(call, flow.astype(float))
    target = float(before.min()) + 0.2

    after = raise_low(call, flow, target, go_on=lambda: True)

    assert keeps_rules(call, after)
    now = totals(call, after.astype(float))
    assert now.min() >= before.min() - 1e-9
    assert now.min() > before.min() or (after == flow).all()


def test_groups_that_nothing_links_are_joined_without_breaking_a_load():
    block = np.kron(np.eye(4), np.ones((5, 4))) + 0.01
    call = replace(dense(20, 16, seed=1, k=2, most=3), affinity=block.ravel())
    apart = best_flow(call)
    assert apart is not None
    assert groups_of(call, apart.astype(bool))[:20].max() >= 3
    assert firmness(call, apart.astype(bool)) == pytest.approx(0, abs=1e-7)

    joined = join(call, apart, keep=0.0)

    assert groups_of(call, joined.astype(bool))[:20].max() == 0
    assert keeps_rules(call, joined)
    assert firmness(call, joined.astype(bool)) > 1e-6


def test_firmness_is_the_second_eigenvalue_of_the_whole_laplacian():
    call = dense(15, 12, seed=2, most=5)
    chosen = best_flow(call).astype(bool)
    tail, head = call.application[chosen], 15 + call.reviewer[chosen]
    graph = np.zeros((27, 27))
    graph[tail, head] = graph[head, tail] = 1
    graph = graph[graph.sum(1) > 0][:, graph.sum(0) > 0]
    root = 1 / np.sqrt(graph.sum(0))
    whole = np.eye(len(graph)) - root[:, None] * graph * root

    assert firmness(call, chosen) == pytest.approx(np.linalg.eigvalsh(whole)[1], abs=1e-6)


@pytest.mark.parametrize("organised", [False, True])
def test_a_draw_by_lot_keeps_every_rule_and_meets_its_probabilities(organised: bool):
    call = dense(8, 10, seed=5, k=3, most=3)
    if organised:
        call = replace(call, organisation=np.arange(10) // 2)
    probability = parts(call, cap=0.6)
    assert probability is not None
    assert probability.max() <= 0.6 * UNIT
    rng, times = np.random.default_rng(7), 4000

    drawn = [draw(call, probability, rng) for _ in range(times)]

    assert all(keeps_rules(call, one) for one in drawn[:200])
    share, p = np.mean(drawn, axis=0), probability / UNIT
    error = np.sqrt(p * (1 - p) / times)
    assert (np.abs(share - p) <= 4.5 * error + 1e-12).all()


@pytest.mark.parametrize("mode", ["fair", "sum"])
def test_panels_by_lot_respect_the_cap_and_are_linked(mode: str):
    call = dense(20, 15, seed=6, most=5)

    found = assign(call, mode=mode, seed=3, left=ample, cap=0.5)

    assert found.status == "drawn"
    assert found.linked
    assert keeps_rules(call, found.chosen)
    assert found.probability.max() <= 0.5
    assert found.probability[found.chosen > 0].min() > 0


def test_a_cap_that_leaves_too_few_seats_is_told():
    call = dense(4, 5, seed=1, k=3, most=4)

    with pytest.raises(PanelError) as caught:
        assign(call, mode="sum", seed=1, left=ample, cap=0.5)

    assert "--pair-cap" in caught.value.render("zh")


def test_one_reviewer_each_cannot_be_linked_unless_that_is_accepted():
    call = dense(6, 6, seed=1, k=1, most=1)

    with pytest.raises(PanelError) as caught:
        assign(call, mode="sum", seed=1, left=ample)
    accepted = assign(call, mode="sum", seed=1, left=ample, link=False)

    assert "--allow-unlinked" in caught.value.render("en")
    assert not accepted.linked


def test_ctrl_c_keeps_the_best_so_far_with_its_bound(monkeypatch):
    def interrupted(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(panel_search, "PROVED", 0)
    monkeypatch.setattr(panel_search, "raise_low", interrupted)
    call = dense(30, 20, seed=8, most=5)

    found = assign(call, mode="fair", seed=1, left=ample)

    assert found.stopped == "interrupt"
    assert keeps_rules(call, found.chosen)
    assert found.least < found.least_bound


def names(count: int, letter: str) -> list[str]:
    return [f"{letter}{i}" for i in range(count)]


def test_reasons_name_the_application_the_loads_and_the_group_that_competes():
    few = dense(3, 4, seed=1, k=3, most=4)
    kept = np.flatnonzero((few.application != 1) | (few.reviewer < 2))
    few = replace(
        few,
        application=few.application[kept],
        reviewer=few.reviewer[kept],
        affinity=few.affinity[kept],
    )
    loads = dense(177, 30, seed=1, k=3, most=4)
    kept = np.flatnonzero((few.application != 1) | (few.reviewer < 2))
    tight = dense(4, 6, seed=1, k=2, most=2)
    near = np.flatnonzero((tight.application == 3) | (tight.reviewer < 2))
    tight = replace(
        tight,
        application=tight.application[near],
        reviewer=tight.reviewer[near],
        affinity=tight.affinity[near],
    )

    said = [
        reasons(call, names(call.applications, "A"), names(call.reviewers, "R"))[0].en
        for call in (few, loads, tight)
    ]

    assert said[0] == "application A1 has only 2 reviewers without conflict, needs 3"
    assert "30 × 4 = 120 < 177 × 3" in said[1]
    assert "A0, A1, A2 need 6 seats together" in said[2]
    assert "take 4 at most" in said[2]
