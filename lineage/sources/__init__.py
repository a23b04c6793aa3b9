"""Sources: where raw records come from. Each leaves a table `raw` of text columns in DuckDB."""
