"""`python -m lineage`."""

from lineage.door import main

if __name__ == "__main__":
    main(prog_name="lineage")
