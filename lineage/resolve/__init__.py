"""Resolving: claims become edges between ids."""
