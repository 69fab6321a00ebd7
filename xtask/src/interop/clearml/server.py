"""A server that answers as ClearML's API and file server do, as far as tasks need it, and keeps what it
is sent.

usage: server.py PORT FILE

Each exchange is a line of JSON in FILE: the action, the headers, the text of the body, and the answer's.
"""

import base64
import json
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, FILE = int(sys.argv[1]), sys.argv[2]
LOCK = threading.Lock()
TASKS, PROJECTS = {}, {}
ENDINGS = {"started": "in_progress", "completed": "completed", "failed": "failed", "stopped": "stopped"}


def token():
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    now = int(time.time())
    identity = {"user": "u", "company": "c", "role": "user", "user_name": "u", "company_name": "c"}
    claims = {"iat": now, "exp": now + 86400, "auth_type": "Bearer", "identity": identity}
    claims |= {"api_version": "2.34", "server_version": "2.3.0", "server_build": "1", "feature_set": "basic"}
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.c2ln"


def new_task(given):
    task = {"id": uuid.uuid4().hex, "user": "u", "company": "c", "status": "created", "hyperparams": {}}
    task |= {"created": "2026-01-01T00:00:00+00:00", "last_iteration": 0, "configuration": {}, "tags": []}
    task |= {"execution": {"artifacts": []}, "output": {"destination": ""}, "runtime": {}, "models": {}}
    task["models"] = {"input": [], "output": []}
    task["script"] = {"requirements": {}, "diff": ""}
    task |= given
    TASKS[task["id"]] = task
    return {"id": task["id"]}


def new_project(given):
    project = {"id": uuid.uuid4().hex, "name": given["name"], "user": "u", "company": "c"}
    PROJECTS[project["id"]] = project
    return {"id": project["id"]}


def answer(action, given, body):
    service, _, name = action.partition(".")
    if action == "auth.login":
        return {"token": token()}
    if action == "projects.get_all":
        wanted = (given.get("name") or "").strip("^$").replace("\\", "")
        return {"projects": [one for one in PROJECTS.values() if one["name"] == wanted]}
    if action == "projects.create":
        return new_project(given)
    if action == "projects.get_by_id":
        return {"project": PROJECTS.get(given["project"])}
    if action == "tasks.create":
        return new_task(given)
    if action == "tasks.get_by_id":
        return {"task": TASKS[given["task"]]}
    if action == "tasks.get_all":
        return {"tasks": [TASKS[one] for one in given.get("id") or [] if one in TASKS]}
    if action == "tasks.edit":
        fields = {key: value for key, value in given.items() if key not in ("task", "force", "method")}
        TASKS[given["task"]].update(fields)
        return {"updated": 1, "fields": fields}
    if service == "tasks" and name in ENDINGS:
        TASKS[given["task"]]["status"] = ENDINGS[name]
        return {"updated": 1, "fields": {"status": ENDINGS[name]}}
    if action == "events.add_batch":
        return {"added": len(body.splitlines()), "errors": 0, "errors_info": {}}
    return {"updated": 1}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        action = self.path.rsplit("/", 1)[-1]
        try:
            given = json.loads(body)
        except ValueError:
            given = {}
        headers = {name.lower(): value for name, value in self.headers.items()}
        meta = {"id": "m", "trx": "m", "endpoint": {"name": action}, "result_code": 200}
        meta |= {"result_subcode": 0, "result_msg": "OK", "error_stack": "", "error_data": {}}
        with LOCK:
            data = answer(action, given if isinstance(given, dict) else {}, body)
            line = {"method": self.command, "action": action, "headers": headers, "body": body}
            with open(FILE, "a", encoding="utf-8") as file:
                file.write(json.dumps(line | {"answer": json.dumps(data)}) + "\n")
        reply = json.dumps({"meta": meta, "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_GET = do_POST = do_PUT = serve


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
