#include "store/references.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "store/layout.hpp"
#include "store/pull.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;

/// Every SHA-256 in a text, whatever is around it.
void add_named(std::string_view text, std::vector<Digest>& digests) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kHex = 64;
  for (auto at = text.find_first_of(kDigits); at < text.size(); at = text.find_first_of(kDigits, at)) {
    const auto end = std::min(text.find_first_not_of(kDigits, at), text.size());
    if (end - at == kHex) digests.push_back(*Digest::of_hex(text.substr(at, kHex)));
    at = end;
  }
}

void add_named_in(const fs::path& file, std::vector<Digest>& digests) {
  constexpr std::uintmax_t kMost = std::uintmax_t{16} << 20;
  std::error_code code;
  const auto size = fs::file_size(file, code);
  if (code || size > kMost) return;
  if (const auto text = read_file(file)) add_named(*text, digests);
}

}  // namespace

std::set<Digest> with_references(const Store& store, const std::set<Digest>& digests) {
  std::set<Digest> found;
  std::vector<Digest> open(digests.begin(), digests.end());
  while (!open.empty()) {
    const auto digest = std::move(open.back());
    open.pop_back();
    if (!found.insert(digest).second) continue;
    add_named_in(digest_folder(store.root(), digest) / kManifestName, open);
    std::error_code code;
    for (fs::directory_iterator at(derived_folder(store.root(), digest), code), end; !code && at != end;
         at.increment(code))
      add_named_in(at->path(), open);
  }
  return found;
}

}  // namespace launch::store
