#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/result.hpp"
#include "project/recipe.hpp"

namespace launch::train {

struct Plan;

/// What a user says of the ranks for one run, in addition to the recipe, as the options spell it.
struct GivenTexts {
  std::vector<std::string> variables = {};  ///< "NAME=VALUE", or "NAME" for the value in this environment
  std::vector<std::string> mounts = {};     ///< "FROM:TO", "FROM:TO:ro", "FROM:TO:ro,z"
  std::vector<std::string> secrets = {};    ///< "NAME=FILE"
  std::optional<std::string> workdir = {};
  std::optional<int> ranks_per_node = {};
};

/// The same, read.
struct Given {
  struct Value {
    std::string text;
    bool from_here = false;  ///< the value of this environment
  };
  std::map<std::string, Value> variables = {};
  std::vector<project::MountEntry> mounts = {};     ///< `from` is absolute
  std::map<std::string, std::string> secrets = {};  ///< variable → file, an absolute path
  std::optional<std::string> workdir = {};
  std::optional<int> ranks_per_node = {};
};

/// `folder`: where relative paths start. Of several values of a variable, the last counts. Errors (input): a
/// text of another form; a variable that is not set here; a variable that is a secret as well, or two mounts
/// at one place.
Result<Given> read_given(const GivenTexts& texts, const Environment& environment,
                         const std::filesystem::path& folder);

/// Adds what the user gave and what the recipe says to a plan, with notes: variables, mounts, folder and
/// secrets. The user's come first, and then the recipe's. `project`: where the recipe's relative paths start.
/// Pure. Errors (input): a variable or a mount that a run needs for itself.
Result<void> add_given(Plan& plan, const project::Recipe& recipe, const Given& given,
                       const std::filesystem::path& project);

/// Sets the ranks of each node, which has that many GPUs: what the user wants, else one per GPU, or one; adds
/// a note if some GPUs may stay idle. Errors (input): more ranks than GPUs.
Result<void> set_ranks(Plan& plan, std::size_t gpus);
/// "one rank", "4 ranks"
std::string ranks_per_node_text(const Plan& plan);

/// Notes which proxies of this environment the ranks do not get.
void note_proxies(Plan& plan, const Environment& environment);

/// Errors (input): a mount or the file of a secret does not exist; a secret cannot be read, or is no value of
/// a variable.
Result<void> check_given_files(const Plan& plan, const Given& given);

}  // namespace launch::train
