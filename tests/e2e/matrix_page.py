"""The page of `launch matrix --html`, looked at in headless Chromium.

usage: matrix_page.py LAUNCH [--keep FOLDER]

An index on loopback has small wheels. A page of a few names is searched, sorted, filtered, read by mouse and by
keyboard, in light and dark and printed; one of 2,000 names in 60 versions must stay usable. --keep leaves the pages
and pictures in a folder.
"""

import argparse
import hashlib
import http.server
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import zipfile

import chromium

SKIPPED = 77


def wheel(version, files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        info = f"torch-{version}.dist-info"
        for name, text in {**files, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n",
                           f"{info}/WHEEL": "Wheel-Version: 1.0\n", f"{info}/RECORD": ""}.items():
            archive.writestr(name, text)
    return out.getvalue()


class Index(http.server.BaseHTTPRequestHandler):
    wheels = {}
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802 (the base class's name)
        if self.path == "/simple/torch/":
            files = [{"filename": name, "url": f"/files/{name}", "size": len(data),
                      "hashes": {"sha256": hashlib.sha256(data).hexdigest()}} for name, data in self.wheels.items()]
            body = json.dumps({"meta": {"api-version": "1.0"}, "name": "torch", "files": files}).encode()
            return self.answer(200, body, {"Content-Type": "application/vnd.pypi.simple.v1+json"})
        data = self.wheels.get(self.path.removeprefix("/files/"))
        if data is None:
            return self.answer(404, b"", {})
        first, last = self.headers["Range"].removeprefix("bytes=").split("-")
        first, last = int(first), min(int(last), len(data) - 1)
        return self.answer(206, data[first:last + 1], {"Content-Range": f"bytes {first}-{last}/{len(data)}"})

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Look:
    def __init__(self, launch, keep):
        self.launch, self.keep = launch, keep
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page_of(self, name, wheels, *arguments):
        Index.wheels = wheels
        environment = {"HOME": str(self.root), "PATH": os.environ["PATH"], "UV_NO_CONFIG": "1",
                       "PIP_CONFIG_FILE": os.devnull, "XDG_CACHE_HOME": str(self.root / name),
                       "LAUNCH_STORE": str(self.root / name / "store"), "NO_PROXY": "127.0.0.1",
                       "LAUNCH_INDEX_URL": f"http://127.0.0.1:{self.server.server_port}/simple"}
        page = self.root / f"{name}.html"
        subprocess.run([self.launch, "matrix", *arguments, "--html", str(page)], env=environment, cwd=self.root,
                       stdout=subprocess.DEVNULL, check=True)
        self.save(f"{name}.html", page.read_bytes())
        return page

    def save(self, name, data):
        if self.keep:
            self.keep.mkdir(parents=True, exist_ok=True)
            (self.keep / name).write_bytes(data)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()


VISIBLE = "[...document.querySelectorAll('.body .row')].filter(r => !r.hidden).map(r => r.firstElementChild.textContent)"


def visible(page):
    return page.evaluate(VISIBLE)


def choose(page, field, value):
    page.evaluate(f"{{ const f = document.querySelector('form').{field}; f.value = {json.dumps(value)};"
                  " f.dispatchEvent(new Event('change')); }")


def evidence(page):
    return page.evaluate("[...document.querySelector('output').children].map(e => e.textContent)")


def few(look, page):
    def module(version):
        names = ["always"]
        names += ["comes"] if version >= 3 else []
        names += ["goes"] if version < 4 else []
        names += ["returns"] if version != 2 else []
        return "".join(f"class {name}: ...\n" for name in names)

    wheels = {f"torch-2.{v}.0-py3-none-any.whl": wheel(f"2.{v}.0", {
        "torch/__init__.py": module(v), "torch/lazy.py": "def __getattr__(n): return globals()[n]\n"}) for v in range(1, 6)}
    # A name that would end the script and begin another, if anything let it.
    (look.root / "src").mkdir()
    (look.root / "src" / "a.py").write_text(
        "from torch import always\nfrom torch import comes, goes, returns\nfrom torch.lazy import perhaps\n"
        "def f():\n    from torch import never\n    from torch import goes\n")
    file = look.page_of("few", wheels, "src", "--all")
    page.open(file.as_uri())
    assert [url for url in page.requests if not url.startswith("file:")] == [], page.requests
    assert page.complaints == [], page.complaints

    names = ["torch.always", "torch.comes", "torch.goes", "torch.never", "torch.returns", "torch.lazy.perhaps"]
    assert visible(page) == names, visible(page)
    story = page.evaluate("[...document.querySelectorAll('.body .story')].map(e => e.textContent)")
    assert story == ["yes", "yes since 2.3.0", "yes, no from 2.4.0", "no", "yes, no from 2.2.0, yes since 2.3.0",
                     "unknown"], story

    # Filters, order, search.
    choose(page, "show", "changes")
    assert visible(page) == ["torch.comes", "torch.goes", "torch.returns"], visible(page)
    choose(page, "show", "gone")
    assert visible(page) == ["torch.goes", "torch.never", "torch.lazy.perhaps"], visible(page)
    choose(page, "show", "unknown")
    assert visible(page) == ["torch.lazy.perhaps"], visible(page)
    choose(page, "show", "all")
    choose(page, "sort", "last")
    assert visible(page)[:3] == ["torch.goes", "torch.comes", "torch.returns"], visible(page)
    choose(page, "sort", "need")
    assert visible(page)[-1] == "torch.never", visible(page)
    choose(page, "sort", "name")
    page.press("/")
    page.write_text("RETURNS")
    assert visible(page) == ["torch.returns"], visible(page)
    assert page.evaluate("document.getElementById('count').textContent") == "1 of 6 names"
    page.evaluate("{ const s = document.querySelector('form').search; s.value = ''; s.dispatchEvent(new Event('input')); }")

    # Evidence by keyboard: from the row of `returns` leftwards to the version that lacks it.
    page.evaluate("document.querySelectorAll('.body .cells')[4].focus()")
    page.press("End")
    assert evidence(page) == ["torch.returns in torch 2.5.0: yes: torch/__init__.py:3", "must: src/a.py:2"], evidence(page)
    for _ in range(3):
        page.press("ArrowLeft")
    assert evidence(page)[0] == \
        "torch.returns in torch 2.2.0: no: torch/__init__.py of torch 2.2.0 has no returns", evidence(page)
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label == "torch 2.2.0: no. torch/__init__.py of torch 2.2.0 has no returns", label
    page.press("ArrowUp")
    assert evidence(page) == ["torch.never in torch 2.2.0: no: torch/__init__.py of torch 2.2.0 has no never",
                              "path: src/a.py:5"], evidence(page)
    page.press("Home")
    assert evidence(page)[0].startswith("torch.never in torch 2.1.0: no"), evidence(page)

    # … and by mouse: over the fourth fifth of `goes`.
    box = page.evaluate("(() => { const b = document.querySelectorAll('.body .cells')[2].getBoundingClientRect();"
                        " return [b.left, b.top, b.width, b.height]; })()")
    page.mouse("mouseMoved", box[0] + box[2] * 0.7, box[1] + box[3] / 2)
    assert evidence(page) == ["torch.goes in torch 2.4.0: no: torch/__init__.py of torch 2.4.0 has no goes",
                              "must: src/a.py:2, src/a.py:6"], evidence(page)

    # Light and dark differ, and text can be read in both.
    looks = {}
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        looks[scheme] = page.evaluate("(() => { const s = getComputedStyle(document.body);"
                                      " return [s.color, s.backgroundColor]; })()")
        assert contrast(*looks[scheme]) > 7, looks
        look.save(f"few-{scheme}.png", page.screenshot())
    assert looks["light"] != looks["dark"], looks

    # On paper there is no form and no evidence, and every row is there.
    page.prefer("light", media="print")
    for hidden in ("form", "output"):
        assert page.evaluate(f"getComputedStyle(document.querySelector('{hidden}')).display") == "none", hidden
    pdf = page.pdf()
    look.save("few.pdf", pdf)
    assert pages_of(pdf) == 1, pages_of(pdf)
    page.prefer("light")


def many(look, page):
    module = lambda v: "".join(f"def name_{i}(): ...\n" for i in range(2000) if (i * 7 + v * 11) % 97 > (i % 5) * 10)
    wheels = {}
    for v in range(60):
        version = f"2.8.0.dev{20250501 + v if v < 31 else 20250601 + v - 31 if v < 61 else 0}"
        wheels[f"torch-{version}-py3-none-any.whl"] = wheel(version, {"torch/__init__.py": module(v)})
    (look.root / "many.py").write_text("".join(f"from torch import name_{i}\n" for i in range(2000)))
    file = look.page_of("many", wheels, "many.py", "--all")
    seconds = page.open(file.as_uri())
    assert len(visible(page)) == 2000
    timings = page.evaluate("""(() => {
      const took = (act) => { const t = performance.now(); act(); document.body.getBoundingClientRect();
                              return performance.now() - t; };
      const form = document.querySelector('form');
      return {
        search: took(() => { form.search.value = 'name_19'; form.search.dispatchEvent(new Event('input')); }),
        all: took(() => { form.search.value = ''; form.search.dispatchEvent(new Event('input')); }),
        sort: took(() => { form.sort.value = 'first'; form.sort.dispatchEvent(new Event('change')); }),
        move: took(() => { document.querySelector('.body .cells').focus(); }),
      };
    })()""")
    # On a sheet of A4 paper nothing is cut off.
    page.prefer("light", media="print")
    page.call("Emulation.setDeviceMetricsOverride", width=1030, height=700, deviceScaleFactor=1, mobile=False)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1030
    page.call("Emulation.clearDeviceMetricsOverride")
    page.prefer("light")
    page.evaluate("document.querySelector('.body .cells').focus()")
    page.press("ArrowRight")
    page.press("ArrowDown")
    assert evidence(page)[0].startswith("torch.name_"), evidence(page)
    look.save("many.png", page.screenshot())
    pdf = page.pdf()
    assert 10 < pages_of(pdf) < 200, pages_of(pdf)
    size = file.stat().st_size
    print(f"2,000 names in 60 versions: {size / 1e6:.1f} MB, {seconds:.2f} s to load, {pages_of(pdf)} printed pages; "
          + ", ".join(f"{name} {value:.0f} ms" for name, value in timings.items()))
    assert size < 8e6, size


def contrast(one, other):
    def light(colour):
        channels = [int(part) / 255 for part in colour[colour.index("(") + 1:-1].split(",")[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def pages_of(pdf):
    return pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type /Page/")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("launch")
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    if not chromium.find():
        print("skipped: no chromium; ci/setup installs it")
        return SKIPPED
    look = Look(options.launch, options.keep)
    page = chromium.Page()
    try:
        few(look, page)
        many(look, page)
    finally:
        page.close()
        look.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
