"""Secrets out of files, the way containers are given them: `NAME_FILE` stands in for `NAME`.

Only the standard library is imported here: it runs before anything reads the environment.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path

_SUFFIX = "_FILE"
# Of other programs' variables some end alike and are no secrets, such as SSL_CERT_FILE.
_OURS = re.compile(
    r"TABRL_[A-Z0-9_]+|PGPASSWORD|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN"
    r"|[A-Z0-9_]+_API_KEY"
)


def read_secret_files(environ: MutableMapping[str, str]) -> None:
    """Set each variable whose `…_FILE` names a file; one that is set itself stays as it is.

    Raises `SystemExit` with the variable's name if its file cannot be read.
    """
    for name in [*environ]:
        secret = name.removesuffix(_SUFFIX)
        if secret == name or not _OURS.fullmatch(secret) or environ.get(secret):
            continue
        try:
            text = Path(environ[name]).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SystemExit(f"{name}: the file cannot be read ({type(error).__name__})") from None
        if text:
            environ[secret] = text
