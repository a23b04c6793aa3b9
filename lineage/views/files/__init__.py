"""Graphs for other programs: what each view gives, and a writer for each format."""
