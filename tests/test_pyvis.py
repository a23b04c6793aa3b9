"""The second writer: pyvis as it is, minus everything that makes its pages slow, unsafe and dependent."""

import json
import re
from pathlib import Path

import pytest

import lineage
from lineage.errors import RefusedError
from lineage.views.families.family import family_pyvis
from lineage.views.families.fold import fold
from lineage.views.families.tree import plant
from lineage.views.pictures import pyvis
from tests.families import HOSTILE, drawn, hostile, large, shuffled
from tests.test_page import Page


def data(text: str, name: str) -> list[dict]:
    """What the page gives vis as `nodes` or `edges`."""
    found = re.search(rf"{name} = new vis\.DataSet\((.*)\);", text)
    assert found is not None
    return json.loads(found[1])


def test_the_version_is_the_one_that_was_read():
    assert pyvis.version("pyvis") == pyvis.TESTED == "0.3.2"


def test_another_version_is_refused(monkeypatch):
    monkeypatch.setattr(pyvis, "version", lambda _: "0.4.0")
    with pytest.raises(RefusedError, match=r"pyvis 0\.4\.0 has not been checked"):
        family_pyvis(drawn())


def test_one_file_imports_pyvis():
    package = Path(lineage.__file__).parent
    importers = [
        path.name
        for path in package.rglob("*.py")
        if re.search(r"^\s*(from|import) pyvis\b", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert importers == ["pyvis.py"]


def test_the_same_bytes():
    assert family_pyvis(drawn()) == family_pyvis(shuffled(drawn(), 5))


@pytest.mark.parametrize("one", [drawn(), hostile(), large()], ids=["drawn", "hostile", "large"])
def test_no_address_no_event_no_menu(one):
    text = family_pyvis(one)
    assert text.startswith("<!doctype html>\n<html lang=")
    seen = Page(text)
    policy = seen.all("meta")[1]["content"] or ""
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for _, attributes in seen.elements:
        assert not {"src", "href", "style"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
    tags = {tag for tag, _ in seen.elements}
    assert not tags & {"link", "img", "iframe", "form", "select", "input", "object", "embed", "base", "center"}


def test_the_same_picture():
    family = drawn()
    text = family_pyvis(family)
    nodes, edges = data(text, "nodes"), data(text, "edges")
    tree = fold(plant(family)).tree
    assert [node["title"].split("\n")[0] for node in nodes] == tree.columns["id"]
    assert [node["id"] for node in nodes] == list(range(8))
    shapes = {node["title"].split("\n")[0]: node["shape"] for node in nodes}
    assert shapes["quanto/base-instruct-GGUF"] == "diamond"
    assert shapes["ann/mix"] == "dot"
    assert {(edge["from"], edge["to"]) for edge in edges if not edge["dashes"]} <= {
        (child, base) for child, base in enumerate(tree.parent)
    }
    assert len(edges) == 8  # seven to first bases, one to a further base of the merge
    assert "Drawn: all 8 models; nothing dropped." in text
    assert '"physics": {"enabled": false}' in text


def test_every_model_is_drawn_or_counted():
    text = family_pyvis(large())
    nodes = data(text, "nodes")
    counted = sum(
        int(re.search(r"\nModels: ([\d,]+)", node["title"])[1].replace(",", "")) if node["shape"] == "square" else 1
        for node in nodes
    )
    assert counted == 2300


def test_hover_texts_stay_text():
    nodes = data(family_pyvis(hostile()), "nodes")
    assert len(nodes) == len(HOSTILE)
    for node in nodes:
        written = node["title"] + node["label"]
        assert "href" not in written.lower()
        assert not set(written) & set("\u202e\u200b\u0007\x1b\u2028\u2029\ufeff\u00ad\u3164\U000e0041")
        assert all(isinstance(value, (str, int, float)) for value in node.values())
    assert pyvis.inert("an HREF and a href\u202e") == "an H·REF and a h·ref\ufffd"
