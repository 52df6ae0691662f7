#include "store/derived.hpp"

#include <filesystem>

#include "base/file.hpp"
#include "store/layout.hpp"

namespace launch::store {
namespace {

constexpr std::size_t kHex = 64;

std::filesystem::path place_of(const Store& store, const Digest& from, std::string_view name) {
  return derived_folder(store.root(), from) / name;
}

}  // namespace

std::optional<std::string> derived(const Store& store, const Digest& from, std::string_view name) {
  auto text = read_file(place_of(store, from, name));
  if (!text || text->size() < kHex + 1) return std::nullopt;
  auto content = text->substr(kHex + 1);
  if (std::string_view(*text).substr(0, kHex) != Digest::of(content).hex()) return std::nullopt;
  return content;
}

void keep_derived(const Store& store, const Digest& from, std::string_view name, std::string_view text,
                  Disk& disk) {
  static_cast<void>(write_file(disk, place_of(store, from, name),
                               Digest::of(text).hex() + '\n' + std::string(text), 0644, Flush::no));
}

}  // namespace launch::store
