"""Opens a page of charts in headless Chromium, waits until they are drawn, and tells what is seen.

usage: browser.py URL CHARTS PICTURE

Prints one JSON object: `charts`, how many pixels of data each has by its title, and `thrown`, what the
page's own code threw. PICTURE becomes what a window shows of the page. It waits for as many charts as
CHARTS says; where there are fewer in the end, it prints those.

The browser is told what to do over its pipe for debugging: messages of JSON that end with a zero byte.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time

URL, CHARTS, PICTURE = sys.argv[1], int(sys.argv[2]), sys.argv[3]

# Seconds for all charts, and between looks at them.
PATIENCE, PAUSE = 90, 0.5

# Axes and texts are gray; a pixel of data is one that has a colour.
SEEN = """
Object.fromEntries([...document.querySelectorAll('.chart-container')].map(chart => {
  const canvas = chart.querySelector('canvas');
  const title = chart.innerText.split('\\n')[0].trim();
  if (!canvas) return [title, 0];
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
    const gray = Math.max(red, green, blue) - Math.min(red, green, blue) < 40;
    if (data[at + 3] > 128 && !gray) coloured += 1;
  }
  return [title, coloured];
}))
"""


class Browser:
    """A headless browser with one page."""

    def __init__(self, profile):
        commands, into = os.pipe()
        out, answers = os.pipe()

        def pipes():
            # By way of numbers that are free, so that neither replaces the other.
            os.dup2(commands, 63)
            os.dup2(answers, 64)
            os.dup2(63, 3)
            os.dup2(64, 4)

        line = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        line += ["--window-size=1280,1000", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        self.process = subprocess.Popen(line, preexec_fn=pipes, pass_fds=(3, 4))
        os.close(commands)
        os.close(answers)
        self.into, self.out = into, out
        self.number, self.session, self.rest = 0, {}, b""
        self.thrown = []
        page = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=page, flatten=True)
        self.session = {"sessionId": attached["sessionId"]}

    def call(self, method, **params):
        """Sends a command; what it returns."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params} | self.session
        os.write(self.into, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("method") == "Runtime.exceptionThrown":
                self.thrown.append(answer["params"]["exceptionDetails"].get("text", ""))
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self):
        while b"\0" not in self.rest:
            got = os.read(self.out, 1 << 16)
            if not got:
                sys.exit("the browser ended")
            self.rest += got
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def seen(self):
        result = self.call("Runtime.evaluate", expression=SEEN, returnByValue=True)["result"]
        return result.get("value") or {}


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    browser = Browser(profile)
    try:
        browser.call("Runtime.enable")
        browser.call("Page.navigate", url=URL)
        end = time.monotonic() + PATIENCE
        charts = browser.seen()
        while sum(1 for pixels in charts.values() if pixels) < CHARTS and time.monotonic() < end:
            time.sleep(PAUSE)
            charts = browser.seen()
        picture = browser.call("Page.captureScreenshot", format="png")["data"]
        with open(PICTURE, "wb") as file:
            file.write(base64.b64decode(picture))
        print(json.dumps({"charts": charts, "thrown": browser.thrown}))
    finally:
        browser.process.kill()
        browser.process.wait()
