"""The agent's package, importable."""

import sys

from command_documents import ROOT

sys.path.insert(0, str(ROOT))
