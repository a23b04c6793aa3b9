"""Run the command from a checkout: `python cli.py tree …`. Installed, it is `lineage`."""

from lineage.door import main

if __name__ == "__main__":
    main(prog_name="lineage")
