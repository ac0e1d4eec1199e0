"""Read uploaded files in memory; none is written to disk."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler


class InMemory(MemoryFileUploadHandler):
    """Refuses forms over FILE_UPLOAD_MAX_MEMORY_SIZE, which Django would write to disk."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        super().handle_raw_input(*args, **kwargs)
        if not self.activated:
            raise RequestDataTooBig("The body exceeds FILE_UPLOAD_MAX_MEMORY_SIZE.")
