"""The next item is made while the one before is used: a thread of its own, and never more than one item ahead."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items in the same order. What making one raises, is raised where it would have been used."""
    nothing = object()
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, items, nothing)
        while (item := following.result()) is not nothing:
            following = thread.submit(next, items, nothing)
            yield item  # type: ignore[misc]
