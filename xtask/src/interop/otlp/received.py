"""What was received of a run, in plain values."""

import base64
import json
from collections import namedtuple

Span = namedtuple("Span", "service trace id parent name kind start end attributes links status flags")
Point = namedtuple("Point", "metric kind cumulative attributes start time data")
Line = namedtuple("Line", "time severity text attributes")


def value(of):
    ((kind, found),) = of.items()
    if kind == "arrayValue":
        return [value(one) for one in found.get("values", [])]
    return int(found) if kind == "intValue" else found


def attributes(of):
    return {one["key"]: value(one["value"]) for one in of.get("attributes", [])}


def hexadecimal(text):
    return base64.b64decode(text or "").hex()


class Received:
    """Spans, data points and lines of the log of one run, and spans of servers, as they came."""

    def __init__(self, file, run):
        self.name = None
        self.spans, self.points, self.lines, self.resources = [], [], [], []
        for line in open(file, encoding="utf-8"):
            request = json.loads(line)
            for kind, take in (("Spans", self.span), ("Metrics", self.metric), ("Logs", self.line)):
                for of in request.get(f"resource{kind}", []):
                    resource = attributes(of.get("resource", {}))
                    if resource.get("loadwright.run.id", run) != run:
                        continue
                    if resource["service.name"] == "loadwright":
                        self.resources.append(resource)
                        self.name = resource["loadwright.run.name"]
                    for scope in of.get(f"scope{kind}", []):
                        for one in scope.get("logRecords", scope.get(kind.lower(), [])):
                            take(one, resource)

    def span(self, one, resource):
        link = lambda link: (hexadecimal(link["traceId"]), hexadecimal(link["spanId"]))
        status = one.get("status", {})
        self.spans.append(
            Span(
                service=resource["service.name"],
                trace=hexadecimal(one["traceId"]),
                id=hexadecimal(one["spanId"]),
                parent=hexadecimal(one.get("parentSpanId")),
                name=one["name"],
                kind=one["kind"].removeprefix("SPAN_KIND_"),
                start=int(one["startTimeUnixNano"]),
                end=int(one["endTimeUnixNano"]),
                attributes=attributes(one),
                links=[link(of) for of in one.get("links", [])],
                status=(status.get("code", "").removeprefix("STATUS_CODE_"), status.get("message", "")),
                flags=one.get("flags", 0),
            )
        )

    def metric(self, one, _):
        kind = next(kind for kind in ("exponentialHistogram", "histogram", "sum", "gauge") if kind in one)
        for point in one[kind]["dataPoints"]:
            self.points.append(
                Point(
                    metric=one["name"],
                    kind=kind,
                    cumulative=one[kind].get("aggregationTemporality") == "AGGREGATION_TEMPORALITY_CUMULATIVE",
                    attributes=attributes(point),
                    start=int(point["startTimeUnixNano"]),
                    time=int(point["timeUnixNano"]),
                    data=point,
                )
            )

    def line(self, one, _):
        self.lines.append(
            Line(int(one["timeUnixNano"]), one["severityText"], one["body"]["stringValue"], attributes(one))
        )
