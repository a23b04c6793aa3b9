"""Pictures of nodes and lines: the neutral record, places, looks, and the writers that draw it."""
