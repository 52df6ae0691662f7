#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "store/store.hpp"

namespace launch::store {

/// A text that was made of a file of the store, and can be made again; kept beside that file, with which it
/// is collected. `name` is a plain file name, and says everything else that the text depends on. nullopt if
/// there is none, or if it is damaged.
std::optional<std::string> derived(const Store& store, const Digest& from, std::string_view name);

/// Keeps such a text. Failing is no error: the text is only made again.
void keep_derived(const Store& store, const Digest& from, std::string_view name, std::string_view text,
                  Disk& disk);

}  // namespace launch::store
