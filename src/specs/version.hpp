#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace launch::specs {

/// A PEP 440 version: accepts every spelling, with the standard's order and equality.
class Version {
 public:
  /// Errors (input): not a PEP 440 version.
  static Result<Version> parse(std::string_view text);

  /// Normalized spelling: "2.5.0.dev20240617+cu121".
  std::string text() const;
  /// The same without the local part.
  std::string public_text() const;
  /// "cu121", normalized; empty without one.
  std::string local() const;
  Version without_local() const;
  /// "V.dev0" without the local part: the earliest version that leads up to this one.
  Version first_dev() const;
  /// Same epoch, release (1.0 is 1) and pre-release part; post, dev and local may differ.
  bool same_family(const Version& other) const;

  std::uint64_t epoch() const { return epoch_; }
  const std::vector<std::uint64_t>& release() const { return release_; }
  std::optional<std::uint64_t> dev() const { return dev_; }
  std::optional<std::uint64_t> post() const { return post_; }
  bool is_prerelease() const { return dev_.has_value() || pre_.has_value(); }

  friend std::strong_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b) {
    return (a <=> b) == std::strong_ordering::equal;
  }

 private:
  using LocalPart = std::variant<std::string, std::uint64_t>;  // strings sort before numbers
  std::uint64_t epoch_ = 0;
  std::vector<std::uint64_t> release_;
  std::optional<std::pair<char, std::uint64_t>> pre_;  // 'a', 'b' or 'c' (rc)
  std::optional<std::uint64_t> post_;
  std::optional<std::uint64_t> dev_;
  std::vector<LocalPart> local_;
};

}  // namespace launch::specs
