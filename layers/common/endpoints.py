"""Keep the endpoints of the services that botocore has models of: python endpoints.py FOLDER.

FOLDER is the data of botocore. Its endpoints.json has every service of every region, 1.2 MB, and is read as the first
client of a process is created, for 13 ms of CPU time.
"""

import json
import sys
from pathlib import Path


def main(data: Path) -> None:
    """Rewrite endpoints.json."""
    prefixes = {
        json.loads(model.read_text())["metadata"]["endpointPrefix"]
        for model in data.glob("*/*/service-2.json")
    }
    file = data / "endpoints.json"
    endpoints = json.loads(file.read_text())
    for partition in endpoints["partitions"]:
        services = partition["services"].items()
        partition["services"] = {name: service for name, service in services if name in prefixes}
    file.unlink()  # a link to it elsewhere keeps what it has
    file.write_text(json.dumps(endpoints))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
