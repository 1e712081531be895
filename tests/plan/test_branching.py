"""Branch and bound, and what is left out before it."""

from __future__ import annotations

import math
import os
import signal
import threading

from ortools.sat.python import cp_model
from tests.plan import checker

from taji.plan.branching import branch, relax
from taji.plan.schedule import Schedule
from taji.plan.solving import Search
from taji.plan.thinning import thin


def knapsack(worth, weight, room) -> cp_model.CpModel:
    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in worth]
    model.add(cp_model.LinearExpr.weighted_sum(take, weight) <= room)
    model.maximize(cp_model.LinearExpr.weighted_sum(take, worth))
    return model


def test_value_and_bound_are_whole_numbers_and_the_relaxation_is_no_worse():
    model = knapsack([10, 13, 7, 8], [5, 7, 4, 5], 12)

    found, relaxed = branch(model, seconds=60, seed=1), relax(model)

    assert (found.status, found.value, found.bound) == ("optimal", 23, 23)
    assert found.values == (1, 1, 0, 0)
    assert relaxed.best >= 23


def test_what_has_no_solution_is_told_apart_from_what_was_not_found():
    model = cp_model.CpModel()
    x = model.new_bool_var("")
    model.add(2 * x >= 3)
    model.minimize(x)

    assert branch(model, seconds=60, seed=1).status == "infeasible"
    assert relax(model).best == math.inf


def test_a_row_is_kept_to_the_last_unit_however_large_it_is():
    """Three amounts pass a limit of ten billion by one: within the tolerance of any solver."""
    amounts = [3_333_333_334, 3_333_333_333, 3_333_333_334, 3_333_333_331]
    room = sum(amounts[:3]) - 1

    for seed in range(5):
        model = knapsack([1] * 4, amounts, room)
        bare = _Bare(model)
        found = Search(seconds=60, seed=seed).run(bare, most=bare.count())
        taken = sum(a for a, x in zip(amounts, found.steps, strict=True) if x)
        assert (found.status, found.value) == ("optimal", 3)
        assert taken <= room


class _Bare:
    """A model and nothing else; its plan is the solution itself."""

    def __init__(self, model: cp_model.CpModel) -> None:
        self.model = model

    def count(self):
        size = len(self.model.proto.variables)
        return sum(self.model.get_bool_var_from_proto_index(place) for place in range(size))

    def steps(self, values):
        return tuple(values)


def test_no_start_of_an_affordable_plan_is_left_out():
    closed = 0
    for seed in range(60):
        case = checker.small(seed)
        truth = checker.best(case)
        if truth is None or truth[0] == 0:
            continue
        most = truth[1]
        schedule = Schedule(case)
        schedule.reach(case.periods)

        assert thin(schedule, most=most), seed

        open_ = {key for key, x in schedule.x.items() if x.proto.domain[1]}
        closed += len(schedule.x) - len(open_)
        for plan in checker.every_plan(case):
            if checker.reached(case, plan) is not None and checker.cost(case, plan) <= most:
                assert checker.faults(case, plan) or set(plan) <= open_, seed
    assert closed > 100


def test_what_even_the_relaxation_cannot_afford_is_ruled_out():
    case = next(c for c in map(checker.small, range(100)) if (b := checker.best(c)) and b[1] > 0)
    schedule = Schedule(case)
    schedule.reach(case.periods)

    assert not thin(schedule, most=-1)


def test_ctrl_c_ends_a_search_with_the_best_so_far():
    worth = [(7919 * k) % 1009 + 1000 for k in range(400)]
    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in worth]
    for row in range(40):
        weight = [(104729 * (k + 1) * (row + 3)) % 997 + 900 for k in range(400)]
        model.add(cp_model.LinearExpr.weighted_sum(take, weight) <= 100_003 + row)
    model.maximize(cp_model.LinearExpr.weighted_sum(take, worth))
    pressed = threading.Timer(3.0, os.kill, (os.getpid(), signal.SIGINT))
    pressed.start()

    found = branch(model, seconds=600, seed=1)

    pressed.join()
    assert found.stopped
    assert found.status == "feasible"
    assert found.value < found.bound
