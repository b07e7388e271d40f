"""Exports as one file."""

from __future__ import annotations

import io
import zipfile

from tabrl.export.exportable import Files

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: equal files are equal bytes


def archived(files: Files, folder: str) -> bytes:
    """A zip with the files in a folder of this name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if data.startswith(b"#!") else 0o644) << 16
            archive.writestr(entry, data)
    return buffer.getvalue()
