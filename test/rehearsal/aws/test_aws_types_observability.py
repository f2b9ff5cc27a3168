"""Logs, metrics, alarms and dashboards: types that moto lacks or makes in part, seen through their APIs."""

import json

import pytest
from aws_templates import allow, attribute, document, log_group
from botocore.exceptions import ClientError
from stack_checks import deleted, made, resource, updated


def test_a_log_group_has_the_arn_of_aws_and_keeps_its_name(aws):
    logs = aws.client("logs")
    outputs = {"Arn": {"Value": attribute("Log", "Arn")}}
    stack = made(aws, {"Log": log_group(RetentionInDays=7)}, Outputs=outputs)
    name = stack.physical_id("Log")
    assert stack.outputs["Arn"] == f"arn:aws:logs:us-west-2:{aws.account}:log-group:{name}:*"
    updated(stack, {"Log": log_group()})
    [found] = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert "retentionInDays" not in found


def test_a_metric_filter(aws):
    transformation = {
        "MetricName": "Failures",
        "MetricNamespace": "Boot",
        "MetricValue": "1",
        "Dimensions": [{"Key": "Phase", "Value": "$.phase"}],
    }
    properties = {"FilterPattern": "{$.phase=*}", "MetricTransformations": [transformation]}
    log = {"Log": log_group()}
    stack = made(
        aws, {**log, "Filter": resource("Logs::MetricFilter", LogGroupName={"Ref": "Log"}, **properties)}
    )
    name = stack.physical_id("Log")
    [found] = aws.client("logs").describe_metric_filters(logGroupName=name)["metricFilters"]
    assert found["metricTransformations"][0]["dimensions"] == {"Phase": "$.phase"}
    updated(stack, log)
    assert aws.client("logs").describe_metric_filters(logGroupName=name)["metricFilters"] == []


def test_alarms_and_their_topic(aws):
    cloudwatch, sns = aws.client("cloudwatch"), aws.client("sns")

    def resources(threshold):
        return {
            "Topic": resource("SNS::Topic", DisplayName="Alarms"),
            "Mail": resource(
                "SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol="email", Endpoint="a@b.example"
            ),
            "Policy": resource(
                "SNS::TopicPolicy",
                Topics=[{"Ref": "Topic"}],
                PolicyDocument=document(allow("sns:Publish", {"Ref": "Topic"})),
            ),
            "Alarm": resource(
                "CloudWatch::Alarm",
                Namespace="AWS/EC2",
                MetricName="CPUUtilization",
                Statistic="Average",
                ComparisonOperator="GreaterThanThreshold",
                Threshold=threshold,
                Period=60,
                EvaluationPeriods="3",
                AlarmActions=[{"Ref": "Topic"}],
            ),
        }

    stack = made(aws, resources(80), Outputs={"Arn": {"Value": attribute("Alarm", "Arn")}})
    name, topic = stack.physical_id("Alarm"), stack.physical_id("Topic")
    [found] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (found["Threshold"], found["EvaluationPeriods"], found["AlarmActions"]) == (80, 3, [topic])
    assert stack.outputs["Arn"] == found["AlarmArn"]
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["DisplayName"] == "Alarms"
    [statement] = json.loads(attributes["Policy"])["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", topic)
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1
    updated(stack, resources(90))
    assert stack.physical_id("Alarm") == name
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["Threshold"] == 90
    deleted(stack)
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []
    assert topic not in [item["TopicArn"] for item in sns.list_topics()["Topics"]]


def test_a_property_that_the_api_does_not_know_fails_the_resource(aws):
    stack = aws.create({"Topic": resource("CloudWatch::Dashboard", DashboardBody="{}", Colour="red")})
    assert stack.status == "ROLLBACK_COMPLETE"
    assert 'Unknown parameter in input: "Colour"' in stack.reason("Topic", "CREATE_FAILED")


def test_a_dashboard_keeps_its_name(aws):
    cloudwatch = aws.client("cloudwatch")
    stack = made(aws, {"Board": resource("CloudWatch::Dashboard", DashboardBody='{"widgets":[]}')})
    name = stack.physical_id("Board")
    updated(stack, {"Board": resource("CloudWatch::Dashboard", DashboardBody='{"widgets":[1]}')})
    assert stack.physical_id("Board") == name
    assert cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"] == '{"widgets":[1]}'
    deleted(stack)
    with pytest.raises(ClientError):
        cloudwatch.get_dashboard(DashboardName=name)
