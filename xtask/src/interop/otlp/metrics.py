"""Histograms and counters, as the records have them."""

import math
from collections import Counter

from claims import DATE, claim, common, differences

HISTOGRAMS = {
    ("gen_ai.client.operation.duration", None): "latency",
    ("gen_ai.client.operation.time_to_first_chunk", None): "ttft",
    ("gen_ai.client.operation.time_per_output_chunk", None): "itl",
    ("gen_ai.client.token.usage", "input"): "input_tokens",
    ("gen_ai.client.token.usage", "output"): "output_tokens",
    ("loadwright.tpot", None): "tpot",
    ("loadwright.dispatch_delay", None): "dispatch_delay",
}


def value_at(summary, metric, percentile):
    found = summary["loadwright"]["metrics"]
    name, scale = (metric, 1) if "tokens" in metric else (f"{metric}_ms", 1e3)
    return found[name][percentile] / scale


def histogram(point, name, metric, values, data):
    """What speaks against the data point being that of `values`, and of the summary's `metric`."""
    values = sorted(values)
    counts = [int(count) for count in data["positive"].get("bucketCounts", [])]
    offset, base = data["positive"].get("offset", 0), 2 ** (2 ** -data.get("scale", 0))
    if (int(data["count"]), sum(counts) + int(data.get("zeroCount", 0))) != (len(values), len(values)):
        yield f"{name}: {data['count']} values, not {len(values)}"
        return
    ours = {"sum": data["sum"], "min": data["min"], "max": data["max"]}
    theirs = {"sum": math.fsum(values), "min": float(values[0]), "max": float(values[-1])}
    yield from differences(ours, theirs, name)
    if len(counts) > 160:
        yield f"{name}: {len(counts)} buckets"
    zeros = int(data.get("zeroCount", 0))
    buckets = [(0.0, 0.0)] * zeros
    for index, count in enumerate(counts):
        buckets += [(base ** (offset + index), base ** (offset + index + 1))] * count
    inside = lambda value, bucket, slack: bucket[0] * (1 - slack) <= value <= bucket[1] * (1 + slack)
    for value, bucket in zip(values, buckets):
        if not inside(value, bucket, 1e-9):
            yield f"{name}: {value} is not in {bucket}"
    for percentile in (50, 90, 95, 99) if metric else ():
        told = value_at(point.summary, metric, f"{percentile}%")
        bucket = buckets[math.ceil(percentile * len(buckets) / 100) - 1]
        if not inside(told, bucket, 1e-6 / max(told, 1e-9)):
            yield f"{name}: p{percentile} of the summary, {told}, is not in {bucket}"


def failures(point, own):
    """What speaks against the durations of attempts that failed, which are told apart by their errors."""
    name = "gen_ai.client.operation.duration"
    failed = {}
    for one in point.requests:
        if not one.ok and not one["warmup"]:
            start = one.started() if one["sent_ns"] is None else one["sent_ns"]
            failed.setdefault(one["outcome"], []).append((one["end_ns"] - start) / 1e9)
    told = {error: of[-1].data for (metric, _, error), of in own.items() if metric == name and error}
    yield from (f"{name}: {error}" for error in failed.keys() ^ told.keys())
    for error in failed.keys() & told.keys():
        yield from histogram(point, f"{name} {error}", None, failed[error], told[error])


def metrics(run, received):
    series = {}
    for point in received.points:
        attributes = dict(point.attributes)
        kind, error = attributes.pop("gen_ai.token.type", None), attributes.pop("error.type", None)
        place = (attributes.get("loadwright.point"), point.metric, kind, error)
        series.setdefault(place, []).append((point, attributes))
    claim("metrics are cumulative", (f"{key}" for key, of in series.items() if not all(one.cumulative for one, _ in of)))
    for point in run.points:
        own = {key[1:]: [one for one, _ in of] for key, of in series.items() if key[0] == point.name}
        attributes = [found for key, of in series.items() if key[0] == point.name for _, found in of]
        claim(f"{point.name}: attributes of metrics", (
            wrong for found in attributes for wrong in differences(found, common(point), point.name)))
        zero = point.date(point.begun)
        claim(f"{point.name}: series of metrics begin with the point and grow", (
            f"{key}" for key, of in own.items()
            if any(abs(one.start - zero) > DATE for one in of) or [one.time for one in of] != sorted(one.time for one in of)))
        measured = [request.metrics() for request in point.requests]
        widest = max(2 ** (2 ** -of[-1].data.get("scale", 0)) for of in own.values() if "positive" in of[-1].data)
        wrong = []
        for (name, kind), metric in HISTOGRAMS.items():
            values = [one[metric] for one in measured if metric in one]
            values = sum(values, []) if metric == "itl" else values
            found = own.get((name, kind, None))
            wrong += histogram(point, f"{name} {kind or ''}", metric, values, found[-1].data) if found else [f"no {name}"]
        wrong += failures(point, own)
        claim(f"{point.name}: {len(HISTOGRAMS)} histograms have count, sum, minimum, maximum and buckets of the records, "
              f"and in them the summary's percentiles, within {(widest - 1) * 100:.1f} %", wrong)
        ended = Counter(None if request.ok else request["outcome"] for request in point.requests if not request["warmup"])
        counted = {error: of[-1].data["asDouble"] for (name, _, error), of in own.items() if name == "loadwright.requests"}
        claim(f"{point.name}: counters of attempts by error: {dict(ended)}", [] if counted == ended else [f"{counted}"])
        in_flight = own["loadwright.in_flight", None, None][-1].data["asDouble"]
        claim(f"{point.name}: requests in flight of the last sample",
              [] if in_flight == point.samples[-1]["in_flight"] else [f"{in_flight}"])
