"""Metrics: arrays in, arrays out. Nothing here knows an id, a file or a store."""
