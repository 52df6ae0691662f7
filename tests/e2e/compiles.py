"""What Triton does with a launcher, and inductor on the CPU: a program that shows that torch.compile works where it runs."""

EXPECTED = "launcher\nTrue 1\n"

COMPILES = """
import importlib, pathlib, subprocess, sys, sysconfig, tempfile
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "launcher.c").write_text(
    '#include <Python.h>\\n'
    'static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "launcher"};\\n'
    'PyMODINIT_FUNC PyInit_launcher(void) { return PyModule_Create(&module); }\\n')
subprocess.run(["gcc", "-shared", "-fPIC", f"-I{sysconfig.get_path('include')}", folder / "launcher.c", "-o", folder / "launcher.so"],
               check=True)
sys.path.insert(0, str(folder))
print(importlib.import_module("launcher").__name__)

import torch
from torch._dynamo.utils import counters
def function(x, y):
    return torch.sin(x) * y + torch.softmax(x, -1)
x, y = torch.randn(64, 64), torch.randn(64, 64)
print(torch.allclose(torch.compile(function, fullgraph=True)(x, y), function(x, y), atol=1e-5), counters["stats"]["unique_graphs"])
"""
