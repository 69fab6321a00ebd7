"""Compares what a collector received of a run with the run's own files, value by value.

usage: compare.py RUN RECEIVED [--mixed] [--phases] [--twice] [--server]

--mixed    some requests failed, were tried again, or belong to a conversation
--phases   phases were asked for
--twice    what was sent may have come twice, with the same ids and values
--server   the server sent spans too

A line for each claim: `passed` or `FAILED`, a tab, and the claim.
"""

import sys
from collections import Counter

from claims import DATE, claim, common, differences
from metrics import metrics
from received import Received
from run import Run


def span_attributes(request):
    settings, metrics = request.point.plan["settings"], request.metrics()
    found = {
        "gen_ai.request.stream": settings["stream"],
        "gen_ai.request.max_tokens": settings["max_tokens"],
        "gen_ai.request.temperature": settings["temperature"],
        "gen_ai.conversation.id": request["conversation"] or None,
        "gen_ai.response.time_to_first_chunk": metrics.get("ttft"),
        "gen_ai.response.finish_reasons": request["finish_reason"] and [request["finish_reason"]],
        "gen_ai.usage.input_tokens": request["input_tokens"],
        "gen_ai.usage.output_tokens": request["output_tokens"],
        "gen_ai.usage.cache_read.input_tokens": request["cached_tokens"],
        "gen_ai.usage.reasoning.output_tokens": request["reasoning_tokens"],
        "error.type": None if request.ok else request["outcome"],
        "http.response.status_code": request["status"],
        "http.request.resend_count": request["attempt"] or None,
        "loadwright.request.id": f"lw-{request.point.index}-{request['seq']}-{request['turn']}-{request['attempt']}",
        "loadwright.seq": request["seq"],
        "loadwright.turn": request["turn"],
        "loadwright.warmup": bool(request["warmup"]),
        "loadwright.latency": metrics.get("latency"),
        "loadwright.tpot": metrics.get("tpot"),
        "loadwright.dispatch_delay": metrics.get("dispatch_delay"),
    }
    return common(request.point) | {key: value for key, value in found.items() if value is not None}


def is_sent(request):
    """Sampled, failed, or slower than the point's 99th percentile."""
    p99 = request.point.summary["loadwright"]["metrics"]["latency_ms"]["99%"]
    latency = request.metrics().get("latency")
    slow = latency is not None and round(latency * 1e9) > round(p99 * 1e6)
    return request.sampled or not request.ok or slow


def phases(request):
    """Name, index, start and end of those that it has."""
    wanted = [
        ("connect", 1, "connect_ns", "connected_ns"),
        ("tls", 2, "connected_ns", "tls_ns"),
        ("wait", 3, "sent_ns", "first_output_ns"),
        ("stream", 4, "first_output_ns", "last_output_ns"),
    ]
    for name, index, start, end in wanted:
        if request[start] is not None and request[end] is not None:
            yield name, index, request[start], request[end]


def mixed(run):
    kinds = {
        "failed": lambda one: not one.ok and one["last_attempt"],
        "tried again": lambda one: one["attempt"] > 0,
        "later turns": lambda one: one["turn"] > 0,
        "of the warm-up": lambda one: one["warmup"],
        "in conversations": lambda one: one["conversation"],
    }
    counts = {kind: sum(map(bool, map(of, run.requests))) for kind, of in kinds.items()}
    claim("attempts of all kinds: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()), (
        f"none {kind}" for kind, count in counts.items() if not count))


def own_spans(run, received, with_phases, twice):
    wanted = [request for request in run.requests if is_sent(request)]
    ours = [span for span in received.spans if span.service == "loadwright"]
    by_id = {}
    for span in ours:
        by_id.setdefault((span.trace, span.id), []).append(span)
    expected = {(request.trace, request.span): request for request in wanted}
    children = {}
    for request in wanted if with_phases else []:
        for name, index, start, end in phases(request):
            own = f"{int(request.span, 16) ^ index:016x}"
            children[request.trace, own] = (request, name, start, end)
    ids = expected.keys() | children.keys()
    failed = sum(not request.ok for request in wanted)
    sampled = sum(request.sampled for request in run.requests)
    what = f"{len(expected)} spans of {len(run.requests)} attempts, {failed} failed, {sampled} sampled"
    claim(f"{what}, {len(children)} of phases; with the ids of the records", (
        f"{'missing' if one in ids else 'unknown'}: {one}" for one in ids ^ by_id.keys()))
    if twice:
        claim(f"{len(ours) - len(by_id)} spans came twice, alike", (
            f"{same[0]}" for same in by_id.values() if any(span != same[0] for span in same)))
    else:
        claim("each span once", (f"{key}" for key, same in by_id.items() if len(same) > 1))
    pairs = [(request, by_id[key][0]) for key, request in expected.items() if key in by_id]
    requests_by(run, pairs)
    times = lambda span, request, start, end: (
        abs(span.start - request.point.date(start)) < DATE and span.end - span.start == end - start)
    phase = lambda span, request, name, start, end: (
        times(span, request, start, end) and (span.name, span.kind, span.parent) == (name, "INTERNAL", request.span)
        and span.attributes == {"loadwright.phase": name})
    if with_phases:
        claim("phases have the records' times, under their requests", (
            f"{by_id[key][0]}" for key, of in children.items() if key in by_id and not phase(by_id[key][0], *of)))
    claim("spans have the records' times", (
        f"{span}" for request, span in pairs if not times(span, request, request.started(), request["end_ns"])))


def requests_by(run, pairs):
    claim("names, kinds and no parents", (
        f"{span}" for request, span in pairs
        if (span.name, span.kind, span.parent) != (f"chat {request.point.plan['request']['model']}", "CLIENT", "")))
    claim("attributes: model, tokens, finish reasons, errors and metrics", (
        wrong for request, span in pairs
        for wrong in differences(span.attributes, span_attributes(request), span.attributes["loadwright.request.id"])))
    status = lambda request: ("", "") if request.ok else ("ERROR", (request["error"] or "")[:256])
    claim("status of failed ones", (
        f"{span.status}, not {status(request)}" for request, span in pairs if span.status != status(request)))
    claim("the sampled flag", (f"{span}" for request, span in pairs if span.flags & 1 != request.sampled))
    last = {(one.point.index, one["seq"], one["turn"]): one for one in run.requests if one["last_attempt"]}
    before = lambda one: last.get((one.point.index, one["seq"], one["turn"] - 1))
    links = lambda request: [(one.trace, one.span) for one in [before(request)] if one]
    count = sum(bool(links(request)) for request, _ in pairs)
    claim(f"{count} turns linked to those before them", (
        f"{span.links}, not {links(request)}" for request, span in pairs if span.links != links(request)))


def log(run, received, twice):
    expected = [("INFO", f"run {received.name} begins: {len(run.points)} points", None)]
    for point in run.points:
        told = point.summary["loadwright"]
        expected.append(("INFO", f"point {point.name} begins", point.name))
        expected.append(("INFO", f"point ends: {told['verdict'].replace('_', ' ')}", point.name))
        for warning in told["warnings"]:
            text = warning["statement"]
            expected.append(("WARN", f"{text[0].upper()}{text[1:]}.", point.name))
    expected.append(("INFO", "run completed", None))
    ours = [(line.severity, line.text, line.attributes.get("loadwright.point")) for line in received.lines]
    missing = Counter(expected) - Counter(ours)
    claim(f"{len(expected)} lines of how points went", missing)
    # Whether a line came twice does not matter then.
    once = lambda lines: list(dict.fromkeys(lines)) if twice else list(lines)
    source = lambda line: line.attributes.get("loadwright.source")
    rest = [line for line, key in zip(received.lines, ours) if key not in set(expected)]
    told = once((round(line.time / 1e6), line.severity, line.text, source(line)) for line in rest)
    stored = once(run.log)
    wrong = [f"{one}, not {other}" for one, other in zip(told, stored) if one != other]
    # What follows says what became of the exporters.
    ends = any(text.startswith("results are in") for _, _, text, _ in told)
    claim(f"{len(told)} lines of the run's log", wrong if ends else wrong + [f"{told[-3:]} are the last"])
    claim("the resource names the run", (
        f"{one}" for one in received.resources if (one["loadwright.run.id"], one["service.instance.id"]) != (run.id, run.id)))


def servers(run, received):
    """Spans of the server: each under the request that it belongs to."""
    theirs = [span for span in received.spans if span.service != "loadwright"]
    own = [span for span in theirs if not span.parent]
    claim("the connection test alone is a trace of the server's own", [] if len(own) == 1 else [f"{own}"])
    theirs = [span for span in theirs if span.parent]
    ours = {(span.trace, span.id): span for span in received.spans if span.service == "loadwright"}
    sampled = {(request.trace, request.span) for request in run.requests if request.sampled}
    claim(f"{len(sampled)} sampled requests of {len(run.requests)} have a span of the server",
          (f"{one}" for one in sampled ^ {(span.trace, span.parent) for span in theirs}))
    parents = [(span, ours[span.trace, span.parent]) for span in theirs if (span.trace, span.parent) in ours]
    claim("it is the child of the request's span, within its time", (
        f"{span}" for span, parent in parents if not parent.start <= span.start <= span.end <= parent.end))


def main(folder, file, *options):
    run = Run(folder)
    received = Received(file, run.id)
    twice = "--twice" in options
    if "--mixed" in options:
        mixed(run)
    own_spans(run, received, "--phases" in options, twice)
    metrics(run, received)
    log(run, received, twice)
    if "--server" in options:
        servers(run, received)


if __name__ == "__main__":
    main(*sys.argv[1:])
