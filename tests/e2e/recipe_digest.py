"""The recipe digest for locks that tests write by hand."""

import os
import pathlib
import subprocess
import tempfile


def recipe_digest(recipe):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "demo.toml"
        file.write_text(recipe)
        command = [os.environ["LAUNCH_RECIPE_DIGEST"], file]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
