"""The portrait as one HTML file."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from taji.report.page import page, write_html

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
#: A browser that opens one file needs no sandbox of its own, no graphics, no network.
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


class Outline(HTMLParser):
    """Elements in order, with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module", params=["zh", "en"])
def html(request, content):
    return page(content, language=request.param)


def test_the_page_asks_nothing_of_the_network_and_runs_no_script(html):
    outline = Outline(html)

    assert outline.all("script") == []
    assert outline.all("link") == []
    assert not re.search(r"url\((?!#)", html)
    addresses = [a.get("src") or a.get("href") for _, a in outline.elements]
    assert all(address.startswith("#") for address in addresses if address)


def test_the_page_is_small_enough_to_send(html):
    assert len(html.encode()) < 1_500_000


def test_headings_go_down_one_step_at_a_time(html):
    levels = [int(tag[1]) for tag, _ in Outline(html).elements if re.fullmatch(r"h[1-6]", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(b - a for a, b in pairwise(levels)) == 1


def test_ids_are_unique_and_every_reference_is_met(html):
    outline = Outline(html)
    ids = [a["id"] for _, a in outline.elements if "id" in a]
    referred = [a["aria-labelledby"] for _, a in outline.elements if "aria-labelledby" in a]
    referred += re.findall(r"url\(#([^)]+)\)", html)
    referred += [a["href"][1:] for a in outline.all("a")]

    assert len(ids) == len(set(ids))
    assert set(referred) <= set(ids)


def test_every_picture_has_a_text_and_every_region_can_be_reached(html):
    outline = Outline(html)
    regions = [a for _, a in outline.elements if a.get("role") == "region"]

    assert len(outline.all("svg")) > 10
    assert all(a["role"] == "img" and len(a["aria-label"]) > 20 for a in outline.all("svg"))
    assert regions
    assert all(a["tabindex"] == "0" for a in regions)
    assert all("aria-label" in a or "aria-labelledby" in a for a in regions)


def test_every_table_has_a_caption_and_scopes(html):
    outline = Outline(html)

    assert len(outline.all("caption")) == len(outline.all("table")) > 20
    assert all(a.get("scope") in ("col", "row") for a in outline.all("th"))


def test_withheld_cells_are_shown_as_withheld_and_never_blank(content):
    html = page(content, language="zh")

    assert html.count(">不予公布</td>") > 10
    assert "<td></td>" not in html
    assert not re.search(r"<td[^>]*></td>", html)


def test_a_simulated_portrait_says_so_and_a_real_one_does_not(content):
    words = "模拟数据"

    assert words in page(content, language="zh")
    assert 'class="banner"' in page(content, language="zh")
    assert words not in page(replace(content, simulated=False), language="zh")


def test_hostile_labels_stay_text(hostile):
    html = page(hostile, language="zh")

    assert "<script>" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_same_content_is_the_same_bytes(content, tmp_path):
    first, second = tmp_path / "1.html", tmp_path / "2.html"

    write_html(content, first, language="zh")
    write_html(replace(content), second, language="zh")

    assert first.read_bytes() == second.read_bytes()


def test_what_is_to_be_checked_against_the_standard_is_said(content):
    assert "待对照标准原文核实：等级规则" in page(content, language="zh")


def test_a_portrait_without_models_findings_or_segments_is_still_a_page(make):
    bare = make(models=())
    empty = replace(bare, domains=(), benchmarks=bare.benchmarks.clear(), peers=bare.peers.clear())

    assert "没有可对照的基准" in page(empty, language="zh")


@pytest.fixture(scope="module")
def browser():
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module", params=["zh", "en"])
def file(request, content, tmp_path_factory):
    """Every kind of block, but few tables: axe looks at each cell of each."""
    asked = content.estimates["question"].is_in(["plan", "links", "rd_team", "revenue"])
    scored = content.estimates["question"].str.contains(r":(total|q\d)$")
    few = replace(content, estimates=content.estimates.filter(asked | scored))
    path = tmp_path_factory.mktemp("page") / "portrait.html"
    write_html(few, path, language=request.param)
    return path


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_violation(browser, file, width):
    from axe_playwright_python.sync_playwright import Axe

    tab = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
    tab.goto(file.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    results = Axe().run(tab)
    tab.close()

    found = [
        (v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in results.response["violations"]
    ]
    assert found == []


@pytest.mark.browser
def test_the_page_does_not_scroll_sideways_on_a_telephone(browser, file):
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(file.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    width = tab.evaluate("document.documentElement.scrollWidth")
    tab.close()

    assert width <= 390


@pytest.mark.browser
def test_opening_the_page_requests_nothing_else(browser, file):
    tab = browser.new_page()
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(file.as_uri())
    tab.wait_for_load_state("networkidle")
    tab.close()

    assert asked == [file.as_uri()]


def test_the_page_admits_its_own_style_by_its_digest_and_nothing_else(html):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert policy is not None
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}'" in policy[1]
    assert "unsafe-inline" not in policy[1]
    assert not re.search(r"<[^>]*\sstyle=", html)
