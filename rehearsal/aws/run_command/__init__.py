"""Run Command: documents that are checked, commands that an agent really runs, and what tells of them.

moto's SendCommand runs nothing and says Success, takes any document, parameter and instance, and lacks the
operations beside it. Here the agent of a rehearsed instance (`python -m rehearsal.agent serve`) fetches the
command through `/embedded-aws/agents/` and reports its steps; no agent, no progress.
"""

from . import documents, operations, send  # noqa: F401
