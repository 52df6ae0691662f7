#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace launch {

/// A SHA-256 of some content.
class Digest {
 public:
  /// 64 lower-case hex digits: "ab12…"; nullopt for anything else.
  static std::optional<Digest> of_hex(std::string_view hex);
  /// "sha256:ab12…", as OCI and PEP 751 write it; nullopt for anything else.
  static std::optional<Digest> parse(std::string_view text);
  static Digest of(std::string_view content);

  /// "ab12…"
  const std::string& hex() const { return hex_; }
  /// "sha256:ab12…"
  std::string text() const { return "sha256:" + hex_; }

  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm of clang-tidy 14
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  explicit Digest(std::string hex) : hex_(std::move(hex)) {}
  friend class Sha256;
  std::string hex_;
};

/// SHA-256 (FIPS 180-4) of bytes that arrive in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);
  /// 64 lower-case hex digits. The object accepts no more bytes afterwards.
  std::string hex();
  Digest digest() { return Digest(hex()); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64 lower-case hex digits of the whole text.
std::string sha256_hex(std::string_view bytes);
/// Digest of a file's content, read in pieces. Errors: the file cannot be read (environment).
Result<Digest> sha256_file(const std::filesystem::path& path);
/// True for 64 lower-case hex digits.
bool is_sha256_hex(std::string_view text);

}  // namespace launch
