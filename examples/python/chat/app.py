"""An API plugin: chat completions, as OpenAI-compatible servers offer them."""

import json
from pathlib import Path

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.exports import api
from wit_world.imports import types

# Read while the component is built: it becomes a part of it.
MANIFEST = Path(__file__).with_name("manifest.json").read_text()

# What `configure` was given.
given = {}


class Plugin(exports.Plugin):
    def describe(self):
        return MANIFEST

    def configure(self, settings):
        global given
        given = json.loads(settings)
        system = given["settings"].get("system")
        if system is not None and not system.strip():
            raise fault_of("system", "is blank; leave it out or give it a text")


class Api(exports.Api):
    def plan(self):
        if given["settings"]["reading"] == "decode":
            return None
        rules = [
            rule("output", "/choices/*/delta/content"),
            rule("output", "/choices/*/message/content"),
            rule("finish", "/choices/*/finish_reason"),
            rule("count:input", "/usage/prompt_tokens"),
            rule("count:output", "/usage/completion_tokens"),
            rule("error", "/error"),
        ]
        return api.ReadingPlan("by-type", "json", ["[DONE]"], rules, "text", "")

    def format(self, requests):
        return [result_of(request, formatted) for request in requests]

    def decode(self, exchanges):
        return [result_of(exchange, decoded) for exchange in exchanges]


def result_of(item, function):
    """A fault fails this item; any other exception ends the instance, and with it the batch."""
    try:
        return Ok(function(item))
    except Err as fault:
        return fault


def fault_of(setting, text):
    return Err(types.Fault_Settings(types.SettingFault(setting, text)))


def rule(kind, at):
    return api.Rule(kind, at, [], [])


def formatted(request):
    messages = [written(message) for message in request.history]
    system = given["settings"].get("system")
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    match request.prompt:
        case types.Prompt_Messages(new):
            messages += [written(message) for message in new]
        case types.Prompt_Text(text):
            messages.append({"role": "user", "content": text})
        case _:
            raise Err(types.Fault_Unsupported("chat takes messages and texts"))
    # The last wins: template, generation and limits, the request's own members, --extra-args.
    template = given.get("template")
    body = dict(template) if isinstance(template, dict) else {}
    body["messages"] = messages
    body.update(given["generation"])
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    if request.min_tokens is not None:
        body["min_tokens"] = request.min_tokens
    if body.get("stream"):
        body["stream_options"] = {"include_usage": True}
    if request.extra:
        body.update(json.loads(request.extra))
    for name, value in (given.get("extra_args") or {}).items():
        if value is None:
            body.pop(name, None)
        else:
            body[name] = value
    headers = [types.Field("content-type", "application/json")]
    return api.Request("POST", None, headers, segments(body), "")


def written(message):
    """The message as JSON; its content is a list where the host holds a part of it."""
    parts = []
    for part in message.parts:
        if not isinstance(part, (types.Part_Text, types.Part_HeldText)):
            raise Err(types.Fault_Unsupported("chat takes texts, no media"))
        parts.append(part.value)
    if all(isinstance(part, str) for part in parts):
        return {"role": message.role, "content": "".join(parts)}
    return {"role": message.role, "content": Joined(parts)}


class Joined:
    """A text of several parts, some of which the host holds."""

    def __init__(self, parts):
        self.parts = parts


def segments(body):
    """The body as JSON, in which held texts are segments of their own."""
    result = []
    pending = []

    def write(value):
        if isinstance(value, dict):
            pending.append("{")
            for number, (name, member) in enumerate(value.items()):
                pending.append(("," if number else "") + json.dumps(name) + ":")
                write(member)
            pending.append("}")
        elif isinstance(value, list):
            pending.append("[")
            for number, element in enumerate(value):
                pending.append("," if number else "")
                write(element)
            pending.append("]")
        elif isinstance(value, Joined):
            pending.append('"')
            for part in value.parts:
                if isinstance(part, str):
                    pending.append(json.dumps(part)[1:-1])
                else:
                    flush()
                    text = api.Insertion(part.index, api.Encoding.JSON_STRING)
                    result.append(api.Segment_Text(text))
            pending.append('"')
        else:
            pending.append(json.dumps(value))

    def flush():
        if pending:
            result.append(api.Segment_Bytes("".join(pending).encode()))
            pending.clear()

    write(body)
    flush()
    return result


def decoded(exchange):
    """What the reading plan finds, read by hand."""
    reply = api.Reply([], [], [], None, None, None, "")
    start = 0
    for index, frame in enumerate(exchange.frames):
        payload = exchange.data[start : frame.end]
        start = frame.end
        if payload != b"[DONE]":
            read_frame(reply, index, json.loads(payload))
    text = "".join(piece.text for piece in reply.pieces)
    reply.message = types.Message("assistant", [types.Part_Text(text)], "")
    return reply


def read_frame(reply, index, frame):
    for choice in frame.get("choices", []):
        said = choice.get("delta") or choice.get("message") or {}
        if said.get("content"):
            reply.pieces.append(api.Piece(index, "output", said["content"], None))
        reply.finish_reason = choice.get("finish_reason") or reply.finish_reason
    usage = frame.get("usage") or {}
    for name, member in (("input", "prompt_tokens"), ("output", "completion_tokens")):
        if member in usage:
            reply.counts.append(api.Quantity(name, usage[member]))
    if "error" in frame:
        reply.error = str(frame["error"])
