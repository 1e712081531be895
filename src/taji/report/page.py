"""The portrait as one HTML file: opens without a network, prints, reads on a telephone.

Decides how blocks look as HTML (the template does). Which blocks there are
``taji.report.story`` decides.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from taji.base.text import Language
from taji.report.blocks import Figure, Story
from taji.report.content import PortraitContent
from taji.report.fonts import css_stack, family
from taji.report.phrases import Phrases
from taji.report.story import tell
from taji.report.tokens import COLOURS

__all__ = ["page", "story_page", "write_html"]

#: What the page declares as its language.
_TAGS: dict[Language, str] = {"zh": "zh-Hans", "en": "en"}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("taji.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["picture"] = _picture
    return environment


def page(content: PortraitContent, *, language: Language) -> str:
    """Return the portrait as the text of one HTML file."""
    font = family()
    story = tell(content, language=language, font=font)
    return story_page(story, language, font)


def story_page(story: Story, language: Language, font: str) -> str:
    """Return any story as the text of one HTML file."""
    template = _environment().get_template("portrait.html.j2")
    text = template.render(
        story=story,
        style_hash=_STYLE_HASH,
        phrase=Phrases(language),
        tag=_TAGS[language],
        colours=COLOURS,
        fonts=Markup(css_stack(font)),  # families of fonts on this machine  # nosec B704
        contents=[section for section in story.sections if section.level == 2],
    )
    return text.replace(_STYLE_HASH, _hash_of_style(text), 1)


#: Stands for the digest of the page's style until the style is written.
_STYLE_HASH = "STYLE-HASH"


def _hash_of_style(text: str) -> str:
    """Return the source that a policy admits the page's own style by, and no other."""
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _picture(figure: Figure, svg: str, variant: str) -> Markup:
    """Return an SVG as an image with a text, its inner ids its own, its font the page's."""
    name = f"{figure.id}-{variant}"
    body = re.sub(r'font-family="[^"]*" ', "", svg, count=1)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body)
    label = escape(figure.alt)
    return Markup(  # drawn by our own specification; its texts are escaped by the drawer  # nosec B704
        body.replace("<svg ", f'<svg role="img" aria-label="{label}" class="{variant}" ', 1)
    )


def write_html(content: PortraitContent, path: Path | str, *, language: Language) -> None:
    """Write ``portrait.html``: one self-contained file.

    Parameters
    ----------
    content : PortraitContent
        What the portrait says.
    path : Path or str
        File to write.
    language : {"zh", "en"}
        Language of the reader.

    Raises
    ------
    MissingFontError
        If no Chinese family is installed to draw the charts in.
    """
    Path(path).write_text(page(content, language=language), encoding="utf-8", newline="\n")
