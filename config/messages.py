"""What staff on call are told of processes of the platform that are late, and of their return."""

from typing import Annotated

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import heartbeat
from core.messages.catalogue import Kind, Message, Moment


def _watcher(name: str) -> heartbeat.Watcher | None:
    return next((each for each in heartbeat.declared() if each.name == name), None)


def _label(name: str) -> str:
    watcher = _watcher(name)
    return str(watcher.label) if watcher else name


def _meanwhile(name: str) -> str:
    watcher = _watcher(name)
    return str(watcher.meanwhile) if watcher else ""


Process = Annotated[str, Kind(pgettext_lazy("message parameter", "process"), _label, cut=True)]
Meanwhile = Annotated[
    str, Kind(pgettext_lazy("message parameter", "what does not happen meanwhile"), _meanwhile, 200, cut=True)
]


class ProcessLate(
    Message,
    code="config.process_late",
    text=_("Huhang: %(what)s has not worked as it should since %(since)s. %(meanwhile)s"),
    life_safety=True,
):
    what: Process
    since: Moment
    meanwhile: Meanwhile


class ProcessBack(
    Message,
    code="config.process_back",
    text=_("Huhang: %(what)s works again since %(at)s. It had not since %(since)s."),
    life_safety=True,
):
    what: Process
    at: Moment
    since: Moment


class LifeWorkerLate(
    Message,
    code="config.life_worker_late",
    text=_("Huhang: %(what)s has not worked as it should since %(since)s. %(meanwhile)s"),
):
    """Of the worker of life-safety itself: what could not be handed over at once waits for another one."""

    what: Process
    since: Moment
    meanwhile: Meanwhile


class LifeWorkerBack(
    Message,
    code="config.life_worker_back",
    text=_("Huhang: %(what)s works again since %(at)s. It had not since %(since)s."),
):
    what: Process
    at: Moment
    since: Moment
