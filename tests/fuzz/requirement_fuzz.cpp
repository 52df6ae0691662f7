#include "fuzz/fuzz.hpp"
#include "specs/name.hpp"
#include "specs/requirement.hpp"

namespace launch::fuzz {

using specs::Requirement;

void fuzz_requirement(std::string_view bytes) {
  const auto found = Requirement::parse(bytes);
  if (!parsed(found)) return;
  require(specs::is_valid_name(found->name), "a requirement has a valid name", found->name);
  require(specs::normalize_name(found->name) == found->name, "its name is normalized", found->name);
  for (const auto& extra : found->extras)
    require(specs::is_valid_name(extra), "an extra has a valid name", extra);
  check_reads_back(found->text(), Requirement::parse, [](const Requirement& r) { return r.text(); });
  const auto again = Requirement::parse(found->text());
  require(again->name == found->name && again->extras == found->extras && again->url == found->url,
          "the text requires the same", found->text(), again->text());
}

}  // namespace launch::fuzz
