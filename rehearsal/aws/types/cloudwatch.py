"""CloudWatch: alarms, which moto's CloudFormation lacks, and dashboards that keep their name on an update.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html
"""

from __future__ import annotations

from .thin import ThinModel


class Alarm(ThinModel):
    resource_type = "AWS::CloudWatch::Alarm"
    name_property = "AlarmName"

    def put(self) -> None:
        name = self.physical_resource_id
        self.call("cloudwatch", "PutMetricAlarm", AlarmName=name, **self.but("AlarmName"))

    def remove(self) -> None:
        self.call("cloudwatch", "DeleteAlarms", AlarmNames=[self.physical_resource_id])

    def get_cfn_attribute(self, name: str) -> str:
        return {"Arn": self.arn("cloudwatch", f"alarm:{self.physical_resource_id}")}[name]


class Dashboard(ThinModel):
    resource_type = "AWS::CloudWatch::Dashboard"
    name_property = "DashboardName"

    def put(self) -> None:
        name = self.physical_resource_id
        self.call("cloudwatch", "PutDashboard", DashboardName=name, **self.but("DashboardName"))

    def remove(self) -> None:
        self.call("cloudwatch", "DeleteDashboards", DashboardNames=[self.physical_resource_id])
