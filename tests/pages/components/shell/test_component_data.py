"""What components are given is not searched for tables."""

import json
import subprocess
import sys

from tests.browser.conftest import ROOT

SEND = """
import sys
from streamlit.components.v2.bidi_component.serialization import serialize_mixed_data
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from pages.components.shell import component_data

assert component_data.skip_search(), "Streamlit's search for tables has another name"
sent = BidiComponent()
serialize_mixed_data({"drawing": {"objects": [{"left": 1.5}]}, "digits": [1, 2]}, sent)
assert not {"pandas", "pyarrow"} & set(sys.modules), "pandas takes 40 MB"
print(sent.json)
"""


def test_lists_and_dicts_reach_a_component_without_pandas():
    ended = subprocess.run(
        [sys.executable, "-c", SEND], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"drawing": {"objects": [{"left": 1.5}]}, "digits": [1, 2]}
