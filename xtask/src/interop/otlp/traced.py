"""A server of chat completions that continues the traces of its requests, as vLLM does.

usage: traced.py PORT
"""

import json
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROVIDER = TracerProvider()
PROVIDER.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
TRACER = PROVIDER.get_tracer("server")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        context = TraceContextTextMapPropagator().extract(self.headers)
        with TRACER.start_as_current_span("llm_request", context, SpanKind.SERVER) as span:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            count = asked.get("max_tokens", 4)
            for index in range(count):
                time.sleep(0.005)
                finish = "length" if index == count - 1 else None
                self.event({"choices": [{"index": 0, "delta": {"content": " word"}, "finish_reason": finish}]})
            usage = {"prompt_tokens": 1, "completion_tokens": count, "total_tokens": count + 1}
            span.set_attribute("gen_ai.usage.completion_tokens", count)
        # Its span ends before the reply does, so it lies within the client's.
        self.event({"choices": [], "usage": usage})
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def event(self, value):
        self.chunk(f"data: {json.dumps(value)}\n\n".encode())

    def chunk(self, content):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

    def log_message(self, *_):
        pass


def stop(*_):
    PROVIDER.shutdown()
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
