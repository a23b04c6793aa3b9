"""A local Hub to test against: a real HTTP server that plays the Hugging Face Hub over any table.

    with Hub(table) as hub:
        ...  # hub.url, hub.requests, hub.fail("503"), hub.early

By hand: `python -m tests.hub --table FILE`.
"""

from tests.hub.answers import Request
from tests.hub.faults import KINDS
from tests.hub.server import Hub
from tests.hub.storm import Storm

__all__ = ["KINDS", "Hub", "Request", "Storm"]
