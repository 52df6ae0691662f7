#include "pysource/module_names.hpp"

#include <utility>

#include "pysource/module_reader.hpp"

namespace launch::pysource {

ModuleNames read_module(std::string source, std::string module, bool is_package, bool is_stub) {
  ModuleNames names;
  names.module = std::move(module);
  names.is_package = is_package;
  names.is_stub = is_stub;
  names.tree = std::make_shared<const SourceTree>(std::move(source));
  names.problem = names.tree->list().problem;
  ModuleReader(*names.tree, names).run();
  return names;
}

}  // namespace launch::pysource
