#include "fuzz/pages.hpp"

namespace launch::fuzz {

/// A page of a simple index (PEP 503).
void fuzz_simple_html(std::string_view bytes) {
  const auto links = index::parse_links(bytes, page_url());
  if (!parsed(links)) return;
  check_files(*links);
  const auto page = index::parse_simple_html(bytes, page_url(), "torch");
  require(page.has_value(), "a page of links is a page of a project");
  check_page(*page);
}

}  // namespace launch::fuzz
