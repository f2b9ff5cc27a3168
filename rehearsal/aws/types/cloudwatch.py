"""CloudWatch: alarms, which moto's CloudFormation lacks, and dashboards that keep their name on an update.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html
"""

from __future__ import annotations

from .thin import ThinModel


class _AnyAlarm(ThinModel):
    """What both kinds of alarm share: the name, the ARN, and how they go away."""

    resource_type = ""
    name_property = "AlarmName"
    operation = ""

    def put(self) -> None:
        self.call("cloudwatch", self.operation, AlarmName=self.physical_resource_id, **self.but("AlarmName"))

    def remove(self) -> None:
        self.call("cloudwatch", "DeleteAlarms", AlarmNames=[self.physical_resource_id])

    def get_cfn_attribute(self, name: str) -> str:
        if name != "Arn":
            raise AttributeError(name)
        return self.arn("cloudwatch", f"alarm:{self.physical_resource_id}")


class Alarm(_AnyAlarm):
    resource_type = "AWS::CloudWatch::Alarm"
    operation = "PutMetricAlarm"


class CompositeAlarm(_AnyAlarm):
    resource_type = "AWS::CloudWatch::CompositeAlarm"
    operation = "PutCompositeAlarm"


class Dashboard(ThinModel):
    resource_type = "AWS::CloudWatch::Dashboard"
    name_property = "DashboardName"

    def put(self) -> None:
        name = self.physical_resource_id
        self.call("cloudwatch", "PutDashboard", DashboardName=name, **self.but("DashboardName"))

    def remove(self) -> None:
        self.call("cloudwatch", "DeleteDashboards", DashboardNames=[self.physical_resource_id])
