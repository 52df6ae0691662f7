"""matrix and bisect on the machine's own index: when real names came and went.

usage: real_versions.py LAUNCH

The names are those of the incidents that launch was written for; the commits are those of PyTorch's tags. The dated
releases of torchtnt-nightly are a real stream of nightlies, in which names were really removed.
"""

import json
import os
import subprocess
import sys
import tempfile

SKIPPED = 77


def launch(program, folder, *arguments):
    environment = {**os.environ, "LAUNCH_STORE": f"{folder}/store", "XDG_CACHE_HOME": folder}
    done = subprocess.run([program, *arguments, "--json"], env=environment, cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode == 3:
        print(f"skipped: the machine's index cannot be read: {done.stderr.strip()}")
        sys.exit(SKIPPED)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def story(name):
    return [(each["verdict"], each["first"]) for each in name["intervals"]]


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        found = launch(program, folder, "matrix", "torch.distributed.pipelining", "torch.utils.checkpoint:CheckpointPolicy",
                       "torch.distributed._tensor:Partial", "torch.optim.lr_scheduler:LRScheduler", "--from", "2.0.0")
        stories = {name["name"]: story(name) for name in found["names"]}
        expected = {"torch.distributed:pipelining": [("no", "2.0.0"), ("yes", "2.4.0")],
                    "torch.distributed._tensor:Partial": [("no", "2.0.0"), ("yes", "2.4.0")],
                    "torch.optim.lr_scheduler:LRScheduler": [("yes", "2.0.0")],
                    "torch.utils.checkpoint:CheckpointPolicy": [("no", "2.0.0"), ("yes", "2.5.0")]}
        assert stories == expected, stories

        found = launch(program, folder, "bisect", "torch.utils.checkpoint:CheckpointPolicy", "--from", "2.4.0", "--to", "2.5.1")
        (change,) = found["names"][0]["changes"]
        assert (change["before"], change["after"]) == ("2.4.1", "2.5.0"), change
        commits = ("38b96d3399a695e704ed39b60dac733c3fbf20e2", "32f585d9346e316e554c8d9bf7548af9f62141fc")  # v2.4.1, v2.5.0
        assert tuple(change["commits"].values()) == commits, change

        found = launch(program, folder, "bisect", "torchtnt.framework:init_fit_state", "--package", "torchtnt-nightly",
                       "--from", "2023.7.17", "--to", "2023.7.24")
        (change,) = found["names"][0]["changes"]
        assert (change["from"], change["to"], change["after"]) == ("yes", "no", "2023.7.21"), change
        found = launch(program, folder, "bisect", "torchtnt.utils.version:is_torch_version_geq_1_8", "--package",
                       "torchtnt-nightly", "--from", "2024.3.22", "--to", "2024.5.26")
        (change,) = found["names"][0]["changes"]
        assert (change["from"], change["to"], change["after"]) == ("yes", "no", "2024.5.22"), change
        found = launch(program, folder, "bisect", "torchrec.distributed.quant_state", "--package", "torchrec-nightly",
                       "--from", "2023.6.15", "--to", "2023.6.22")
        (change,) = found["names"][0]["changes"]
        assert (change["from"], change["to"], change["after"]) == ("no", "yes", "2023.6.19"), change


if __name__ == "__main__":
    main()
