"""Answers: the rows for a question, computed from a snapshot's tables. No output, no stores."""
