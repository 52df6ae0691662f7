"""The first stage of a rendered Dockerfile alone: the base image, variables and apt's packages."""

import os
import subprocess


def run(*command, **more):
    done = subprocess.run(command, text=True, capture_output=True, **more)
    assert done.returncode == 0, f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}{done.stderr[-3000:]}"
    return done.stdout


def stage_of(launch, project, name):
    """The stage of a recipe, without comments."""
    run(launch, "-C", project, "render", name)
    lines = (project / "images" / name / "Dockerfile").read_text().splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if line.startswith("COPY "))
    return "".join(line for line in lines[:first] if not line.startswith("#"))


def build_stage(stage, image, *options):
    """Builds it with podman; returns what that prints. The base image comes from where ci/stand-in says, if that runs this
    test."""
    place = os.environ.get("LAUNCH_STAND_IN")
    stage = stage.replace("FROM docker.io/", f"FROM {place}/") if place else stage
    return run("podman", "build", *options, *(["--tls-verify=false"] if place else []), "--tag", image, "-", input=stage)
