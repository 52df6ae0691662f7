#!/usr/bin/env python3
"""layers_image.py WHEEL_IMAGE: an image made of wheels' layers, read by skopeo and pulled by podman.

podman pulls it from a folder, whole, and from a registry, file by file through the tables of contents. Both are the
image that was made: its ID, its digest, its files.
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from podman_storage import own_storage, tree
from real_registry import PREFIX, WHEELS, download_wheels, run, start_registry

WHEEL_IMAGE = sys.argv.pop(1)
TIME = 1_700_000_000  # of wheel_image.cpp
# Only readers that know no eStargz see these.
OF_THE_FORMAT = {".no.prefetch.landmark", "stargz.index.json"}


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-layers-image-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        download_wheels(cls.root / "wheels")
        cls.layout = cls.root / "layout"
        said = run(WHEEL_IMAGE, cls.layout, cls.root / "store", PREFIX, "%d.%d" % sys.version_info[:2], f"{PREFIX}/bin/python3",
                   *sorted((cls.root / "wheels").iterdir()))  # fmt: skip
        cls.digest, cls.id = said.split()

    def podman(self, name, *arguments, options=""):
        """podman with a storage of its own."""
        return run("podman", *arguments, cwd=self.root, env={**os.environ, **own_storage(self.root / name, more=options)})

    def pulled(self, name, source, *arguments, options=""):
        """The tree of the image after a pull."""
        self.podman(name, "pull", "--quiet", *arguments, source, options=options)
        (line,) = self.podman(name, "images", "--no-trunc", "--format", "{{.ID}} {{.Digest}}", options=options).splitlines()
        self.assertEqual(line.split(), [self.id, self.digest])
        mounted = self.podman(name, "image", "mount", self.id.split(":")[1], options=options).strip()
        self.addCleanup(self.podman, name, "image", "umount", self.id.split(":")[1], options=options)
        return tree(pathlib.Path(mounted))

    def test_skopeo_accepts_every_digest(self):
        run("skopeo", "copy", "--quiet", "--preserve-digests", f"oci:{self.layout}:wheels", f"dir:{self.root}/copy")
        said = json.loads(run("skopeo", "inspect", f"dir:{self.root}/copy"))
        self.assertEqual(said["Digest"], self.digest)
        self.assertEqual(len(said["Layers"]), len(WHEELS))
        self.assertEqual(said["Env"], [f"PATH={PREFIX}/bin:/usr/bin:/bin"])

    def test_podman_pulls_the_image_that_was_made(self):
        whole = self.pulled("whole", "oci:layout:wheels")
        self.assertLessEqual(OF_THE_FORMAT, set(whole))
        self.assertEqual({found.mode for found in whole.values()}, {"drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"})
        self.assertIn("opt/venv/bin/ninja", whole)
        by_file = self.from_registry()
        for name in OF_THE_FORMAT:
            del whole[name]
        self.assertEqual({(found.user, found.group, found.changed) for found in whole.values()}, {(0, 0, TIME), (0, 0, None)})
        self.assertEqual(sorted(by_file), sorted(whole))
        for path, found in whole.items():
            # podman 4 sets no times when it pulls file by file
            self.assertEqual(by_file[path]._replace(changed=None), found._replace(changed=None), path)

    def from_registry(self):
        address = start_registry(type(self), self.root / "registry")
        run("skopeo", "copy", "--quiet", "--preserve-digests", "--dest-tls-verify=false", f"oci:{self.layout}:wheels",
            f"docker://{address}/wheels:1")  # fmt: skip
        options = '[storage.options]\npull_options = {enable_partial_images = "true"}\n'
        return self.pulled("by-file", f"{address}/wheels:1", "--tls-verify=false", options=options)


if __name__ == "__main__":
    unittest.main()
