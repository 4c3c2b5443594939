"""Static files as they go over the wire: named after their content, compressed once, kept by browsers for good."""

from pathlib import Path
from typing import Any

import structlog
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

log = structlog.get_logger()


class OnceCompressor(Compressor):  # type: ignore[misc]  # whitenoise has no stubs
    """A name that carries the content's digest is compressed once: Brotli at its best takes seconds for all of them."""

    def compress(self, path: str) -> list[str]:
        """Write `.gz`, then `.br`: where there is a `.br`, both were written. Gives the names of what is there."""
        names = [path + suffix for suffix in (".gz", ".br")]
        if not Path(names[1]).exists():
            data = Path(path).read_bytes()
            for name, packed in zip(
                names, (self.compress_gzip(data), self.compress_brotli(data)), strict=True
            ):
                if self.is_compressed_effectively(name, path, len(data), packed):
                    self.write_data(name, packed)
        return [name for name in names if Path(name).exists()]

    @staticmethod
    def write_data(name: str, data: bytes) -> None:
        """Whole or not at all: whoever is killed here must not leave half a file that is taken for a whole one."""
        half = Path(name + ".half")
        half.write_bytes(data)
        half.replace(name)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no stubs
    """Names carry a digest of the content, also inside the `import`s of our modules."""

    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        """The name by its content, or as it is where nobody collected it: a page without its colours takes a call for
        help, a page that is a fault does not. `check --deploy` says what is missing."""
        try:
            found: str = super().stored_name(name)
        except ValueError:
            log.error("static.not_collected", name=name)
            return name
        return found

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return OnceCompressor(**kwargs)
