"""The style sheet: contrast of every pair of colours that carries text, in light and dark, and nothing loaded."""

import re
import subprocess
import sys
from importlib.resources import files

import pytest

CSS = files("analyzer.reports").joinpath("templates/style.css").read_text(encoding="utf-8")
ON_PAGE = ("ink", "ink2", "ink3", "link", "abuse", "trope", "tech", "calm")
PAIRS = [(text, ground) for text in ON_PAGE for ground in ("bg", "surface", "sunk")]
PAIRS += [("ink", "abusebg"), ("ink", "tropebg"), ("ink", "techbg"), ("onink", "ink")]
PAIRS += [("abuse", "abusebg"), ("trope", "tropebg"), ("tech", "techbg")]


def tokens(rule: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", rule))


LIGHT = tokens(re.search(r"^:root\{.*$", CSS, re.MULTILINE)[0])
DARK = tokens(re.search(r"^@media \(prefers-color-scheme:dark\).*$", CSS, re.MULTILINE)[0])


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")])
@pytest.mark.parametrize(("text", "ground"), PAIRS, ids=[f"{text} on {ground}" for text, ground in PAIRS])
def test_text_can_be_read(scheme, text, ground):
    assert contrast(scheme[text], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")])
@pytest.mark.parametrize("ground", ["bg", "surface"])
def test_borders_of_controls_can_be_seen(scheme, ground):
    assert contrast(scheme["edge"], scheme[ground]) >= 3


@pytest.mark.parametrize("scheme", [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")])
def test_heat_is_an_order_of_contrast(scheme):
    steps = [contrast(scheme[f"h{step}"], scheme["bg"]) for step in range(5)]
    assert steps == sorted(steps)


def test_the_style_loads_nothing():
    assert not re.search(r"url\(|@import|@font-face|image-set|expression", CSS)
    assert "</" not in CSS


def test_the_door_of_the_reports_is_light():
    code = (
        "import sys, analyzer.reports; heavy = {'jinja2', 'torch', 'transformers', 'pandas', 'pyarrow', 'sklearn', 'lxml'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
