"""What looks at pages sees what is bad in one: each fault alone is found."""

from pathlib import Path

import pytest

from lineage.views.page import policy
from tests.browser import Browser
from tests.looking import built_well, read

SCRIPT = (
    "document.querySelector('input').oninput = (e) => { document.querySelector('p').textContent = e.target.value; };"
)
GOOD = (
    f'<!doctype html><html lang="en"><meta http-equiv="Content-Security-Policy" content="{policy([SCRIPT], [])}"><title>t</title>'
    '<input type="search" aria-label="s"><p>x</p><a href="https://huggingface.co/a/b" rel="noopener noreferrer">y</a>'
    f"<script>{SCRIPT}</script></html>"
)


def test_a_good_page_is_quiet(browser: Browser, tmp_path: Path):
    path = tmp_path / "good.html"
    path.write_text(GOOD, "utf-8")
    assert built_well(GOOD) == []
    assert read(browser, path, ["<img src=x onerror=top.hit(9)>"]) == []


@pytest.mark.parametrize(
    ("change", "into", "said"),
    [
        ("default-src 'none'; ", "", "after the attack: http://127.0.0.1:1/new.png"),
        ("textContent", "innerHTML", "complained"),
        ("<p>x", '<p onmouseover="top.hit(8)">x', "complained"),
        ('href="https://huggingface.co/a/b"', 'href="https://example.org/a"', "led to https://example.org/a"),
        ("<p>x", '<p>x<img src="x.png">', "complained"),
    ],
)
def test_each_fault_is_seen_by_the_browser(browser: Browser, tmp_path: Path, change: str, into: str, said: str):
    page = GOOD.replace(change, into)
    if change == "textContent":  # the policy has the script's hash
        page = page.replace(policy([SCRIPT], []), policy([SCRIPT.replace(change, into)], []))
    assert page != GOOD
    path = tmp_path / "bad.html"
    path.write_text(page, "utf-8")
    assert any(each.startswith(said) for each in read(browser, path, ["<img src=x onerror=top.hit(9)>"]))


def test_without_a_policy_all_of_the_attack_succeeds(browser: Browser, tmp_path: Path):
    path = tmp_path / "open.html"
    path.write_text(GOOD.replace("http-equiv", "name"), "utf-8")
    found = read(browser, path, [])
    for trace in (
        "hit 1",
        "hit 2",
        "hit 3",
        "hit 4",
        "hit 5",
        "hit 6",
        "hit 7",
        "x.js",
        "style.png",
        "x.css",
        "new.png",
        "sheet.png",
    ):
        assert any(trace in each for each in found), trace


@pytest.mark.parametrize(
    ("change", "into", "said"),
    [
        ("<p>", "<p onclick=x()>", "<p onclick>"),
        ("<p>", "<p style=color:red>", "<p style>"),
        ("<p>", "<p><img src=x>", "<img>"),
        ("https://huggingface.co/a/b", "https://huggingface.co.example.org/a", "<a href="),
        ('rel="noopener noreferrer"', "", "without rel"),
        ("default-src", "img-src", "no policy"),
    ],
)
def test_each_fault_is_seen_in_the_markup(change: str, into: str, said: str):
    assert [each for each in built_well(GOOD.replace(change, into)) if said in each]
