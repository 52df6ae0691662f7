#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "question.hpp"

namespace launch::probe {
namespace {

using testing::ElementsAre;

TEST(Attributes, ModulesClassesAndTheirMembers) {
  Questions ask(Files{
      {"torch/__init__.py", "from torch import nn\nfrom .nn import F as G\n"},
      {"torch/nn/__init__.py",
       "from .modules import Module\nclass F:\n  def a(self): pass\n  b = 1\n"
       "  class Inner: c = 1\n"},
      {"torch/nn/modules.py", "class Base:\n  def forward(self): self.x = 1\nclass Module(Base): pass\n"}});
  EXPECT_EQ(ask("nn.Module"), "yes: torch/nn/modules.py:3");
  EXPECT_EQ(ask("nn.Module.forward"), "yes: a member of the class Base (torch/nn/modules.py:1)");
  EXPECT_EQ(ask("nn.Module.gone"),
            "no: the class Module (torch/nn/modules.py:3) of torch 2.3.1 has no attribute gone");
  EXPECT_EQ(ask("G.Inner.c"), "yes: a member of the class F.Inner (torch/nn/__init__.py:5)");
  EXPECT_EQ(ask("nn.gone.a"), "no: torch/nn/__init__.py of torch 2.3.1 has no gone");
  EXPECT_EQ(ask("nn.F.a.b"), "unknown: attributes of functions are not followed");
  EXPECT_EQ(ask("nn.Module.__init__"), "yes: every class has it");
}

TEST(Attributes, AMemberThatWasRenamed) {
  Questions ask(Files{{"torch/__init__.py", "from torch import variables\n"},
                      {"torch/variables.py",
                       "class Variable:\n  def getattro_impl(self): pass\n"
                       "class TorchScriptObjectVariable(Variable): pass\n"}});
  EXPECT_EQ(ask("variables.TorchScriptObjectVariable.var_getattr"),
            "no: the class TorchScriptObjectVariable (torch/variables.py:3) of torch 2.3.1 has no attribute "
            "var_getattr");
  EXPECT_EQ(ask("variables.TorchScriptObjectVariable.getattro_impl").substr(0, 3), "yes");
}

/// Python compares names in NFKC: the ligature U+FB02 is "fl", U+210E is "h", and U+00E9 is itself.
TEST(Attributes, ANameThatIsNotAsciiMayBeAnother) {
  Questions ask(Files{{"torch/__init__.py", "float32 = 1\n\u00e9t\u00e9 = 1\ndef f(flag): pass\n"}});
  const std::string unknown = "unknown: the name is not ASCII, and Python may read it as another";
  EXPECT_EQ(ask("\ufb02oat32"), unknown);
  EXPECT_EQ(ask("f(\ufb02ag=)"), unknown);
  EXPECT_EQ(ask.ask({"torch", "\ufb02oat32"}), unknown);
  EXPECT_EQ(ask.ask({"torch.\u210eub", ""}), unknown);
  EXPECT_EQ(ask("\u00e9t\u00e9").substr(0, 4), "yes:");
  EXPECT_EQ(ask("float64"), "no: torch/__init__.py of torch 2.3.1 has no float64, but float32");
}

TEST(Attributes, ClassesThatMayHaveMore) {
  Questions ask(Files{
      {"torch/__init__.py",
       "import numpy\nfrom enum import Enum\nfrom typing import NamedTuple\nclass A(numpy.ndarray): "
       "pass\nclass "
       "B:\n  def __getattr__(self, n): pass\nclass C(metaclass=numpy.M): pass\n@numpy.d\nclass D: pass\n"
       "class E(Enum): X = 1\nclass N(NamedTuple):\n  f: int\nb = B()\ne = E()\nclass G(str): pass\n"
       "@dataclass\nclass H: x: int = 1\nA.patched = 1\nclass M(type):\n  z = 1\nclass K(metaclass=M): "
       "pass\n"}});
  EXPECT_EQ(ask("A.x"), "unknown: the base class numpy.ndarray of A is in none of the checked wheels");
  EXPECT_EQ(ask("A.patched"), "yes: a member of the class A (torch/__init__.py:4)");
  EXPECT_EQ(ask("B.x"), "no: the class B (torch/__init__.py:5) of torch 2.3.1 has no attribute x");
  EXPECT_EQ(ask("b.x"), "unknown: __getattr__ of the class B may provide it");
  EXPECT_EQ(ask("C.x"), "unknown: the metaclass of C was not found");
  EXPECT_EQ(ask("D.x"), "unknown: a decorator of the class D (torch/__init__.py:9) may add it");
  EXPECT_EQ(ask("E.X.name"), "yes: an attribute of enum.Enum");
  EXPECT_EQ(ask("E.Y"), "no: the class E (torch/__init__.py:10) of torch 2.3.1 has no attribute Y");
  EXPECT_EQ(ask("N._replace"), "yes: an attribute of typing.NamedTuple");
  EXPECT_EQ(ask("G.upper"), "yes: an attribute of builtins.str");
  EXPECT_EQ(ask("H.y"), "no: the class H (torch/__init__.py:17) of torch 2.3.1 has no attribute y");
  EXPECT_EQ(ask("K.z"), "yes: a member of the class M (torch/__init__.py:19)");
}

TEST(Attributes, ValuesOfAssignments) {
  Questions ask(Files{
      {"torch/__init__.py",
       "class K:\n  def f(self): self.a = 1\nk = K()\nother = k\ntext: str = '1.2'\nmaybe = K() "
       "if x else 1\n"
       "def make(): pass\nmade = make()\nhint: K = make()\nmake.flag = 1\nK = K\nmake = cast(make)\n"}});
  EXPECT_EQ(ask("k.a"), "yes: a member of the class K (torch/__init__.py:1)");
  EXPECT_EQ(ask("K.a").substr(0, 3), "no:");
  EXPECT_EQ(ask("other.b").substr(0, 3), "no:");
  EXPECT_EQ(ask("text.split"), "yes: an attribute of builtins.str");
  EXPECT_EQ(ask("text.splat"), "no: builtins.str has no attribute splat");
  EXPECT_EQ(ask("maybe.a").substr(0, 3), "yes");
  EXPECT_EQ(ask("made.a"), "unknown: the result of a call is not followed");
  EXPECT_EQ(ask("hint.a").substr(0, 3), "yes");
  EXPECT_EQ(ask("hint.b"), "unknown: b may belong to a subclass of K");
  EXPECT_EQ(ask("make.flag"), "yes: torch/__init__.py sets it");
}

TEST(Attributes, ASubmoduleIsOnlyThereOnceSomethingImportsIt) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py", "from torch import nn\nimport torch.a.b\n"},
      {"torch/nn/__init__.py", "from .modules import x\n"},
      {"torch/nn/modules.py", "from ..c import y\nx = 1\n"},
      {"torch/nn/functional.py", "def relu(): pass\n"},
      {"torch/a/__init__.py", ""},
      {"torch/a/b.py", "z = 1\ndef f():\n  import torch.lost\n"},
      {"torch/c/__init__.py", "from . import d as other\ny = 1\n"},
      {"torch/c/d.py", "w = 1\n"},
      {"torch/lost.py", "v = 1\n"}};
  EXPECT_EQ(Questions(files)("nn.functional.relu"),
            "unknown: torch/nn/functional.py is a module, but nothing imports it");
  EXPECT_EQ(Questions(files)("a.b.z"), "yes: torch/a/b.py:1");
  EXPECT_EQ(Questions(files)("c.d.w"), "yes: torch/c/d.py:1");
  EXPECT_EQ(Questions(files)("lost.v"), "unknown: torch/lost.py is a module, but nothing imports it");
  // Code that imports the module asks for names below it.
  const auto below = [](const std::string& module, const std::string& name) {
    return pysource::Requirement{module, name, {}, pysource::Tier::attribute};
  };
  EXPECT_EQ(Questions(files).ask(below("torch.nn.functional", "relu")), "yes: torch/nn/functional.py:1");
  EXPECT_EQ(Questions(files).ask(below("torch.nn.x", "real")), "yes: an attribute of builtins.int");
  EXPECT_EQ(Questions(files).ask(below("torch.gone.b", "c")),
            "no: torch/__init__.py of torch 2.3.1 has no gone");
}

TEST(Attributes, ModulesOfSettings) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py", "import torch._inductor.config\n"},
      {"torch/_inductor/__init__.py", ""},
      {"torch/_inductor/config.py",
       "import sys\nfrom torch.utils._config_module import install_config_module as _i\nfast = False\nclass "
       "triton:\n"
       "  cudagraphs = False\nif TYPE_CHECKING:\n  from x import *\n_i(sys.modules[__name__])\n"},
      {"torch/utils/__init__.py", ""},
      {"torch/utils/_config_module.py",
       "from types import ModuleType\nclass ConfigModule(ModuleType):\n  _config: dict\n  def patch(self): "
       "pass\n  def "
       "__getattr__(self, n): pass\n"
       "def install_config_module(module):\n  if module:\n    module._implied = {}\n"}};
  Questions ask(files);
  EXPECT_EQ(ask("_inductor.config.fast"), "yes: torch/_inductor/config.py:3");
  EXPECT_EQ(ask("_inductor.config.patch"),
            "yes: a member of the class ConfigModule (torch/utils/_config_module.py:2)");
  EXPECT_EQ(ask("_inductor.config._config"), "yes: an attribute of the class ConfigModule");
  EXPECT_EQ(ask("_inductor.config.triton.cudagraphs"),
            "yes: a member of the class triton (torch/_inductor/config.py:4)");
  EXPECT_EQ(ask("_inductor.config.triton.gone").substr(0, 3), "no:");
  EXPECT_EQ(ask("_inductor.config.triton._prefix"),
            "unknown: _i of torch/_inductor/config.py may replace the class");
  EXPECT_EQ(ask("_inductor.config._implied"), "unknown: torch/utils/_config_module.py:8 may set it");
  EXPECT_EQ(ask("_inductor.config.reorder_for_peak_memory"),
            "no: torch/_inductor/config.py of torch 2.3.1 has no reorder_for_peak_memory");
}

std::map<std::string, std::string> compiled() {
  return {
      {"torch/__init__.py",
       "from torch import _C\nfrom torch._C import *\nfrom torch._tensor import Tensor\nfrom torch "
       "import cuda\nimport torch._VF\n"},
      {"torch/_tensor.py", "import torch\nclass Tensor(torch._C.TensorBase):\n  def backward(self): pass\n"},
      {"torch/cuda/__init__.py", ""},
      {"torch/_VF.py", "class VFModule: pass\n"},
      {"torch/_C.cpython-311-x86_64-linux-gnu.so", ""},
      {"torch/_C/__init__.pyi",
       "class TensorBase(metaclass=_TensorMeta):\n  def sum(self, dim: int): ...\nclass dtype:\n  "
       "is_complex: "
       "bool\nfloat32: dtype "
       "= ...\ndef seed() -> int: ...\nclass _TensorMeta(type): ...\n"},
      {"torch/_C/_VariableFunctions.pyi", "def mm(input, mat2): ...\n"},
      {"torch/include/c10/core/ScalarType.h",
       "#define X(_) \\\n  _(uint8_t, Byte) /* 0 */ \\\n  _(c10::complex<c10::Half>, ComplexHalf) \\\n  "
       "_(c10::Float8_e5m2, Float8_e5m2)\n"},
      {"torch/lib/libtorch_python.so", std::string("\0_new_name\0pre_tail\0_x\0", 23)}};
}

TEST(Attributes, CompiledNamesByTheirStubs) {
  Questions ask(compiled());
  EXPECT_EQ(ask("Tensor.backward"), "yes: a member of the class Tensor (torch/_tensor.py:2)");
  EXPECT_EQ(ask("Tensor.sum"), "yes: a member of the class TensorBase (torch/_C/__init__.pyi:1)");
  EXPECT_EQ(ask("Tensor.gone"),
            "no: the class Tensor (torch/_tensor.py:2) of torch 2.3.1 has no attribute gone");
  EXPECT_EQ(ask("Tensor.is_xla"),
            "unknown: the class TensorBase of torch/_C/__init__.pyi does not list is_xla");
  EXPECT_EQ(ask("Tensor._gone"),
            "unknown: the class TensorBase of torch/_C/__init__.pyi does not list _gone");
  EXPECT_EQ(ask("float32.is_complex"), "yes: a member of the class dtype (torch/_C/__init__.pyi:3)");
  EXPECT_EQ(ask("_C._new_name"),
            "unknown: torch._C is compiled, and its stub torch/_C/__init__.pyi does not list _new_name");
  EXPECT_EQ(ask("_VF.mm"), "yes: torch/_C/_VariableFunctions.pyi:1");
}

TEST(Attributes, CompiledNamesThatNoStubLists) {
  Questions ask(compiled());
  EXPECT_EQ(ask("cuda.FloatTensor"), "yes: C++ adds it");
  EXPECT_EQ(ask("cuda.FloatTensor.sum"), "yes: a member of the class TensorBase (torch/_C/__init__.pyi:1)");
  EXPECT_EQ(ask("cuda.FloatTensor._gone"),
            "unknown: the class TensorBase of torch/_C/__init__.pyi does not list _gone");
  EXPECT_EQ(ask("cuda.FloatTensor.__annotations__"), "unknown: Python may give the class this name");
  EXPECT_EQ(ask("_VF.VFModule"), "yes: torch/_VF.py:1");
  EXPECT_EQ(ask("_C._made.x"),
            "unknown: torch._C is compiled, and its stub torch/_C/__init__.pyi does not list _made");
  EXPECT_EQ(ask("float8_e5m2"), "yes: generated from torch/include/torch/headeronly/core/ScalarType.h");
  EXPECT_EQ(ask("complex32").substr(0, 3), "yes");
  EXPECT_EQ(ask("uint8").substr(0, 3), "yes");
  EXPECT_EQ(ask("float8_e4m3fn").substr(0, 3), "no:");
}

TEST(Attributes, StringsOfTheLibraryWhereTheWheelIsOnDisk) {
  Questions ask(compiled(), nullptr, true);
  EXPECT_EQ(ask("_C._new_name"), "yes: torch/lib/libtorch_python.so contains its name");
  EXPECT_EQ(ask.ask({"torch._C._new_name", "__doc__", {}, pysource::Tier::attribute}),
            "yes: every object has it");
  EXPECT_EQ(ask.ask({"torch._C._new_name", "__spec__", {}, pysource::Tier::attribute}),
            "unknown: torch._C is compiled, and no stub describes _new_name");
  EXPECT_EQ(ask.ask({"torch._C._new_name", "_x", {}, pysource::Tier::attribute}),
            "unknown: torch._C is compiled, and no stub describes _new_name");
  EXPECT_EQ(ask("_C._gone"),
            "no: torch._C is compiled, and its stub torch/_C/__init__.pyi does not list _gone, and "
            "torch/lib/libtorch_python.so does not contain its name");
  EXPECT_EQ(ask.ask({"torch._C._new_name", "with_traceback", {}, pysource::Tier::attribute}),
            "unknown: torch._C is compiled, and no stub describes _new_name");
  EXPECT_EQ(ask.ask({"torch._C._new_name", "mro", {}, pysource::Tier::attribute}),
            "unknown: torch._C is compiled, and no stub describes _new_name");
  EXPECT_EQ(ask.ask({"torch._C", "SymBoolType", {}, pysource::Tier::attribute}),
            "unknown: torch._C is compiled, and its stub torch/_C/__init__.pyi does not list SymBoolType");
  // Linkers let strings share their ends.
  EXPECT_EQ(ask("_C._tail"),
            "unknown: torch._C is compiled, and its stub torch/_C/__init__.pyi does not list _tail");
}

TEST(Attributes, OperatorsByTheListOfNativeFunctions) {
  std::vector<std::vector<std::string>> reads;
  Questions ask(
      Files{{"torch/__init__.py", "from torch._ops import ops\n"},
            {"torch/_ops.py",
             "class _Ops:\n  def load_library(self): pass\nclass OpOverloadPacket:\n  def "
             "overloads(self): pass\nclass OpOverload:\n  def __init__(self): self._schema = 1\nops = "
             "_Ops()\n"},
            {"torchgen/__init__.py", ""},
            {"torchgen/packaged/ATen/native/native_functions.yaml",
             "# c\n- func: add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor\n  variants: "
             "function\n  autogen: add.new_out, sub\n- func: mm(Tensor self, Tensor mat2) -> Tensor\n"}},
      &reads);
  EXPECT_EQ(ask("ops"), "yes: operators are looked up when they are used");
  EXPECT_EQ(ask("ops.load_library"), "yes: a method of torch.ops");
  EXPECT_EQ(ask("ops.aten"), "yes: any namespace can be asked for");
  EXPECT_EQ(ask("ops.aten.add"), "yes: torchgen/packaged/ATen/native/native_functions.yaml");
  EXPECT_EQ(ask("ops.aten.add.Tensor"), "yes: torchgen/packaged/ATen/native/native_functions.yaml");
  EXPECT_EQ(ask("ops.aten.add.new_out"), "yes: torchgen/packaged/ATen/native/native_functions.yaml");
  EXPECT_EQ(ask("ops.aten.mm.default"), "yes: torchgen/packaged/ATen/native/native_functions.yaml");
  EXPECT_EQ(ask("ops.aten.add.overloads").substr(0, 3), "yes");
  EXPECT_EQ(
      ask("ops.aten.mm.gone"),
      "no: torchgen/packaged/ATen/native/native_functions.yaml of torch 2.3.1 has no overload gone of mm");
  EXPECT_EQ(ask("ops.aten.prod.dim_Dimname"),
            "no: torchgen/packaged/ATen/native/native_functions.yaml of torch 2.3.1 has no operator prod");
  EXPECT_EQ(ask("ops.aten.add.int"), "yes: an operator of every version");
  EXPECT_EQ(ask("ops.aten.seed"), "unknown: an operator of some versions, which no file lists");
  EXPECT_EQ(ask("ops.quantized.add"), "unknown: the operators of quantized are registered at run time");
  const std::string list = " (torchgen/packaged/ATen/native/native_functions.yaml)";
  EXPECT_EQ(ask("ops.aten.add(alpha=)"), "yes: a parameter of add.Tensor" + list);
  EXPECT_EQ(ask("ops.aten.add.Tensor(other=)"), "yes: a parameter of add.Tensor" + list);
  EXPECT_EQ(ask("ops.aten.mm.default(mat2=)"), "yes: a parameter of mm" + list);
  for (const std::string name : {"aten.add(input=)", "aten.mm(mat3=)", "aten.mm.default(alpha=)"})
    EXPECT_EQ(ask("ops." + name), "unknown: the parameters of what is called are not known") << name;
  EXPECT_EQ(ask("ops.aten.mm.default._schema"), "yes: a member of the class OpOverload (torch/_ops.py:5)");
  // The list is read once, and not before it is needed.
  EXPECT_THAT(reads, ElementsAre(ElementsAre("torch/__init__.py", "torch/_ops.py"),
                                 ElementsAre("torchgen/packaged/ATen/native/native_functions.yaml")));
}

TEST(Attributes, AnOverloadThatWasRemoved) {
  const auto wheel = [](const std::string& functions) {
    return Questions(Files{{"torch/__init__.py", "ops = 1\n"},
                           {"torchgen/packaged/ATen/native/native_functions.yaml", functions}})(
        "ops.aten.prod.dim_Dimname");
  };
  const std::string plain = "- func: prod(Tensor self) -> Tensor\n";
  EXPECT_EQ(wheel(plain + "- func: prod.dim_Dimname(Tensor self, Dimname dim) -> Tensor\n").substr(0, 3),
            "yes");
  EXPECT_EQ(wheel(plain),
            "no: torchgen/packaged/ATen/native/native_functions.yaml of torch 2.3.1 has no overload "
            "dim_Dimname of prod");
}

TEST(Attributes, NamesThatAreDeletedLaterAreBases) {
  Questions ask(
      Files{{"torch/__init__.py", "from torch.storage import Base\nclass A(Base): pass\ndel Base\n"},
            {"torch/storage.py", "class Base:\n  def fill(self): pass\n"}});
  EXPECT_EQ(ask("A.fill"), "yes: a member of the class Base (torch/storage.py:1)");
  EXPECT_EQ(ask("Base").substr(0, 3), "no:");
}

TEST(Attributes, OtherPackagesModules) {
  Questions ask(Files{{"torch/__init__.py", "from torch import classes\n"}, {"torch/classes.py", ""}});
  EXPECT_EQ(ask("npu.is_available"), "unknown: torch.npu comes with the package torch_npu");
  EXPECT_EQ(ask("classes.a.B"), "unknown: torch.classes looks names up when they are used");
}

TEST(Attributes, StarsOfTheStandardLibrary) {
  Questions ask(Files{{"torch/__init__.py", "import torch.mp\nfrom typing import *\n"},
                      {"torch/mp.py", "from multiprocessing import *\n"}});
  EXPECT_EQ(ask("mp.Queue"), "yes: torch/mp.py:1");
  EXPECT_EQ(ask("mp.gone").substr(0, 3), "no:");
  EXPECT_EQ(ask("Optional"), "yes: torch/__init__.py:2");
}

TEST(Attributes, NamesOfCompiledModulesInOthers) {
  Questions ask(Files{{"torch/__init__.py",
                       "import torch.mp, torch.multiprocessing\nfrom torch import _C\n"
                       "for name in dir(_C._VariableFunctions):\n  globals()[name] = 1\n"
                       "from torch.functional import *\n"},
                      {"torch/functional.py",
                       "import torch\nfrom torch._C import _add_docstr\nmv = _add_docstr(torch.mv, 'doc')\n"},
                      {"torch/mp.py", "from torch._C._m import *\n"},
                      {"torch/multiprocessing/__init__.py", ""},
                      {"torch/_C.cpython-311-x86_64-linux-gnu.so", ""},
                      {"torch/_C/__init__.pyi", ""},
                      {"torch/_C/_VariableFunctions.pyi", "def mm(): ...\ndef mv(vec): ...\n"},
                      {"torch/_C/_m.pyi", "def listed(): ...\n"},
                      {"torch/lib/libtorch_python.so", std::string("\0listed\0other\0", 14)}},
                nullptr, true);
  EXPECT_EQ(ask("mp.listed"), "yes: torch/_C/_m.pyi:1");
  EXPECT_EQ(ask("mp.other"), "unknown: torch/mp.py:1 imports * from torch._C._m");
  EXPECT_EQ(ask("multiprocessing._prctl_pr_set_pdeathsig"), "yes: C++ adds it");
  EXPECT_EQ(ask("mm"), "yes: torch/__init__.py:4, for each name in _C._VariableFunctions");
  EXPECT_EQ(ask("mv(vec=)"), "yes: a parameter of mv (torch/_C/_VariableFunctions.pyi:2)");
  EXPECT_EQ(ask("mp.__dict__.items"), "yes: an attribute of builtins.dict");
  EXPECT_EQ(ask("_from_blob"),
            "unknown: torch/__init__.py:4 may bind it, for each name in _C._VariableFunctions");
  EXPECT_EQ(ask("_gone").substr(0, 3), "no:");
}

}  // namespace
}  // namespace launch::probe
