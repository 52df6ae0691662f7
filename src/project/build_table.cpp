#include "project/build_table.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "project/recipe_packages.hpp"
#include "project/toml_values.hpp"
#include "specs/name.hpp"

namespace launch::project {
namespace {

Result<Recipe::Build> read_build(const TomlTable& table) {
  Recipe::Build build;
  TRY(table.only({"apt", "env", "isolation", "requires", "variant"}));
  TRY(table.read("apt", build.apt));
  TRY(check_each(table, "apt", bad_apt_package));
  TRY(read_environment(table, build.env));
  TRY(table.read("isolation", build.isolation));
  TRY_ASSIGN(build.needs, read_requirements(table, "requires"));
  TRY(table.read("variant", build.variant));
  if (build.variant) TRY(check_allowed(table, "variant", *build.variant, {"base", "runtime", "devel"}));
  return build;
}

}  // namespace

Result<std::map<std::string, Recipe::Build>> read_build_tables(const TomlTable& lock) {
  std::map<std::string, Recipe::Build> tables;
  if (lock.find("build") == nullptr) return tables;
  TRY_ASSIGN(const auto all, lock.table("build"));
  for (const auto& item : lock.find("build")->items) {
    if (!specs::is_valid_name(item.key)) {
      return fail(
          all.wrong(item.key, item, fmt::format("expected a package's name, found {}", in_quotes(item.key))));
    }
    TRY_ASSIGN(const auto table, all.table(item.key));
    TRY_ASSIGN(auto build, read_build(table));
    const auto name = specs::normalize_name(item.key);
    if (!tables.emplace(name, std::move(build)).second)
      return fail(all.wrong(item.key, item, fmt::format("{} has a table already", name)));
  }
  return tables;
}

Result<void> check_git(const TomlTable& root, const Recipe& recipe) {
  for (const auto& requirement : recipe.torch.packages) {
    if (!requirement.url) continue;
    TRY_ASSIGN(const auto torch, root.table("torch"));
    return fail(
        torch.wrong("packages", fmt::format("{} comes from git, not from the channel", requirement.name))
            .hint("list it under packages at the top of the recipe"));
  }
  for (const auto& requirement : recipe.packages) {
    if (!requirement.url || recipe.lock.build.contains(requirement.name)) continue;
    return fail(
        root.wrong("packages", fmt::format("{} comes from git, so its wheel must be built", requirement.name))
            .hint(fmt::format("add [lock.build.{}] to allow that", requirement.name)));
  }
  return {};
}

std::string text_of(const Recipe::Build& build) {
  std::string text;
  for (const auto& package : build.apt) text += fmt::format("apt {}\n", package);
  for (const auto& [name, value] : build.env) text += fmt::format("env {}={}\n", name, value);
  for (const auto& requirement : build.needs) text += fmt::format("requires {}\n", requirement.text());
  if (!build.isolation) text += "no isolation\n";
  if (build.variant) text += fmt::format("variant {}\n", *build.variant);
  return text;
}

}  // namespace launch::project
