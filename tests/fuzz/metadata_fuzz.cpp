#include "fuzz/fuzz.hpp"
#include "specs/metadata.hpp"
#include "specs/source_metadata.hpp"

namespace launch::fuzz {

/// A METADATA or PKG-INFO file.
void fuzz_metadata(std::string_view bytes) {
  const auto found = specs::CoreMetadata::parse(bytes);
  const auto source = specs::parse_pkg_info(bytes);
  require(found.has_value() == source.has_value(), "PKG-INFO is read as METADATA is");
  if (!parsed(found)) return;
  const auto parse = [](std::string_view text) { return specs::Requirement::parse(text); };
  for (const auto& text : found->requirement_texts())
    check_reads_back(text, parse, [](const specs::Requirement& r) { return r.text(); });
  require(source->core.requirement_texts() == found->requirement_texts(), "PKG-INFO requires the same");
}

}  // namespace launch::fuzz
