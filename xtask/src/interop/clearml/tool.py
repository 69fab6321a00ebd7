"""ClearML's own SDK beside our requests and files.

usage: tool.py import ZIP        imports an offline session
       tool.py requests FILE     checks the bodies in FILE, one exchange a line
"""

import importlib
import json
import sys

import jsonschema

EVENTS = {"training_stats_scalar": "MetricsScalarEvent", "plot": "MetricsPlotEvent", "log": "TaskLogEvent"}


def services(name):
    return importlib.import_module(f"clearml.backend_api.services.v2_23.{name}")


def check(action, body):
    """Whether the SDK's class of the request takes it: required and unknown fields, and its schema."""
    if action == "events.add_batch":
        shared = services("events").AddRequest._schema.get("definitions", {})
        for line in body.splitlines():
            event = json.loads(line)
            kind = getattr(services("events"), EVENTS[event["type"]])
            jsonschema.validate(event, {"definitions": shared, **kind._schema})
        return
    service, name = action.split(".")
    kind = getattr(services(service), "".join(part.capitalize() for part in name.split("_")) + "Request")
    given = json.loads(body)
    kind(**given)
    jsonschema.validate(given, {"definitions": {}, **kind._schema})


def requests(file):
    for line in open(file, encoding="utf-8"):
        exchange = json.loads(line)
        action = exchange["action"]
        if "." not in action or action == "auth.login":
            continue
        try:
            check(action, exchange["body"])
            print("taken", action)
        except Exception as error:  # whatever the SDK says against it
            print("refused", action, str(error).splitlines()[0])


if sys.argv[1] == "import":
    from clearml import Task

    print("imported", Task.import_offline_session(sys.argv[2]))
else:
    requests(sys.argv[2])
