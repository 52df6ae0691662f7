#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace launch::image {

/// Files that look like secrets by their name or content.
struct SecretKind;

/// Decides whether a file looks like a secret: by its name (.env, id_rsa, .netrc, …), by its content (a
/// private key, the key of a service account), or by both (an .npmrc with a token).
class SecretTest {
 public:
  /// `path` is its path in the project, `size` in bytes.
  SecretTest(std::string_view path, std::uint64_t size);

  /// It looks like one, whatever it contains.
  bool by_name() const { return by_name_; }
  /// How many bytes of its start are needed to decide; 0: its name decides.
  std::uint64_t wanted() const { return wanted_; }
  /// Whether it looks like one with this start, or by its name.
  bool of(std::string_view start) const;

 private:
  bool by_name_ = false;
  bool may_be_key_ = false;
  std::uint64_t wanted_ = 0;
  std::vector<const SecretKind*> named_;  ///< those whose names it has
};

}  // namespace launch::image
