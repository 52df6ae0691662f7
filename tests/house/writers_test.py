#!/usr/bin/env python3
"""Every file that writes has a test with a full or broken disk."""

import re

import tree

# Each writer and its test: most are rows of tests/unit/writers.
TESTS = {
    "src/archive/gzip.cpp": "OnAFullDiskIsAnErrorWithItsPath",
    "src/archive/interpreter.cpp": "OnAFullDiskIsAnError",
    "src/archive/tree.cpp": "ContextSmallFile",
    "src/archive/wheel_tree.cpp": "ContextLargeFile",
    "src/cli/manual.cpp": "ManualNoSpace",
    "src/commands/bisect_run.cpp": "BisectCandidateNoSpace",
    "src/commands/build_folder.cpp": "SourceScript",
    "src/commands/bump.cpp": "BumpNoSpace",
    "src/commands/bump_state.cpp": "OnAFullDiskIsAnErrorAndWhatWasKnownStays",
    "src/commands/check_baseline.cpp": "BaselineNoSpace",
    "src/commands/fabric.cpp": "FabricRecordNoSpace",
    "src/commands/page.cpp": "FabricPageNoSpace",
    "src/commands/fetch.cpp": "GitignoreNoSpace",
    "src/commands/init.cpp": "InitNoSpace",
    "src/commands/lock.cpp": "LockNoSpace",
    "src/commands/render.cpp": "DockerignoreNoSpace",
    "src/commands/trial_state.cpp": "OnAFullDiskTrialsThatWereKnownStay",
    "src/containers/build_remains.cpp": "BuildNoSpace",
    "src/containers/kept_answers.cpp": "AnswersNoSpace",
    "src/containers/podman.cpp": "RegistriesNoSpace",
    "src/containers/probe.cpp": "ProbeNoSpace",
    "src/image/bytecode.cpp": "OnAFullDiskIsNoJob",
    "src/image/context.cpp": "ContextLink",
    "src/image/make_environment.cpp": "WithoutSpaceLeavesNothingInTheWay",
    "src/image/mounted.cpp": "FilesOfTheUserAndTheProjectAreOneTar",
    "src/image/project_files.cpp": "WhoseLinkCannotBeMadeAreAnError",
    "src/image/scratch.cpp": "ContextNoLock",
    "src/index/wheel_metadata.cpp": "MetadataNoSpace",
    "src/net/http_cache.cpp": "HttpNoSpace",
    "src/net/part_file.cpp": "StoreNoSpace",
    "src/project/verification.cpp": "OnAFullDiskIsAnErrorAndTheOldOneStays",
    "src/store/checked_text.cpp": "AreOnlyMissingWithoutAPlaceToKeepThem",
    "src/store/fetch.cpp": "HashedNoSpace",
    "src/store/layers.cpp": "AreMadeWithoutAPlaceToKeepThem",
    "src/store/layout.cpp": "ThatCannotBeWrittenAreAWarning",
    "src/store/store.cpp": "StoreNotRenamed",
    "src/store/trees.cpp": "OnAFullDiskAreAnError",
    "src/train/control.cpp": "AFullDiskEndsTheWatchAndNotTheTraining",
    "src/train/flight.cpp": "AFolderThatCannotBeMadeIsAnErrorWithItsPath",
    "src/train/log_mux.cpp": "AFullDiskIsSaidOnceAndTheTrainingGoesOn",
    "src/train/run.cpp": "RankScriptNoSpace",
    "src/train/run_folder.cpp": "RunStop",
}
# base has the functions; their users have the tests.
MEANS = "src/base/"
CALLS = "open|open_new|write|write_at|reserve|truncate|set_mode|rename|link|copy|symlink|make_folder|make_new_folder"
WRITES = re.compile(r"\bwrite_file\(|\bdisk_?(\.|->)(" + CALLS + r")\(")


def problems_of(writers, tests, named):
    found = [f"{name}: writes, and no test of that is named in writers_test.py" for name in writers if name not in named]
    found += [f"{name}: writes no more, and is still named in writers_test.py" for name in named if name not in writers]
    return found + [f"{name}: its test {test} does not exist" for name, test in named.items()
                    if not re.search(r'[ ("]' + test + r'[,)"]', tests)]


def writes(content):
    return WRITES.search(content) is not None


def main():
    tree.expect_found("writers", problems_of(["a"], "", {}), "a: writes, and no test")
    tree.expect_found("writers", problems_of([], "TEST(A, B)", {"a": "B"}), "a: writes no more")
    tree.expect_found("writers", problems_of(["a"], "TEST(A, Bc)", {"a": "B"}), "its test B does not exist")
    tree.expect_none("writers", problems_of(["a"], 'Fault{"B", x}', {"a": "B"}))
    for call in ("TRY(write_file(disk, a, b));", "work.disk.rename(a, b);", "disk_->open(a)"):
        tree.expect_none("writers", [] if writes(call) else [call])
    tree.expect_none("writers", ["reading"] if writes("disk.remove(a); read_file(a)") else [])
    names = [name for name in tree.files("src/*.cpp") if not name.startswith(MEANS)]
    writers = [name for name in names if writes(tree.text(name))]
    tests = "\n".join(tree.text(name) for name in tree.files("tests/unit/*.cpp"))
    tree.finish("writers", problems_of(writers, tests, TESTS), f"{len(writers)} files that write")


main()
