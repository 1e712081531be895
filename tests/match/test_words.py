"""Texts cut into words that can be compared, and the right provider found by them."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import pytest

from taji.catalogue.load import thesaurus
from taji.match.relevance import Relevance
from taji.match.words import Words


@pytest.fixture(scope="module")
def words():
    return Words({c.id: c.spellings for c in thesaurus("manufacturing").concepts})


def test_one_thing_is_one_word_whatever_it_is_called(words):
    spellings = ["MES", "ｍｅｓ", "制造执行系统", "製造執行系統", "Manufacturing Execution System"]

    assert [words.of(text) for text in spellings] == [["§mes"]] * 5


def test_an_abbreviation_inside_another_word_is_not_it(words):
    assert "§mes" not in words.of("the games and times of our firm")
    assert words.of("我们的MES系统")[0] == "§mes"


def test_cutting_leaves_no_file_behind(words):
    before = set(Path(tempfile.gettempdir()).iterdir())

    words.of("数控机床加工车间")

    assert not {p.name for p in set(Path(tempfile.gettempdir()).iterdir()) - before} & {
        "jieba.cache"
    }


#: Invented providers, and needs with the provider that a person would name first.
PROVIDERS = {
    "mes": "生产执行系统实施商，面向离散制造车间，工单、报工与看板",
    "vision": "Machine vision for ceramics and metal: surface defects, dimensions, appearance",
    "wms": "仓库管理系统与条码、立体仓库集成，出入库、盘点",
    "plm": "Product data management and drawing control for machine builders",
    "energy": "能耗监测与节能改造，电力、蒸汽、压缩空气计量",
    "maintenance": "设备状态监测与故障诊断，振动分析，齿轮箱剩余寿命预测",
    "robot": "焊接与搬运机器人工作站集成",
    "aps": "Planning and scheduling software for job shops, finite capacity",
    "security": "工控安全评估、等保测评、防火墙",
    "lean": "精益生产与数字化诊断咨询，培训",
}
ASKED = {
    "两个车间想看到每张工单的进度，准备上MES": "mes",
    "車間報工全靠紙，想要製造執行系統": "mes",
    "We want to follow work orders on the shop floor with a manufacturing execution system": "mes",
    "陶瓷绝缘子表面缺陷靠人眼检查，想用视觉检测": "vision",
    "Visual inspection of insulators": "vision",
    "庫存帳實不符，需要倉儲管理": "wms",
    "Our warehouse management is on paper": "wms",
    "图纸版本混乱，想管起来，做图纸管理": "plm",
    "能耗太高，想知道哪台设备用电多": "energy",
    "Energy monitoring of furnaces": "energy",
    "風機齒輪箱經常壞，想預測剩餘壽命": "maintenance",
    "Condition monitoring of pumps": "maintenance",
    "焊接招不到人，想用机器人": "robot",
    "排产靠老师傅，想自动排产": "aps",
    "Production scheduling takes two days": "aps",
    "客户要求过等保": "security",
    "Cybersecurity of our control systems": "security",
    "不知道从哪里开始，想先做数字化诊断": "lean",
}


def test_the_provider_that_a_person_would_name_comes_first(words):
    names = list(PROVIDERS)
    index = Relevance([words.of(text) for text in PROVIDERS.values()])

    found = {text: names[int(index.of(words.of(text)).argmax())] for text in ASKED}

    assert found == ASKED


def test_relevance_is_what_the_formula_says(words):
    documents = [["a", "b", "b"], ["a", "c"], ["d"]]
    index = Relevance(documents)

    # BM25 by hand for the word b: one of three documents, twice in one of length 3, mean 2
    rarity = math.log(1 + (3 - 1 + 0.5) / 1.5)
    weight = rarity * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))

    assert index.of(["b"])[0] == pytest.approx(weight / rarity)
    assert index.of(["b"])[1:].tolist() == [0, 0]
    assert index.of(["nobody has it"]).tolist() == [0, 0, 0]
