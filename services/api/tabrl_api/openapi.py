"""`python -m tabrl_api.openapi`: print the OpenAPI document without starting anything."""

from __future__ import annotations

import json
import sys

from tabrl.adapters.settings import Settings
from tabrl_api.app import create_app
from tabrl_api.bootstrap import wire


def document() -> str:
    """The document as stable, readable JSON."""
    # The gateway as it is, whose adapters connect on first use; these two would make folders.
    settings = Settings(database_url="sqlite://", blob_url="memory://")
    app = create_app(wire(settings))
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
