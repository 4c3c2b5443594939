"""What Django does with the bytes of a file while they come: no more of it in memory or on disk than may be kept."""

from tempfile import SpooledTemporaryFile
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from core.reader.door import LARGEST

IN_MEMORY = 512 * 1024  # bytes; what is larger lies in a file without a name, which ends with the request


class Received(UploadedFile):  # type: ignore[type-arg]  # generic for type checkers only
    """A file of a request. `lost` where it could not be held: there is no room for it, but what came with it is here.

    `came_with` is the request, by which the door counts it where it is opened.
    """

    lost = False
    came_with: HttpRequest | None = None


class Bounded(FileUploadHandler):
    """Holds a file up to the largest that may be kept; of a larger one only its size. A full disk loses the file alone."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._held: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the request closes it
        self._count, self._lost = 0, False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._count += len(raw_data)
        if self._lost or self._count > LARGEST:
            return
        try:
            self._held.write(raw_data)
        except OSError:
            self._lost = True

    def file_complete(self, file_size: int) -> Received:
        received = Received(
            self._held, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra
        )
        received.lost, received.came_with = self._lost, self.request
        if not self._lost:
            received.seek(0)
        return received

    def upload_interrupted(self) -> None:
        if hasattr(self, "_held"):
            self._held.close()
