import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

CALLS = {"_", "gettext", "gettext_lazy", "translate", "pgettext", "ngettext"}
APPS = ["core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance", "config"]
QUOTED = re.compile(
    r"n?gettext\((u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))(?:,\s*(u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")))?",
    re.S,
)


class Command(BaseCommand):
    help = "Every sentence of code and templates has its Chinese translation, with the same placeholders; none is left over."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        wanted = set(_from_python(root)) | set(_from_templates(root))
        with (root / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po").open("rb") as opened:
            found = {
                message.id: message.string for message in read_po(opened, locale="zh_Hans") if message.id
            }
        translated = {(key[0] if isinstance(key, tuple) else key): value for key, value in found.items()}
        faults = [f"not translated: {text}" for text in sorted(wanted) if not _said(translated.get(text))]
        faults += [f"used nowhere: {text}" for text in sorted(translated.keys() - wanted)]
        for text in wanted & translated.keys():
            for said in _strings(translated[text]):
                if said and set(re.findall(r"%\(\w+\)s", text)) - set(re.findall(r"%\(\w+\)s", said)):
                    faults.append(f"a placeholder is missing: {text}")
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write(f"{len(wanted)} sentences, all in both languages")


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value or "",)


def _said(value: Any) -> bool:
    return bool(value) and all(_strings(value))


def _from_python(root: Path) -> Iterator[str]:
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            if "tests" in path.parts or "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in CALLS
                    and node.args
                ):
                    first = node.args[0]
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        yield first.value


def _from_templates(root: Path) -> Iterator[str]:
    for path in sorted((root / "templates").rglob("*.html")):
        for match in QUOTED.finditer(templatize(path.read_text(), origin=str(path))):
            yield ast.literal_eval(match.group(1))
