"""The report: neutral sections, tables and charts, and a writer for each format."""
