"""Fails if a test report shows a comparison with a peer that did not run.

tests/peers.py already turns a skip for a missing peer into a failure where TFEVENTS_REQUIRE_PEERS
is set; this looks at the outcome, so that a mistake there does not pass unseen.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec

PEERS = [
    "torch",
    "tensorboard",
    "tensorboardX",
    "tensorflow",
    "tensorboard_data_server",
    "tbparse",
    "accelerate",
    "lightning",
    "stable_baselines3",
    "transformers",
    "torchvision",
    "playwright",
    "s3fs",
    "moto",
]
SUITES = ("compat", "clients", "remote", "browser")
MISSING = re.compile(r"cannot be imported|could not import|no module named|not installed", re.I)
# Hardware cannot be installed.
EXCUSED = re.compile(r"\b(CUDA|GPU)\b")

problems = [f"{peer} is not installed" for peer in PEERS if find_spec(peer) is None]
compared = dict.fromkeys(SUITES, 0)
for case in ElementTree.parse(sys.argv[1]).iter("testcase"):
    # A file that is skipped as a whole has no class name; its reason is in the text.
    name = ".".join(filter(None, [case.get("classname"), case.get("name")]))
    suite = next((suite for suite in SUITES if name.startswith(f"tests.{suite}.")), None)
    skips = [skip for skip in case.iter("skipped") if skip.get("type") != "pytest.xfail"]
    if suite and not skips:
        compared[suite] += 1
    for skip in skips:
        reason = f"{skip.get('message')} {skip.text}"
        if (suite or MISSING.search(reason)) and not EXCUSED.search(reason):
            problems.append(f"{name} was skipped: {reason}")
problems += [f"no test of tests/{suite} ran" for suite, count in compared.items() if not count]
if problems:
    sys.exit("\n".join(["comparisons with the peers did not run:", *problems]))
