"""Reading and writing CloudFormation YAML."""

import subprocess
import sys

CHANGED_LOADER = """
import collections, yaml
yaml.SafeLoader.add_constructor(
    "tag:yaml.org,2002:map", lambda loader, node: collections.OrderedDict(loader.construct_pairs(node))
)
from tools.template import document
read = document.read("Parameters: {Stage: {Type: String}, Name: !Ref Stage}")
assert type(read["Parameters"]) is dict, read
print(document.write(read), end="")
"""


def test_reading_is_independent_of_constructors_registered_on_the_safe_loader() -> None:
    # The SAM CLI registers a constructor for mappings on yaml.SafeLoader, for the whole process.
    run = subprocess.run([sys.executable, "-c", CHANGED_LOADER], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "!Ref Stage" in run.stdout
