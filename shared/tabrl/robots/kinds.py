"""Which kinds of robot there are: packages that are found by their name, not imported here."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec

KINDS_VARIABLE = "TABRL_EMBODIMENTS"
_BUILT_IN = "tabrl.embodiments"


@cache
def kind_package(kind: str) -> str | None:
    """The package of a kind, such as `tabrl.embodiments.legged`; None if there is none.

    Packages of one's own are named in `TABRL_EMBODIMENTS`, separated by commas; their last part is
    the name of the kind.
    """
    own = [name.strip() for name in os.environ.get(KINDS_VARIABLE, "").split(",") if name.strip()]
    for package in (f"{_BUILT_IN}.{kind}", *own):
        if package.rpartition(".")[2] == kind and _exists(f"{package}.catalogue"):
            return package
    return None


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except Exception:  # the package of somebody else: whatever it does, it is then no kind
        return False
