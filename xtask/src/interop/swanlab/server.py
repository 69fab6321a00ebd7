"""A server with SwanLab's answers that notes what it is sent: python3 server.py PORT FILE

Each request is a line of JSON in FILE: method, path, body. What is uploaded goes to the same server.
"""

import http.server
import json
import sys

PORT, NOTES = int(sys.argv[1]), sys.argv[2]
HERE = f"http://127.0.0.1:{PORT}"
PROJECTS = set()


def answer(method, path, body):
    """Status and content."""
    if not path.startswith("/api/"):
        return 200, {}
    parts = path.split("?")[0].split("/")[2:]
    match method, parts:
        case "POST", ["login", "api_key"]:
            user = {"username": "tester", "name": "Tester"}
            return 200, {"sid": "session", "expiredAt": "2099-01-01T00:00:00.000Z", "userInfo": user}
        case "GET", ["project", owner, name]:
            if (owner, name) not in PROJECTS:
                return 404, {"code": "Not_Found", "message": "there is no such project"}
            project = {"cuid": "project-1", "name": name, "version": 1, "path": f"/{owner}/{name}"}
            return 200, project | {"visibility": "PRIVATE", "group": {"username": owner}, "_count": {"experiments": 0}}
        case "POST", ["projects", owner]:
            PROJECTS.add((owner, body["name"]))
            return 201, {}
        case "POST", ["project", _, _, "experiment"]:
            return 201, {"cuid": f"experiment-{body['cuid']}", "slug": body["cuid"], "name": body["name"]}
        case "POST", ["resources", "presigned", "put"]:
            return 201, {"urls": [f"{HERE}/store/{path}" for path in body["paths"]]}
        case "POST", ["experiment", _, "files", "prepare"]:
            return 201, {"urls": [f"{HERE}/store/files/{file['path']}" for file in body["files"]]}
        case _:
            return 200 if method == "PUT" else 201, {}


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(content)
        except ValueError:
            body = content.decode(errors="replace")
        with open(NOTES, "a", encoding="utf-8") as notes:
            note = {"method": self.command, "path": self.path, "body": body, "text": content.decode(errors="replace")}
            notes.write(json.dumps(note) + "\n")
        status, content = answer(self.command, self.path, body)
        content = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = handle_any


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
