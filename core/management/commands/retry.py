"""Try failed work again from a shell: `manage.py retry [KIND] KEY` or `--all KIND`; alone it lists what fails."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from core import audit, retry
from core.actors import Actor
from core.commands import PlatformCommand
from core.errors import NotFound
from core.models import FailedWork
from core.transactions import begins_transaction

SHELL = Actor("shell", "system")


class Command(PlatformCommand):
    in_production = True
    help = "Try failed work again now, and say what came of it. Exits with 1 where something still fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "work",
            nargs="*",
            metavar="[KIND] KEY",
            help="such as core.events 17, or the key of a message alone",
        )
        parser.add_argument("--all", metavar="KIND", dest="all_of", help="all of this kind that fail now")
        parser.add_argument("--reason", default="", help="kept in the journal")

    def handle(self, *args: Any, **options: Any) -> None:
        names, all_of = options["work"], options["all_of"]
        if len(names) > 2 or (names and all_of):
            raise CommandError("Give KIND and KEY, a KEY alone, or --all KIND.")
        if not names and not all_of:
            self._list()
            return
        rows = FailedWork.objects.filter(closed_at=None).order_by("first_at", "pk")
        if all_of or len(names) == 2:
            self._known(all_of or names[0])
            rows = rows.filter(kind=all_of or names[0])
        if names:
            rows = rows.filter(key=names[-1])
            if not rows:
                raise CommandError(f"{' '.join(names)} does not fail.")
        found = list(rows.values_list("kind", "key"))
        failing = sum(not self._try(kind, key, options["reason"]) for kind, key in found)
        self.stdout.write(f"{len(found) - failing} done, {failing} still failing")
        if failing:
            raise SystemExit(1)

    def _known(self, kind: str) -> None:
        if retry.of_kind(kind) is None:
            known = ", ".join(work.kind for work in retry.declared())
            raise CommandError(f"No work is of the kind {kind}. There is: {known}")

    def _try(self, kind: str, key: str, reason: str) -> bool:
        try:
            row = retry.again(kind, key)
        except NotFound:
            if FailedWork.objects.filter(kind=kind, key=key, closed_at=None).exists():
                self.stdout.write(f"{kind} {key}: nobody can try it again")
                return False
            self.stdout.write(f"{kind} {key}: done meanwhile")
            return True
        _note(kind, key, reason, succeeded=row is None)
        said = "done" if row is None else f"still fails after {row.attempts} tries: {row.error}"
        self.stdout.write(f"{kind} {key}: {said}")
        return row is None

    def _list(self) -> None:
        for row in FailedWork.objects.filter(closed_at=None).order_by("kind", "first_at", "pk"):
            state = "needs a person" if row.needs_person_at else "tried by itself"
            life = ", a life may depend on it" if row.life_safety else ""
            self.stdout.write(
                f"{row.kind} {row.key}: {state}{life}; {row.attempts} tries since {row.first_at.isoformat(timespec='minutes')}; {row.error}"
            )


@begins_transaction
def _note(kind: str, key: str, reason: str, *, succeeded: bool) -> None:
    audit.record(
        SHELL,
        "core.work_tried_again",
        key[: retry.SUBJECT_LENGTH],
        reason=reason,
        kind=kind,
        key=key,
        succeeded=succeeded,
    )
