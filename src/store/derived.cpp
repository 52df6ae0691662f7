#include "store/derived.hpp"

#include <filesystem>

#include "store/checked_text.hpp"
#include "store/layout.hpp"

namespace launch::store {
namespace {

std::filesystem::path place_of(const Store& store, const Digest& from, std::string_view name) {
  return derived_folder(store.root(), from) / name;
}

}  // namespace

std::optional<std::string> derived(const Store& store, const Digest& from, std::string_view name) {
  return kept_text(place_of(store, from, name));
}

void keep_derived(const Store& store, const Digest& from, std::string_view name, std::string_view text,
                  Disk& disk) {
  keep_text(disk, place_of(store, from, name), text);
}

}  // namespace launch::store
