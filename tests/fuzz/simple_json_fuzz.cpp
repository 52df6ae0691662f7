#include "fuzz/pages.hpp"

namespace launch::fuzz {

/// A page of a simple index (PEP 691).
void fuzz_simple_json(std::string_view bytes) {
  const auto page = index::parse_simple_json(bytes, page_url(), "torch");
  if (parsed(page)) check_page(*page);
}

}  // namespace launch::fuzz
