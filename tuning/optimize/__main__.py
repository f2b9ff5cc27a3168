"""Optimizes a model's graph, and publishes it as the next version only if it is right and not slower.

    python -m tuning.optimize --model DIR|FILE.pb --output BASE_PATH [--server-url URL] [--dry-run] …

Prints events (tuning/events.py). Ends with 0 if it was published, or would be; 1 if it was kept because it is
wrong or slower; 2 if it refused, or the server did; 129, 130 or 143 by a signal. Whatever happens, a model
server goes on with what it has, and nothing half-made is left.
"""

from __future__ import annotations

import sys

from .. import events
from ..cancellation import Cancelled, cancellable
from ..refusal import Refusal
from .options import parse
from .run import Optimization


def main(arguments: list[str]) -> int:
    events.claim_stdout()
    try:
        with cancellable():
            options = parse(arguments)
            events.check_report_file(options.report)
            report = Optimization(options).run()
            events.report(report.document(), options.report)
            return report.code
    except Refusal as refused:
        events.refusal(str(refused))
        return 2
    except Cancelled as cancelled:
        return cancelled.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
