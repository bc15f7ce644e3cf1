"""Without protobuf tfevents works, and tfevents.proto says what is missing."""

import subprocess
import sys

SCRIPT = """
import sys
sys.modules["google.protobuf"] = None
import tfevents
try:
    import tfevents.proto
except ImportError as error:
    print(error)
"""


def test_the_error_names_the_extra() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "tfevents[protobuf]" in done.stdout
