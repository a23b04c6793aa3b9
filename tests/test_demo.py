"""`make demo`: it ends well, and prints the figures published with the sample."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FIGURES = ("9,715 rows", "298 bases", "1,799", "finetune 648, adapter 233, quantized 670, merge 248", "1,368,390,199",
           "102 models have several bases", "0 cycles", "8,244,786", "0.603 %", "7,370,957", "101,472,768", "7.264 %",
           "3,977,790", "29,208,882", "13.618 %", "0.193 %", "0.180 %", "0.106 %", "0.056 %", "0.020 %", "0.019 %", "0.013 %",
           "0.010 %", "0.003 %", "0.001 %", "meta-llama/Meta-Llama-3.1-8B-Instruct")  # fmt: skip


def test_the_demo(tmp_path: Path) -> None:
    environment = {**os.environ, "LINEAGE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "demo.py")], env=environment, capture_output=True, text=True,
                          encoding="utf-8", timeout=300, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [f for f in FIGURES if f not in done.stdout] == []
    page = ROOT / ".demo" / "llama-3.1-8b.html"
    assert "5,990,072" in page.read_text(encoding="utf-8")
    # Each step says what it is and shows the command that made it.
    assert done.stdout.count("\n== ") == done.stdout.count("\n$ lineage ") >= 10
