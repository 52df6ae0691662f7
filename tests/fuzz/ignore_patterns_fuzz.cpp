#include <span>

#include "fuzz/fuzz.hpp"
#include "specs/ignore_patterns.hpp"

namespace launch::fuzz {

/// A .dockerignore, then paths.
void fuzz_ignore_patterns(std::string_view bytes) {
  const auto parts = parts_of(bytes);
  const auto patterns = specs::IgnorePatterns::parse_file(parts.front(), ".dockerignore");
  if (!parsed(patterns)) return;
  for (const auto path : std::span(parts).subspan(1)) {
    const auto excluded = patterns->of(path).excluded;
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos) continue;
    const auto folder = path.substr(0, slash);
    require(patterns->of(path, patterns->of(folder)).excluded == excluded, "a path has one verdict", path);
    const bool found = excluded || !patterns->of(folder).excluded || patterns->may_include_below(folder);
    require(found, "what is included is found in an excluded folder", path);
  }
}

}  // namespace launch::fuzz
