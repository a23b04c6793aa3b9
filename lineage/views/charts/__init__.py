"""Charts: neutral records in, SVG out; one file a kind, and what all share."""
