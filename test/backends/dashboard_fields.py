"""Fields of dashboards that Grafana's own schema does not know.

Reads each file into the models of grafana-foundation-sdk, which are generated from Grafana's schema, and writes it out
again: what is misspelt is in no model, so it does not come back. Prints one JSON list of the lost fields, such as
[{"file": "overview.json", "path": "/panels/3/fieldConfig/defaults/unitt"}].

    python dashboard_fields.py overview.json steps.json
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def written_again(content: dict[str, Any]) -> dict[str, Any]:
    """What is left of a dashboard after a round trip through the models."""
    return json.loads(json.dumps(Dashboard.from_json(content), cls=JSONEncoder))


def lost(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Paths of what is in `before` and not in `after`; of a lost object only its own path."""
    if isinstance(before, dict):
        for key, value in before.items():
            if not isinstance(after, dict) or key not in after:
                yield f"{path}/{key}"
            else:
                yield from lost(value, after[key], f"{path}/{key}")
    elif isinstance(before, list):
        for index, value in enumerate(before):
            known = isinstance(after, list) and index < len(after)
            yield from lost(value, after[index] if known else None, f"{path}/{index}")


def main(files: list[str]) -> None:
    register_default_plugins()
    found = []
    for file in files:
        content = json.loads(Path(file).read_text(encoding="utf-8"))
        for path in lost(content, written_again(content)):
            found.append({"file": Path(file).name, "path": path})
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
