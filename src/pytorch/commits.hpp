#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace launch::pytorch {

/// The file of a torch wheel that names the commit it was built from.
inline constexpr std::string_view kVersionFile = "torch/version.py";

/// The commit in that file: "git_version = '0123…'", 40 hex digits; nullopt if it names none.
std::optional<std::string> commit_of(std::string_view version_file);

/// What torch.__version__ says, from the same file: "2.6.0+cu124", also in a wheel of the general index whose
/// own version is 2.6.0; nullopt if it is not there.
std::optional<std::string> version_in(std::string_view version_file);

/// The page that lists the commits of PyTorch after `before`, up to `after`.
std::string compare_url(std::string_view before, std::string_view after);

}  // namespace launch::pytorch
