"""A stack made, updated or deleted, which must have gone well."""


def resource(kind, **properties):
    return {"Type": f"AWS::{kind}", "Properties": properties}


def made(aws, resources, **template):
    stack = aws.create(resources, **template)
    assert stack.status == "CREATE_COMPLETE", stack.events
    return stack


def updated(stack, resources):
    stack.update(resources)
    assert stack.status == "UPDATE_COMPLETE", stack.events


def deleted(stack):
    stack.delete()
    assert stack.status == "DELETE_COMPLETE", stack.events
