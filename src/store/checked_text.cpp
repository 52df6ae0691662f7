#include "store/checked_text.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"

namespace launch::store {
namespace {

constexpr std::size_t kHex = 64;

}  // namespace

std::optional<std::string> kept_text(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text || text->size() < kHex + 1) return std::nullopt;
  auto content = text->substr(kHex + 1);
  if (std::string_view(*text).substr(0, kHex) != Digest::of(content).hex()) return std::nullopt;
  return content;
}

void keep_text(Disk& disk, const std::filesystem::path& path, std::string_view text) {
  static_cast<void>(
      write_file(disk, path, Digest::of(text).hex() + '\n' + std::string(text), 0644, Flush::no));
}

}  // namespace launch::store
