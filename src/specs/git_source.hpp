#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "specs/url.hpp"

namespace launch::specs {

/// A commit of a git repository.
struct GitSource {
  Url url;             ///< of the repository: https, http or file
  std::string commit;  ///< 40 lower-case hex digits

  /// True for a URL of PEP 508 that names a git repository: "git+https://…".
  static bool is_git(std::string_view text) { return text.starts_with("git+"); }
  /// Parses "git+https://host.example/repo.git@COMMIT". Errors (input): another scheme, no full commit, a
  /// fragment.
  static Result<GitSource> parse(std::string_view text);

  friend bool operator==(const GitSource&, const GitSource&) = default;
};

}  // namespace launch::specs
