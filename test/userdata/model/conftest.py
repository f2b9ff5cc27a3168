"""Puts the scripts of userdata/model on the path, as Python does for the one that an instance runs."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True  # a cache would be part of the scripts' asset
sys.path.insert(0, str(Path(__file__).parents[3] / "userdata" / "model"))
