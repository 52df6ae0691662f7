#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pysource/module_names.hpp"

namespace launch::pysource {

/// `import MODULE` (name is empty) or `from MODULE import NAME`, with the absolute module.
struct ModuleImport {
  std::string module;
  std::string name;
  std::uint32_t line = 0;
};

/// What runs whenever the module is imported and makes it fail if it is missing: imports outside functions,
/// branches, loops and handlers, and outside `try` with a handler for ImportError. In the order of the
/// source.
std::vector<ModuleImport> unconditional_imports(const ModuleNames& module);

}  // namespace launch::pysource
