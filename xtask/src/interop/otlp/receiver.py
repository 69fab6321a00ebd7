"""Keeps requests of OTLP over HTTP, of a collector that sends on: a line of JSON each.

usage: receiver.py PORT FILE
"""

import gzip
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict, Parse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        request = REQUESTS[self.path]()
        kind = self.headers["content-type"]
        # Ids are no base64 in OTLP's JSON: traces do not come here in it.
        Parse(body, request) if kind == "application/json" else request.ParseFromString(body)
        with open(sys.argv[2], "a", encoding="utf-8") as file:
            file.write(json.dumps(MessageToDict(request)) + "\n")
        self.send_response(200)
        self.send_header("content-type", kind)
        answer = b"{}" if kind == "application/json" else b""
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
