#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "locking/lock_target.hpp"
#include "locking/package_source.hpp"
#include "project/recipe.hpp"
#include "resolve/provider.hpp"

namespace launch::locking {

/// What helps where nothing fits the recipe's Python.
inline constexpr const char* kOtherPython = "try another `python` in the recipe";

/// Why no wheel on a project's page can be used, as a clause: "the index … has no project named x", "torch
/// 2.3.0 has wheels for cp38, cp39 and cp310, none for cp313", "the newest b for Python 3.12 on linux-x86_64
/// is 4.2". `newest`: of the versions that fit the target; nullopt if none does.
resolve::Reason explain_absence(const Listing& listing, const specs::SpecifierSet& wanted,
                                const std::optional<specs::Version>& newest, const project::Recipe& recipe,
                                LockTarget& target, const std::optional<specs::Day>& day);

/// "the index https://… has no project named x", "the channel https://… refuses x (403)"
std::string no_such_project(const Listing& listing);

}  // namespace launch::locking
