#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace launch {

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  /// A digest that goes on from the same state.
  Sha256 clone() const;

  void update(std::string_view bytes);
  /// 64 lower-case hex digits. The object takes no more bytes afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64 lower-case hex digits of the whole text.
std::string sha256_hex(std::string_view bytes);
/// Digest of a file's content, read in pieces. Errors: the file cannot be read (world).
Result<std::string> sha256_file(const std::filesystem::path& path);
/// True for 64 lower-case hex digits.
bool is_sha256_hex(std::string_view text);

}  // namespace launch
