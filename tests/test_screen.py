"""What is not seen is shown as such, by one list for terminals, files and pages; JSON keeps it and shows it as escapes."""

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lineage.screen import spelled, visible
from lineage.views.wording import clean, file_name

#: Invisible, although Unicode calls them letters, marks or symbols.
BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def test_each_sign_of_unicode_by_its_category():
    for code in range(0x110000):
        sign, kind = chr(code), unicodedata.category(chr(code))
        if kind != "Cn":  # to be given out by a later Unicode than this Python's
            hidden = kind in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs") or sign in BLANK
            assert (visible(sign) == "\ufffd") == (hidden or sign == "\ufffd"), hex(code)


@given(st.text())
def test_pages_and_terminals_say_the_same(text):
    assert clean(text) == visible(text)
    assert len(visible(text)) == len(text)


@given(st.recursive(st.text() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_is_the_same_value_and_obeyed_by_nobody(value):
    for indent in (None, 1):
        text = spelled(json.dumps(value, ensure_ascii=False, indent=indent))
        assert json.loads(text) == value
        assert visible(text.replace("\n", "")) == text.replace("\n", "") or "\ufffd" in text
        assert not [sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf", "Cs") and sign != "\n"]


@pytest.mark.parametrize(
    ("id", "name"),
    [("google/gemma-2b", "family-google--gemma-2b.html"), ("gpt2", "family-gpt2.html"),
     ("meta-llama/Llama-3.1-8B", "family-meta-llama--Llama-3.1-8B~ac8584.html"), ("a/\x1b[31m\0<b>", "family-a--__31m__b_~946207.html"),
     ("a/..\\..\\x", "family-a--.._.._x~c22545.html"), ("", "family-_~e3b0c4.html"),
     ("a/" + "é" * 999, f"family-a--{'_' * 147}~8dce77.html")],
)  # fmt: skip
def test_files_are_named_by_signs_that_files_may_have(id, name):
    assert file_name("family", id, "html") == name


@pytest.mark.parametrize(
    "id",
    ["../../x", "/etc/passwd", "..", "../..", "a/..", "", "   ", "a/", "\\\\host\\x", "C:\\x", "CON", "a/nul", "~", "-rf", ".",
     "a" * 9_999, "é" * 9_999, "a\x00b", "a\nb"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["family", "ancestors", "publisher", "report"])
def test_a_file_lies_here_whatever_it_is_about(kind, id, tmp_path):
    name = file_name(kind, id, "html")
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()
    assert name.startswith(f"{kind}-") and name.endswith(".html") and len(name) < 200
    (tmp_path / name).write_text("x")  # a name that the system takes


def folded(name: str) -> str:
    """What a name is to a disk that tells neither `A` from `a` nor composed letters from taken apart ones."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


@given(st.lists(st.text("aA-./_é\u0301e\u0130ıß~\n", max_size=8), unique=True, max_size=60))
@example(
    ["Org/Model", "org/model", "org--model", "org/-model", "org-/model", "org/model.", "org/model ", "o/é", "o/e\u0301"]
)
@example(
    [
        "a/x",
        "b/x",
        "A/x",
        "a/X",
        "a/x/",
        "a//x",
        " a/x",
        "a/x\n",
        "~",
        "",
        "_",
        "..",
        "../..",
        "a" * 149,
        "a" * 150,
        "a" * 151,
    ]
)
def test_two_ids_have_two_files_on_every_disk(ids):
    assert len({folded(file_name("family", id, "html")) for id in ids}) == len(ids)


def test_what_is_about_nothing_in_particular_is_named_after_its_kind():
    assert file_name("flows", None, "html") == "flows.html"


def test_remarks_are_shown_line_by_line(capsys):
    from lineage.commands.options import _note, progress

    _note("one\x1b[31m\ntwo\u202e")
    progress(False)("three\x9b")
    assert capsys.readouterr().err == "one\ufffd[31m\ntwo\ufffd\nthree\ufffd …\n"
