"""Reading: a raw record or card becomes typed columns and claims. Knows nothing of files or stores."""
