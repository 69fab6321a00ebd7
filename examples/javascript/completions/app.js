// An API plugin: text completions, as OpenAI-compatible servers offer them.

import log from "loadwright:plugin/log@0.1.0";
import manifest from "./manifest.js";

// What `configure` was given.
let given;

export const plugin = {
  describe: () => JSON.stringify(manifest),

  configure(settings) {
    given = JSON.parse(settings);
    const { suffix, reading } = given.settings;
    if (suffix === "") {
      throw faultOf("suffix", "is empty; leave it out or give it a text");
    }
    log.write("info", `replies are read by ${reading}`);
  },
};

export const api = {
  plan() {
    if (given.settings.reading === "decode") {
      return null;
    }
    return {
      framing: "by-type",
      payload: "json",
      done: ["[DONE]"],
      rules: [
        rule("output", "/choices/*/text"),
        rule("finish", "/choices/*/finish_reason"),
        rule("count:input", "/usage/prompt_tokens"),
        rule("count:output", "/usage/completion_tokens"),
        rule("error", "/error"),
      ],
      next: "text",
      extra: "",
    };
  },

  format: (requests) => requests.map((request) => resultOf(request, formatted)),

  decode: (exchanges) => exchanges.map((exchange) => resultOf(exchange, decoded)),
};

/** A fault fails this item; any other exception ends the instance, and with it the batch. */
function resultOf(item, make) {
  try {
    return { tag: "ok", val: make(item) };
  } catch (fault) {
    if (fault.tag === undefined) {
      throw fault;
    }
    return { tag: "err", val: fault };
  }
}

function faultOf(name, text) {
  return { tag: "settings", val: { name, text } };
}

function rule(kind, at) {
  return { kind, at, when: [], modes: [] };
}

function formatted(request) {
  const { generation, settings, template, extra_args } = given;
  // The last wins: template, generation and limits, the request's own members, --extra-args.
  const body = { ...template, ...promptOf(request), ...generation };
  if (settings.suffix != null) {
    body.suffix = settings.suffix;
  }
  if (request.maxTokens != null) {
    body.max_tokens = request.maxTokens;
  }
  if (request.minTokens != null) {
    body.min_tokens = request.minTokens;
  }
  if (body.stream) {
    body.stream_options = { include_usage: true };
  }
  Object.assign(body, request.extra && JSON.parse(request.extra), extra_args);
  for (const name of Object.keys(extra_args ?? {})) {
    if (extra_args[name] === null) {
      delete body[name];
    }
  }
  return {
    method: "POST",
    path: null,
    headers: [{ name: "content-type", value: "application/json" }],
    body: [{ tag: "bytes", val: utf8(JSON.stringify(body)) }],
    extra: "",
  };
}

function promptOf({ prompt }) {
  switch (prompt.tag) {
    case "text":
      return { prompt: prompt.val };
    case "tokens":
      return { prompt: Array.from(prompt.val) };
    case "messages":
      return { prompt: prompt.val.flatMap(({ parts }) => parts.map(textOf)).join("\n") };
    default:
      throw { tag: "unsupported", val: `completions take texts and token ids, not ${prompt.tag}` };
  }
}

function textOf(part) {
  if (part.tag !== "text") {
    throw { tag: "unsupported", val: `completions take texts, not ${part.tag}` };
  }
  return part.val;
}

/** What the reading plan finds, read by hand. */
function decoded(exchange) {
  const reply = {
    pieces: [],
    counts: [],
    metrics: [],
    finishReason: null,
    message: null,
    error: null,
    extra: "",
  };
  let start = 0;
  exchange.frames.forEach(({ end }, index) => {
    const payload = text(exchange.data.slice(start, end));
    start = end;
    if (payload !== "[DONE]") {
      readFrame(reply, index, JSON.parse(payload));
    }
  });
  const parts = [{ tag: "text", val: reply.pieces.map((piece) => piece.text).join("") }];
  return { ...reply, message: { role: "assistant", parts, extra: "" } };
}

function readFrame(reply, frame, { choices, usage, error }) {
  for (const choice of choices ?? []) {
    if (choice.text) {
      reply.pieces.push({ frame, channel: "output", text: choice.text, tokens: null });
    }
    reply.finishReason = choice.finish_reason ?? reply.finishReason;
  }
  if (usage) {
    reply.counts.push({ name: "input", value: usage.prompt_tokens });
    reply.counts.push({ name: "output", value: usage.completion_tokens });
  }
  if (error) {
    reply.error = error.message ?? JSON.stringify(error);
  }
}

// QuickJS has no TextEncoder.
function utf8(text) {
  return Uint8Array.from(unescape(encodeURIComponent(text)), (byte) => byte.charCodeAt(0));
}

function text(bytes) {
  let binary = "";
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return decodeURIComponent(escape(binary));
}
