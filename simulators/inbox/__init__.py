"""Faithful local fakes of Zalo, eSMS and a webhook receiver, and the page of what they received.

What each does stands in the alert channels' reference page; `behaviour` lists how they misbehave.
"""

from simulators.inbox.settings import InboxSettings
from simulators.inbox.web import create

__all__ = ["InboxSettings", "create"]
