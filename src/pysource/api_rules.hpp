#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace launch::pysource {

/// Names listed in a file that is not Python source, with what belongs to each (parameters of an operator).
using NameList = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Files in the wheel that list names, and how to read them.
struct ListFile {
  std::vector<std::string> files;  ///< below site-packages; the first that a wheel has is read
  std::function<NameList(std::string_view content)> read;
  bool is_large = false;  ///< read only where the wheel is on this machine
  explicit operator bool() const { return !files.empty(); }
};

/// How a package provides names that its Python source does not bind. Facts about packages come from the room
/// that owns them; only the scanner's names for registering operators and for configuration modules are built
/// in.
struct ApiRules {
  using Names = std::set<std::string, std::less<>>;
  using Texts = std::map<std::string, std::string, std::less<>>;

  /// Operators: "torch.ops", below which come a namespace, an operator and an overload.
  std::string operators_module;
  std::string operators_source;     ///< the module with their classes: "torch._ops"
  std::string operators_namespace;  ///< the one that `operators` lists: "aten"
  ListFile operators;               ///< "add.Tensor"; an operator without overload as "add"
  Names hand_made_operators;        ///< further operators that every version has: "add.int"
  Names varying_operators;          ///< that some versions have
  Names operator_functions;         ///< compiled modules whose functions are operators: "torch._C._linalg"

  Names compiled_names;  ///< that C++ adds to modules written in Python, "torch.cuda:FloatTensor"
  Texts compiled_like;   ///< to the class whose attributes such a name has: "torch.Tensor"
  /// Further such names, of the `compiled_modules`: "torch:float32".
  ListFile compiled;
  Names compiled_modules;
  /// A shared library, with the names of compiled modules at the ends of its strings; the list has them
  /// reversed. Read only where the wheel is on disk.
  ListFile strings;
  /// Names that C++ adds and that no stub lists, "torch:AVG", "torch.Tensor:is_xla".
  Names unlisted;
  /// Compiled modules ("torch._C") and classes in stubs ("TensorBase") whose stubs list all public names but
  /// those.
  Names complete_stubs;

  /// A module whose classes are struct sequences of C (as time.struct_time is), to the ending of those that
  /// its stub does not list: in "torch.return_types" there is "max_out" beside "max".
  Texts struct_sequences;
  Texts stands_for;  ///< a module whose names are those of another: "torch._VF" to
                     ///< "torch._C._VariableFunctions"
  Texts plug_ins;    ///< a module that another package adds: "torch.npu" to "torch_npu"
  Names opaque;      ///< modules that answer for any name: "torch.classes"

  /// A function that turns the module it gets into a configuration module ("install_config_module"), to the
  /// class whose methods the module then has ("ConfigModule").
  Texts settings;

  Names transparent_decorators;  ///< that keep a function's parameters; last part of the dotted name
  Names transparent_calls;       ///< whose result is their first argument: "_add_docstr"
  Names choosing_calls;          ///< whose result calls the function in if_true= or if_false=
  /// Further names that compiled functions accept for a parameter: "dim" to "axis".
  std::multimap<std::string, std::string, std::less<>> other_keywords;
};

}  // namespace launch::pysource
