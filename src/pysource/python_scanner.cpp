#include "pysource/python_scanner.hpp"

#include <utility>

#include "pysource/python_tree.hpp"
#include "pysource/source_walk.hpp"

namespace launch::pysource {

std::string_view need_name(Need need) {
  switch (need) {
    case Need::must:
      return "must";
    case Need::path:
      return "path";
    case Need::optional:
      return "optional";
    case Need::type:
      return "type";
  }
  return "must";
}

FileScan scan_source(std::string source, const std::set<std::string, std::less<>>& roots) {
  const SourceTree tree(std::move(source));
  return SourceWalk(tree, roots).run();
}

}  // namespace launch::pysource
