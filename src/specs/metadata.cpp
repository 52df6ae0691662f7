#include "specs/metadata.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/headers.hpp"
#include "specs/name.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

/// Collects the header lines; the first Name and Version count.
class MetadataReader {
 public:
  Result<CoreMetadata> read(std::string_view text) {
    for (const auto& header : parse_headers(text)) TRY(take(header));
    if (name_.empty()) return fail(input_error("the metadata has no Name"));
    if (metadata_.version.empty())
      return fail(input_error(fmt::format("the metadata of {} has no Version", name_)));
    if (!is_valid_name(name_))
      return fail(input_error(
          fmt::format("the metadata has the Name {}, which is not a valid project name", in_quotes(name_))));
    metadata_.name = normalize_name(name_);
    return std::move(metadata_);
  }

 private:
  Result<void> take(const Header& header) {
    if (header.name == "requires-dist") {
      const auto step =
          fmt::format("reading the metadata line {}", in_quotes("Requires-Dist: " + header.value));
      TRY_ASSIGN(auto requirement, during(Requirement::parse(header.value), step));
      metadata_.requires_dist.push_back(std::move(requirement));
    } else if (header.name == "provides-extra") {
      metadata_.provides_extra.insert(normalize_name(trim(header.value)));
    } else if (header.name == "requires-python") {
      take_requires_python(header.value);
    } else if (header.name == "name" && name_.empty()) {
      name_ = header.value;
    } else if (header.name == "version" && metadata_.version.empty()) {
      metadata_.version = header.value;
    }
    return {};
  }

  /// Old projects have values that PEP 440 forbids (">=3.5.*"); installers ignore those.
  void take_requires_python(const std::string& value) {
    metadata_.requires_python_text = value;
    metadata_.requires_python = SpecifierSet::parse(value).value_or(SpecifierSet());
  }

  CoreMetadata metadata_;
  std::string name_;
};

}  // namespace

std::vector<std::string> CoreMetadata::requirement_texts() const {
  std::vector<std::string> out;
  out.reserve(requires_dist.size());
  for (const auto& requirement : requires_dist) out.push_back(requirement.text());
  std::sort(out.begin(), out.end());
  return out;
}

Result<CoreMetadata> CoreMetadata::parse(std::string_view text) {
  return MetadataReader().read(text);
}

}  // namespace launch::specs
