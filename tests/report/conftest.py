"""A portrait to render: random figures with a seed, real packs, awkward words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from taji.base.text import Text
from taji.catalogue.load import model, questionnaire
from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Finding, Option, Question, Questionnaire, Section
from taji.report.content import Domain, MethodFacts, PortraitContent, Segment

#: Published shares, so that the pictures look like a real round.
SHARES = {
    ("plan", "yes"): 0.09,
    ("links", "production"): 0.64,
    ("links", "design"): 0.24,
    ("links", "logistics"): 0.06,
    ("links", "sales"): 0.08,
    ("links", "service"): 0.05,
    ("specialists", "lacking"): 0.92,
    ("outside_help", "yes"): 0.94,
    ("rd_team", "yes"): 0.08,
}
INDUSTRIES = {
    "13": Text(zh="农副食品加工业", en="Processing of farm and sideline food"),
    "26": Text(zh="化学原料和化学制品制造业", en="Raw chemicals and chemical products"),
    "30": Text(zh="非金属矿物制品业", en="Non-metallic mineral products"),
    "32": Text(zh="有色金属冶炼和压延加工业", en="Smelting and rolling of non-ferrous metals"),
    "33": Text(zh="金属制品业", en="Metal products"),
    "34": Text(zh="通用设备制造业", en="General-purpose machinery"),
    "35": Text(zh="专用设备制造业", en="Special-purpose machinery"),
    "37": Text(
        zh="铁路、船舶、航空航天和其他运输设备制造业",
        en="Railway, ship, aerospace and other transport equipment",
    ),
    "38": Text(zh="电气机械和器材制造业", en="Electrical machinery and equipment"),
    "39": Text(
        zh="计算机、通信和其他电子设备制造业",
        en="Computers, communication and other electronic equipment",
    ),
    "40": Text(zh="仪器仪表制造业", en="Instruments and meters"),
    "19": Text(zh="皮革、毛皮、羽毛及其制品和制鞋业", en="Leather, fur, feathers and footwear"),
}
SIZES = {
    "micro": Text(zh="微型", en="Micro"),
    "small": Text(zh="小型", en="Small"),
    "medium": Text(zh="中型", en="Medium"),
}
DISTRICTS = {
    "430211": Text(zh="天元区", en="Tianyuan District"),
    "430202": Text(zh="荷塘区", en="Hetang District"),
    "430204": Text(zh="石峰区", en="Shifeng District"),
    "430203": Text(zh="芦淞区", en="Lusong District"),
    "430281": Text(zh="醴陵市", en="Liling City"),
    "430223": Text(zh="攸县", en="You County"),
}


class Round:
    """Draws figures that look like a round of ``n`` firms."""

    def __init__(self, n: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.n = n
        self.rows: list[dict[str, object]] = []

    def groups(self, domain: Domain) -> dict[str, int]:
        weights = self.rng.dirichlet(np.full(len(domain.groups), 1.2))
        return dict(zip(domain.groups, self.rng.multinomial(self.n, weights).tolist(), strict=True))

    def share(self, question: str, option: str, p: float, n: int, base: int, **key: str) -> None:
        estimate = float(self.rng.binomial(n, p) / n) if n and key else p
        half = 1.96 * np.sqrt(estimate * (1 - estimate) / max(n, 1)) + 1.0 / max(n, 1)
        self._add(question, option, "proportion", estimate, half, n, base, 1.0, **key)

    def mean(
        self, question: str, value: float, spread: float, n: int, most: float, **key: str
    ) -> None:
        wobble = float(self.rng.normal(0, spread / np.sqrt(max(n, 1)))) if key else 0.0
        estimate = float(np.clip(value + wobble, 0, most))
        half = 1.96 * spread / np.sqrt(max(n, 1))
        self._add(question, None, "mean", estimate, half, n, n, most, **key)

    def _add(
        self,
        question: str,
        option: str | None,
        statistic: str,
        estimate: float,
        half: float,
        n: int,
        base: int,
        most: float,
        *,
        by: str | None = None,
        group: str | None = None,
    ) -> None:
        if n == 0:
            return
        withheld = n < 3
        row = {
            "question": question,
            "option": option,
            "statistic": statistic,
            "by": by,
            "group": group,
            "estimate": estimate,
            "se": half / 1.96,
            "ci_low": max(0.0, estimate - half),
            "ci_high": min(most, estimate + half),
            "confidence": 0.95,
            "n": n,
            "base": base,
            "deff": 1.1,
        }
        if withheld:
            row |= dict.fromkeys(("estimate", "se", "ci_low", "ci_high", "n", "base", "deff"))
        self.rows.append(row | {"suppressed": withheld})

    def frame(self) -> pl.DataFrame:
        numbers = ("estimate", "se", "ci_low", "ci_high", "confidence", "deff")
        schema = {
            name: pl.Float64
            if name in numbers
            else pl.Int64
            if name in ("n", "base")
            else pl.Boolean
            if name == "suppressed"
            else pl.String
            for name in self.rows[0]
        }
        return pl.DataFrame(self.rows, schema=schema)


def _questions(draw: Round, asked: Questionnaire, domains: tuple[Domain, ...]) -> None:
    sizes = {domain.by: draw.groups(domain) for domain in domains}
    for item in asked.items.values():
        base = draw.n
        n = int(draw.n - draw.rng.integers(0, 4))
        if item.kind in ("single", "multi"):
            even = draw.rng.dirichlet(np.ones(len(item.option_ids)))
            for option, chance in zip(item.option_ids, even, strict=True):
                p = SHARES.get((item.id, option), float(chance))
                draw.share(item.id, option, p, n, base)
                for by, groups in sizes.items():
                    for group, size in groups.items():
                        if by != item.id:
                            draw.share(item.id, option, p, size, size, by=by, group=group)
        elif item.kind in ("share", "number", "money", "scale"):
            value = {"money": 3.2e7, "share": 0.42, "number": 118.0, "scale": 3.0}[item.kind]
            most = {"money": 1e12, "share": 1.0, "number": 1e6, "scale": 5.0}[item.kind]
            draw.mean(item.id, value, value * 0.9, n, most)
            for by, groups in sizes.items():
                for group, size in groups.items():
                    draw.mean(item.id, value, value * 0.9, size, most, by=by, group=group)


def _models(draw: Round, models: tuple[Model, ...], domains: tuple[Domain, ...]) -> None:
    sizes = {domain.by: draw.groups(domain) for domain in domains}
    for one in models:
        for node in one.shown:
            most = float(node.max)
            value = most * float(draw.rng.uniform(0.15, 0.75))
            draw.mean(f"{one.id}:{node.id}", value, most * 0.2, draw.n, most)
            for by, groups in sizes.items():
                for group, size in groups.items():
                    draw.mean(
                        f"{one.id}:{node.id}", value, most * 0.2, size, most, by=by, group=group
                    )
        chances = draw.rng.dirichlet(np.linspace(3, 0.5, len(one.levels)))
        for level, p in zip(one.levels, chances, strict=True):
            draw.share(f"{one.id}:total", level.id, float(p), draw.n, draw.n)


def _peers(draw: Round, models: tuple[Model, ...], domains: tuple[Domain, ...]) -> pl.DataFrame:
    rows = []
    for one in models:
        most = float(one.by_id["total"].max)
        for domain in domains[:2]:
            for group in list(domain.groups)[:6]:
                q = np.sort(draw.rng.uniform(0.1, 0.8, 5)) * most
                rows.append(
                    {
                        "model": one.id,
                        "node": "total",
                        "by": domain.by,
                        "group": group,
                        "n": int(draw.rng.integers(5, 25)),
                        **dict(zip(("p10", "p25", "median", "p75", "p90"), q, strict=True)),
                        "median_low": (q[1] + q[2]) / 2,
                        "median_high": (q[2] + q[3]) / 2,
                    }
                )
    return pl.DataFrame(rows)


def _benchmarks() -> pl.DataFrame:
    rows = [
        ("中型企业使用云服务", "Medium firms that use cloud services", 0.42, 0.30, 0.55, 61, 0.53),
        ("使用企业资源计划系统", "Firms with an ERP system", 0.31, 0.21, 0.43, 64, 0.29),
        ("使用人工智能", "Firms that use artificial intelligence", 0.03, 0.01, 0.11, 65, 0.135),
    ]
    return pl.DataFrame(
        [
            {
                "benchmark": "eu_digital_intensity",
                "indicator_zh": zh,
                "indicator_en": en,
                "ours": ours,
                "ci_low": low,
                "ci_high": high,
                "n": n,
                "theirs": theirs,
                "unit": "fraction",
                "year": 2024,
                "source": "Eurostat isoc_e_dii",
                "confidence": "one_source",
                "comparable_zh": "口径相近：欧盟为10人及以上企业",
                "comparable_en": "similar: the EU counts firms with 10 or more persons",
            }
            for zh, en, ours, low, high, n, theirs in rows
        ]
    )


SEGMENTS = (
    Segment(
        title=Text(zh="单点改造、缺少规划", en="Single steps without a plan"),
        n=38,
        share=0.58,
        stability=0.86,
        marks=(
            (Text(zh="对生产环节做了改造", en="have renewed production"), 0.92, 0.25),
            (Text(zh="制定了中长期数字化规划", en="have a digital plan"), 0.02, 0.19),
        ),
    ),
    Segment(
        title=Text(zh="尚未起步", en="Not yet begun"),
        n=27,
        share=0.42,
        stability=0.81,
        marks=((Text(zh="都还没有改造", en="have renewed nothing"), 0.74, 0.0),),
    ),
)


def make_content(
    *,
    n: int = 65,
    seed: int = 2021,
    models: tuple[str, ...] = ("sme2024",),
    asked: Questionnaire | None = None,
    segments: tuple[Segment, ...] = (),
    simulated: bool = True,
) -> PortraitContent:
    """Return a portrait of ``n`` firms."""
    asked = asked or questionnaire("zhuzhou2021")
    used = tuple(model(name) for name in models)
    domains = (
        Domain(by="industry", title=Text(zh="行业", en="industry"), groups=INDUSTRIES),
        Domain(by="size", title=Text(zh="规模", en="size"), groups=SIZES),
        Domain(by="district", title=Text(zh="县市区", en="district"), groups=DISTRICTS),
    )
    draw = Round(n, seed)
    _questions(draw, asked, domains)
    _models(draw, used, domains)
    frame = draw.frame()
    withheld = int(frame.get_column("suppressed").sum())
    return PortraitContent(
        city=Text(zh="株洲市", en="Zhuzhou"),
        period="2021",
        simulated=simulated,
        questionnaire=asked,
        models=used,
        domains=domains,
        estimates=frame,
        peers=_peers(draw, used, domains),
        benchmarks=_benchmarks(),
        segments=segments,
        segments_note=None
        if segments
        else Text(zh="没有发现稳定的企业类型。", en="No stable kinds of firms were found."),
        method=MethodFacts(
            population=3012,
            drawn=80,
            answered=n,
            refused=2,
            strata=12,
            degrees_of_freedom=n - 12,
            confidence=0.95,
            interval="logit",
            design={"strata": "industry", "weight": "weight", "population": "stratum_size"},
            calibration="raking",
            lone_unit="adjust",
            suppressed=withheld,
            published=frame.height - withheld,
        ),
        provenance={
            "version": "0.1.0",
            "command": "taji portrait answers.csv --questionnaire zhuzhou2021 --model sme2024",
            "seed": "2021",
            "answers.csv": "sha256:" + "ab12" * 16,
            "packs": "zhuzhou2021@1.0, sme2024@1.0",
        },
    )


def hostile_questionnaire() -> Questionnaire:
    """Labels that would be markup, formulas or Typst code if anybody let them."""
    words = Text(
        zh="<script>alert(1)</script> & “引号” #set page(fill: red) $x$ *粗* =1+1",
        en="<script>alert(1)</script> & 'quotes' #set page(fill: red) $x$ *bold* =1+1",
    )
    option = Text(zh='=HYPERLINK("http://x","点")', en='=HYPERLINK("http://x","here")')
    return Questionnaire(
        id="hostile",
        version="1.0",
        title=words,
        source=("=1+1",),
        confidence="house",
        sections=(
            Section(
                id="one",
                title=words,
                questions=(
                    Question(
                        id="plan",
                        kind="multi",
                        label=words,
                        options=(
                            Option(id="a", label=option),
                            Option(id="b", label=Text(zh="+1 & <b>", en="+1 & <b>")),
                            Option(id="c", label=Text(zh="@cmd", en="@cmd")),
                        ),
                    ),
                ),
            ),
        ),
        findings=(
            Finding(question="plan", option="a", statement=words),
            Finding(question="plan", option="b", statement=option),
        ),
    )


@pytest.fixture(scope="session")
def content() -> PortraitContent:
    """The usual portrait: 65 firms, one model."""
    return make_content()


@pytest.fixture(scope="session")
def hostile() -> PortraitContent:
    """A portrait whose labels try to be markup."""
    plain = make_content(models=(), asked=hostile_questionnaire())
    return replace(plain, city=Text(zh="<i>株洲</i>", en="<i>Zhuzhou</i>"))


@pytest.fixture(scope="session")
def make() -> Callable[..., PortraitContent]:
    """The maker itself, for a portrait of another shape."""
    return make_content
