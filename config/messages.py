"""What staff on call are told of processes of the platform that are late, and of their return."""

from collections.abc import Sequence
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from core import heartbeat
from core.messages.catalogue import Kind, Message, Moment


def _watchers(names: Sequence[str]) -> list[heartbeat.Watcher]:
    known = {each.name: each for each in heartbeat.declared()}
    return [known[name] for name in names if name in known]


def _labels(names: Sequence[str]) -> str:
    labels = [str(each.label) for each in _watchers(names)] or list(names)
    return pgettext("between the items of a list", ", ").join(labels)


def _meanwhile(names: Sequence[str]) -> str:
    """What does not happen without the first, which is the gravest."""
    return str(next((each.meanwhile for each in _watchers(names)), ""))


Processes = Annotated[
    tuple[str, ...], Kind(pgettext_lazy("message parameter", "processes"), _labels, 200, cut=True)
]
Meanwhile = Annotated[
    tuple[str, ...],
    Kind(pgettext_lazy("message parameter", "what does not happen meanwhile"), _meanwhile, 200, cut=True),
]


class ProcessLate(
    Message,
    code="config.process_late",
    text=_("Huhang: since %(since)s this does not work as it should: %(what)s. %(meanwhile)s"),
    life_safety=True,
):
    what: Processes
    since: Moment
    meanwhile: Meanwhile


class ProcessBack(
    Message,
    code="config.process_back",
    text=_("Huhang: since %(at)s this works again: %(what)s. It had not since %(since)s."),
    life_safety=True,
):
    what: Processes
    at: Moment
    since: Moment


class LifeWorkerLate(
    Message,
    code="config.life_worker_late",
    text=_("Huhang: since %(since)s this does not work as it should: %(what)s. %(meanwhile)s"),
):
    """Of a worker that sends messages for life itself: what could not be handed over at once waits for another one."""

    what: Processes
    since: Moment
    meanwhile: Meanwhile


class LifeWorkerBack(
    Message,
    code="config.life_worker_back",
    text=_("Huhang: since %(at)s this works again: %(what)s. It had not since %(since)s."),
):
    what: Processes
    at: Moment
    since: Moment
