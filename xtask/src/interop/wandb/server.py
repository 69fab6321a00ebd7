"""A server that answers as Weights & Biases does, as far as runs need it, and keeps what it is sent.

usage: server.py PORT FILE

Each exchange is a line of JSON in FILE: the method, the path, the headers, the body, the answer, and
the text of an upload.
"""

import gzip
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, FILE = int(sys.argv[1]), sys.argv[2]
LOCK = threading.Lock()


def viewer(_):
    return {"viewer": {"id": "1", "entity": "team", "username": "someone", "email": "", "flags": "{}"}}


def features(_):
    return {"serverInfo": {"features": []}}


def upsert(given):
    project = {"id": "2", "name": given.get("project") or "uncategorized"}
    project["entity"] = {"id": "3", "name": given.get("entity") or "team"}
    bucket = {"id": "4", "name": given.get("name"), "displayName": given.get("displayName")}
    bucket |= {"config": given.get("config"), "sweepName": None, "historyLineCount": 0}
    bucket["project"] = project
    return {"upsertBucket": {"bucket": bucket, "inserted": True}}


def files(given):
    place = f"http://127.0.0.1:{PORT}/storage/"
    named = [{"name": name, "uploadUrl": place + name} for name in given["files"]]
    return {"createRunFiles": {"runID": "4", "uploadHeaders": ["x-of-the-storage: 1"], "files": named}}


ANSWERS = {
    "Viewer": viewer,
    "ServerFeaturesQuery": features,
    "UpsertBucket": upsert,
    "CreateRunFiles": files,
    "RunResumeStatus": lambda given: {"model": {"bucket": None}},
    "NotifyScriptableRunAlert": lambda given: {"notifyScriptableRunAlert": {"success": True}},
}


def answer(path, body):
    if path.endswith("/file_stream"):
        return {"exitcode": None, "limits": {}}
    if path != "/graphql":
        return {}
    name = body.get("operationName")
    if name not in ANSWERS:
        return {"errors": [{"message": f"no operation {name} here"}], "data": None}
    return {"data": ANSWERS[name](body.get("variables") or {})}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def serve(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        said = answer(self.path, body)
        self.keep(content.decode("utf-8", "replace"), body, said)
        reply = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def keep(self, text, body, said):
        if isinstance(body, dict):
            body.pop("query", None)
        headers = {name.lower(): value for name, value in self.headers.items()}
        line = {"method": self.command, "path": self.path, "headers": headers, "body": body}
        if self.command == "PUT":
            line["text"] = text
        with LOCK, open(FILE, "a", encoding="utf-8") as file:
            file.write(json.dumps(line | {"answer": said}) + "\n")

    do_GET = do_POST = do_PUT = serve


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
