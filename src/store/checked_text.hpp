#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.hpp"

namespace launch::store {

/// A text that keep_text wrote; nullopt if there is none, or if it is damaged.
std::optional<std::string> kept_text(const std::filesystem::path& path);

/// Writes a text that can be made again, with its digest. Failing is no error.
void keep_text(Disk& disk, const std::filesystem::path& path, std::string_view text);

}  // namespace launch::store
