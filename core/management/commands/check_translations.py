from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from core import stored, wording
from core.commands import PlatformCommand

# Letters that stand for parts of a day, no text that somebody reads.
FORMAT = "date format"


class Command(PlatformCommand):
    in_production = False
    help = "Every sentence of code and templates has its Chinese, and both keep to docs/wording.md; none is left over."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        found = wording.uses(root)
        faults = list(_faults(root, found))
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write(f"{len(found)} sentences, all in both languages")


def _faults(root: Path, found: dict[wording.Key, set[str]]) -> Iterator[str]:
    paths = wording.catalogues(root)
    for code, path in paths.items():
        if not path.exists():
            yield f"{code}: every sentence would be English: no {path.relative_to(root)}"
    every = {code: wording.catalogue(path) for code, path in paths.items() if path.exists()}
    wanted = found.keys() | wording.of_theme()
    for code, texts_of in every.items():
        yield from (f"{code}: {why}" for why in wording.compare(wanted, texts_of))
    said = every["zh-hans"]  # the rules of docs/wording.md are for Chinese
    for key, texts in sorted(said.items()):
        if key.context == FORMAT:
            continue
        yield from wording.signed(key, texts)
        for why in (why for text in texts for why in wording.written(text)):
            yield f"{why}: {key}"
    yield from wording.shared(found, wording.read_reviewed(root / "locale" / "shared_words.txt"))
    for path in wording.templates(root):
        for line, what in wording.glued_in_template(path.read_text()):
            yield f"{path.relative_to(root)}:{line}: a value outside its sentence: {what}"
    for path in wording.code(root):
        for line, what in wording.glued_in_code(path.read_text()):
            yield f"{path.relative_to(root)}:{line}: a value outside its sentence: {what}"
    yield from stored.faults(root, wording.code(root))
