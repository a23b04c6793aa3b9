"""What `make demo` shows: the sample built, asked, queried and drawn, command by command.

Each step says what it is, shows the command a person would type, and then what it prints.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("LINEAGE_HOME", HERE / ".demo" / "home"))
PAGE = HERE / ".demo" / "llama-3.1-8b.html"
MODEL = "meta-llama/Meta-Llama-3.1-8B"
TEN = ("lmstudio-community", "mlx-community", "TheBloke", "bartowski", "unsloth", "QuantFactory", "mradermacher",
       "MaziyarPanahi", "second-state", "RichardErkhov")  # fmt: skip
TREE_FIELDS = "tree,relation,licences,downloads,full"


def step(title: str, *arguments: str) -> None:
    """Say what comes, show the command, run it; a failure ends the demo with its exit code."""
    print(f"\n== {title}\n$ lineage {shlex.join(arguments)}", flush=True)
    environment = {**os.environ, "LINEAGE_HOME": str(HOME), "LINEAGE_FORMAT": "table"}
    done = subprocess.run([sys.executable, "-m", "lineage", *arguments], cwd=HERE, env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    step("Build: the 9,715 most-downloaded models of the Hub on 2024-09-20", "build", "sample", "--force")
    step("What the snapshot holds", "info")
    for frame, words in (("all", "all models"), ("text-generation", "models that write text"), ("gguf", "GGUF files")):
        step(f"Who re-packages, by six rules: {words}", "intermediaries", "--frame", frame)
    for frame in ("all", "text-generation", "gguf"):
        step(f"Ten re-packagers of 2024 together, in the frame {frame}", "intermediaries", "--rule", "R1", "--list",
             "ten-accounts-2024", "--frame", frame)  # fmt: skip
    step("The same ten, one by one, of all downloads", "shares", "--by", "publisher",
         *(word for account in TEN for word in ("--key", account)))  # fmt: skip
    step(f"What was made from {MODEL}", "tree", MODEL, "--width", "6", "--depth", "2", "--fields", TREE_FIELDS)
    step("One question in Cypher: who serves quantized versions of its Instruct model", "query", "servers",
         "-p", f"id={MODEL}-Instruct")  # fmt: skip
    step("The same family as a page for the browser", "view", "family", MODEL, "-o", str(PAGE))
    print(f"\nOpen {PAGE.relative_to(HERE)} in a browser. The snapshot lies in {HOME}: to ask it yourself,\n"
          f"  export LINEAGE_HOME={shlex.quote(str(HOME))}; . .venv/bin/activate; lineage --help")  # fmt: skip


if __name__ == "__main__":
    main()
