#include "project/rank_options.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "project/toml_values.hpp"

namespace launch::project {
namespace {

constexpr std::int64_t kMostRanks = 1024;

Result<void> read_secrets(const TomlTable& table, Recipe::Train& train) {
  TRY(table.read("secrets", train.secrets));
  const auto* value = table.find("secrets");
  if (value == nullptr) return {};
  for (const auto& item : value->items) {
    const auto key = "secrets." + item.key;
    if (const auto what = bad_variable(item.key)) return fail(table.wrong(key, item, *what));
    if (item.text.empty() || has_control(item.text) || item.text.size() > kLongestPath)
      return fail(table.wrong(key, item, found("a file with the value, such as \"token\"", item.text)));
    if (train.env.contains(item.key))
      return fail(table.wrong(key, item, fmt::format("{} is in env as well", item.key))
                      .hint("remove one of the two"));
  }
  return {};
}

}  // namespace

Result<void> read_rank_options(const TomlTable& table, Recipe::Train& train) {
  TRY(table.read("workdir", train.workdir));
  if (train.workdir) {
    if (const auto what = bad_container_path(*train.workdir)) return fail(table.wrong("workdir", *what));
  }
  if (table.find("ranks-per-node") != nullptr) {
    std::int64_t ranks = 0;
    TRY(table.read("ranks-per-node", ranks));
    if (ranks < 1 || ranks > kMostRanks) {
      return fail(
          table.wrong("ranks-per-node", fmt::format("expected 1 to {}, found {}", kMostRanks, ranks)));
    }
    train.ranks_per_node = static_cast<int>(ranks);
  }
  return read_secrets(table, train);
}

}  // namespace launch::project
