"""What people send as files is read in memory and thrown away: none is ever put on the disk."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler


class InMemory(MemoryFileUploadHandler):
    """Takes forms with files up to FILE_UPLOAD_MAX_MEMORY_SIZE.

    Beyond it Django has no limit of its own.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        super().handle_raw_input(*args, **kwargs)
        if not self.activated:
            raise RequestDataTooBig("The body exceeds FILE_UPLOAD_MAX_MEMORY_SIZE.")
