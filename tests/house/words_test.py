#!/usr/bin/env python3
"""Facts about PyTorch, platforms and wheel tags belong to one room each: no literal elsewhere contains their words.

A literal with white space in it is a sentence: an example in a help or error text, which may name anything.
"""

import re

import tree

# A word in a literal, and the rooms (or files) below src/ that own it.
OWNERS = [
    (r"download(-r2)?\.pytorch\.org", {"pytorch"}),
    (r"nvidia/cuda", {"pytorch"}),
    # Packages; the driver's services, files and the hooks of engines belong to whoever looks at them.
    (r"nvidia-(?!fabricmanager|nvswitch|topologyd|container-)|cuda-toolkit|pytorch-triton|torchvision|torchaudio|^triton$", {"pytorch"}),
    (r"^(nightly|stable)$|/(nightly|stable|test)$", {"pytorch"}),
    (r"\b(cu\d{2,3}|rocm\d+(\.\d+)*)\b", {"pytorch"}),
    (r"^(cu|rocm|xpu|cpu)$", {"specs/accelerator.cpp", "pysource/gate_words.cpp"}),
    (r"manylinux", {"specs"}),
    (r"x86_64|aarch64|amd64|arm64", {"specs/platform.cpp"}),
]
TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|^[ \t]*\#[ \t]*include[^\n]*"""
    r"""|R"(?P<mark>\w*)\((?P<raw>.*?)\)(?P=mark)"|"(?P<plain>(?:\\.|[^"\\\n])*)\"""",
    re.DOTALL | re.MULTILINE,
)


def literals_of(content):
    """(line, text) of each string literal; adjacent literals count as one."""
    found = []
    end = 0
    for token in TOKEN.finditer(content):
        text = token["raw"] if token["raw"] is not None else token["plain"]
        if text is None:
            continue
        if found and not content[end:token.start()].strip():
            found[-1][1] += text
        else:
            found.append([content.count("\n", 0, token.start()) + 1, text])
        end = token.end()
    return found


def problems_of(name, content):
    """`name` is relative to src/."""
    found = []
    for line, text in literals_of(content):
        if re.search(r"\s|\\[nt]", text):
            continue
        for word, owners in OWNERS:
            at = re.search(word, text)
            if at and name not in owners and name.split("/")[0] not in owners:
                found.append(f"src/{name}:{line}: \"{text}\": {at[0]} belongs to {' and '.join(sorted(owners))}")
    return found


def main():
    bad = (
        'auto a = "https://download.pytorch.org/whl";\nf("linux/" /* os */ "arm64");\nif (x == "cu128" || y == R"(nvidia/cuda)") {}\n'
        'if (c == "nightly") g("nvidia-nccl");\nreturn "manylinux" "_2_28";\n'
    )
    wanted = ["a.cpp:1: ", '"cu128": cu128', "nvidia/cuda belongs", '"nightly": nightly', "nvidia- belongs", '"manylinux_2_28": manylinux']
    tree.expect_found("words", problems_of("cli/a.cpp", bad), *wanted)
    good = '// "cu128"\n#include "cli/cpu"\nhelp("such as "\n     "cu128");\nauto c = \'"\';\nhint("--cuda cu128, or\\n" "x86_64");\n/// x86_64\n'
    tree.expect_none("words", problems_of("cli/a.cpp", good))
    tree.expect_none("words", problems_of("pytorch/a.cpp", '"download.pytorch.org"'))
    tree.expect_found("words", problems_of("specs/tag.cpp", '"x86_64"'), "belongs to specs/platform.cpp")

    names = tree.files("src/*.cpp", "src/*.hpp")
    found = [problem for name in names for problem in problems_of(name.removeprefix("src/"), tree.text(name))]
    tree.finish("words", found, f"{len(names)} files")


main()
