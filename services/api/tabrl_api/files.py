"""Files that a browser need not load again."""

from __future__ import annotations

from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse


def conditional_file(
    path: Path, request: Request, *, media_type: str, headers: dict[str, str]
) -> Response:
    """The file, or 304 if the browser's copy is current."""
    response = FileResponse(path, media_type=media_type, headers=headers, stat_result=path.stat())
    if request.headers.get("if-none-match") == response.headers["etag"]:
        return Response(status_code=304, headers={**headers, "ETag": response.headers["etag"]})
    return response
