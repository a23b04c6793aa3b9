"""Stores: graph databases that hold a snapshot, and the one server that we start ourselves."""
