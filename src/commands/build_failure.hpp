#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace launch::commands {

/// The error of a build from source: its last lines, where the others are, and what may help. `what`: "demo
/// 1.0"; `package`: the name of its [lock.build] table.
Error build_failure(std::string_view what, const std::string& package, int exit_code, std::string_view log,
                    const std::filesystem::path& file);

}  // namespace launch::commands
