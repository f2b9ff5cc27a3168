"""moto's server with every bridge in place.

Importing this module mends moto: each module named here puts its functions in the place of moto's.
"""

from __future__ import annotations

import os
from typing import Any

# Read by moto when its IAM is first used: without it AmazonSSMManagedInstanceCore does not exist.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from . import (  # noqa: F401
    authorization,
    images,
    intrinsics,
    launch,
    parameters,
    requests,
    rolling_update,
    run_command,
    signals,
    strict,
)
from .routes import with_routes
from .types import (  # noqa: F401
    autoscaling,
    cdk_metadata,
    cloudwatch,
    ec2_network,
    ec2_security_groups,
    ec2_vpc,
    iam,
    kms,
    logs,
    route53,
    s3,
    sns,
    ssm,
)

ACCOUNT = DEFAULT_ACCOUNT_ID
ADDRESS = "127.0.0.1"


class _QuietHandler(MotoRequestHandler):
    def log(self, *_: Any) -> None:
        """Nothing: a deployment makes hundreds of requests."""


def make(port: int, region: str, verbose: bool) -> BaseWSGIServer:
    """A server on loopback, bound but not serving yet; port 0 takes a free one."""
    application = with_routes(DomainDispatcherApplication(create_backend_app), region)
    handler = MotoRequestHandler if verbose else _QuietHandler
    server = make_server(ADDRESS, port, application, threaded=True, request_handler=handler)
    os.environ["MOTO_PORT"] = str(server.server_port)
    return server
