"""The embedded AWS as a child process, and the small deployments that the tests make in it."""

from __future__ import annotations

import base64
import functools
import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).resolve().parents[3]


def start(
    *arguments: str, environment: dict[str, str] | None = None
) -> tuple[subprocess.Popen, dict[str, str]]:
    """A module of the package as a child process, and the JSON line it prints when it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    assert line.startswith("{"), f"{arguments} ended with status {process.wait(10)}"
    return process, json.loads(line)


def stop(process: subprocess.Popen) -> int:
    """End the child as its driver does, and tell its exit status."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(10)
    finally:
        process.kill()


class EmbeddedAws:
    """The emulator as a client sees it."""

    def __init__(self, ready: dict[str, str]):
        self.endpoint, self.region, self.account = ready["endpoint"], ready["region"], ready["account"]
        self.keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.names = (f"stack-{number}" for number in itertools.count())

    @functools.cache  # noqa: B019 -- lives as long as the tests
    def client(self, service: str, region: str | None = None, **credentials: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region or self.region,
            **(credentials or self.keys),
        )

    def create(self, resources: dict, name: str | None = None, **template: Any) -> Stack:
        """A stack of these resources, whatever becomes of it."""
        stack = Stack(self, name or next(self.names))
        body = json.dumps({"Resources": resources, **template})
        stack.id = self.client("cloudformation").create_stack(StackName=stack.name, TemplateBody=body)[
            "StackId"
        ]
        return stack


class Stack:
    """A deployed stack."""

    id = ""

    def __init__(self, aws: EmbeddedAws, name: str):
        self.aws, self.name = aws, name
        self.cloudformation = aws.client("cloudformation")

    def update(self, resources: dict, **template: Any) -> None:
        body = json.dumps({"Resources": resources, **template})
        self.cloudformation.update_stack(StackName=self.name, TemplateBody=body)

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=self.name)

    @property
    def description(self) -> dict[str, Any]:
        return self.cloudformation.describe_stacks(StackName=self.id or self.name)["Stacks"][0]

    @property
    def status(self) -> str:
        return self.description["StackStatus"]

    @property
    def outputs(self) -> dict[str, str]:
        return {item["OutputKey"]: item["OutputValue"] for item in self.description.get("Outputs", [])}

    @property
    def events(self) -> list[tuple[str, str, str]]:
        """Logical id, status and reason, oldest first."""
        found = self.cloudformation.describe_stack_events(StackName=self.id or self.name)["StackEvents"]
        return [
            (event["LogicalResourceId"], event["ResourceStatus"], event.get("ResourceStatusReason", ""))
            for event in reversed(found)
        ]

    def reason(self, logical_id: str, status: str) -> str:
        return next(reason for known, had, reason in self.events if (known, had) == (logical_id, status))

    def physical_id(self, logical_id: str) -> str:
        found = self.cloudformation.describe_stack_resources(StackName=self.name)["StackResources"]
        return next(item["PhysicalResourceId"] for item in found if item["LogicalResourceId"] == logical_id)

    @property
    def logical_ids(self) -> set[str]:
        found = self.cloudformation.describe_stack_resources(StackName=self.name)["StackResources"]
        return {item["LogicalResourceId"] for item in found}

    @property
    def instances(self) -> list[dict[str, Any]]:
        """The instances of its group, as EC2 describes them."""
        group = self.physical_id("Group")
        described = self.aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
        ids = [item["InstanceId"] for item in described["AutoScalingGroups"][0]["Instances"]]
        reservations = self.aws.client("ec2").describe_instances(InstanceIds=ids)["Reservations"]
        return [instance for reservation in reservations for instance in reservation["Instances"]]

    @property
    def instance(self) -> dict[str, Any]:
        """The one instance of its group."""
        [only] = self.instances
        return only

    @property
    def user_data(self) -> str:
        """What its one instance got."""
        ec2, instance = self.aws.client("ec2"), self.instance["InstanceId"]
        found = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
        return base64.b64decode(found["UserData"]["Value"]).decode()
