"""Tab in a person's shell: what could stand where the cursor is, found without click and pyarrow."""
