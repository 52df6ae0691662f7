#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// A range of bytes of the source: [first, last).
struct ByteRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// An import statement, for tools that rewrite it.
struct ImportStatement {
  struct Name {
    std::string name;   ///< "Module"; of `import MODULE` the module
    std::string alias;  ///< after "as"; empty without one
    std::uint32_t line = 0;
    std::uint32_t column = 0;  ///< in bytes, the first is 1
    ByteRange bytes;           ///< with the alias
  };
  bool from = false;   ///< `from MODULE import NAME`, else `import MODULE`
  unsigned level = 0;  ///< dots before the module
  std::string module;  ///< of `from MODULE import NAME`
  std::vector<Name> names;
  ByteRange bytes;              ///< without a comment behind it
  std::uint32_t line = 0;       ///< its first
  std::uint32_t last_line = 0;  ///< where its last token is
  bool alone = false;           ///< no other statement or block header is on its lines
};

/// All import statements, in the order of the source.
std::vector<ImportStatement> import_statements(const SourceTree& tree);

}  // namespace launch::pysource
