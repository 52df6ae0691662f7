#include "project/recipe_from.hpp"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "project/needs.hpp"
#include "project/pyproject.hpp"
#include "project/requirements_txt.hpp"
#include "pytorch/packages.hpp"
#include "specs/marker.hpp"

namespace launch::project {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostFile = std::uint64_t{64} << 20;

/// An entry of `from`: "pyproject.toml[train,eval]".
struct Entry {
  std::string file;
  std::set<std::string> extras;
};

Entry parse_entry(const std::string& text) {
  const auto bracket = text.find('[');
  if (bracket == std::string::npos || !text.ends_with(']')) return {text, {}};
  Entry entry{text.substr(0, bracket), {}};
  for (const auto extra : split(std::string_view(text).substr(bracket + 1, text.size() - bracket - 2), ','))
    entry.extras.emplace(trim(extra));
  return entry;
}

class Adding {
 public:
  Adding(Recipe& recipe, const Project& project) : recipe_(recipe), project_(project) {
    for (const auto* list : {&recipe.packages, &recipe.torch.packages}) {
      for (const auto& requirement : *list) own_.insert(requirement.name);
    }
  }

  Result<void> read(const Entry& entry) {
    const auto file = project_.root() / entry.file;
    const auto shown = project_.shown(file);
    const bool toml = entry.file.ends_with(".toml");
    const bool lock = file.filename() == "uv.lock";
    if (!toml && !lock) {
      if (!entry.extras.empty()) {
        return fail(input_error(fmt::format("from: {} is a requirements file, which has no extras", shown)));
      }
      return read_requirements(file, false, "from");
    }
    TRY_ASSIGN(const auto text, read_named(file, "from"));
    TRY_ASSIGN(auto needs, toml ? parse_pyproject(text, shown, entry.extras, recipe_.python)
                                : parse_uv_lock(text, shown, entry.extras));
    return add(std::move(needs), file.parent_path(), false);
  }

 private:
  Result<std::string> read_named(const fs::path& file, std::string_view place) const {
    std::error_code ignored;
    if (!fs::exists(file, ignored))
      return fail(input_error(fmt::format("{}: {} does not exist", place, project_.shown(file))));
    return read_file(file, kMostFile);
  }

  Result<void> read_requirements(const fs::path& file, bool constraints, std::string_view place) {
    if (!read_.insert({file.lexically_normal(), constraints}).second) return {};
    TRY_ASSIGN(const auto text, read_named(file, place));
    TRY_ASSIGN(auto needs, parse_requirements_txt(text, project_.shown(file)));
    return add(std::move(needs), file.parent_path(), constraints);
  }

  Result<void> add(ProjectNeeds needs, const fs::path& folder, bool constraints) {
    recipe_.notes.insert(recipe_.notes.end(), needs.notes.begin(), needs.notes.end());
    add_bounds(recipe_.lock.constraints, needs.constraints);
    add_bounds(recipe_.lock.overrides, needs.overrides);
    for (auto& found : needs.packages) {
      if (constraints) {
        TRY(add_constraint(std::move(found)));
      } else {
        TRY(add_package(found));
      }
    }
    for (const auto& include : needs.includes)
      TRY(read_requirements(folder / include.file, include.constraints, include.place));
    return {};
  }

  /// The recipe's own bounds of a name replace those of the files.
  static void add_bounds(std::vector<specs::Requirement>& bounds,
                         const std::vector<specs::Requirement>& more) {
    std::set<std::string> own;
    for (const auto& bound : bounds) own.insert(bound.name);
    for (const auto& bound : more) {
      if (own.count(bound.name) == 0) bounds.push_back(bound);
    }
  }

  Result<void> add_constraint(FoundRequirement found) {
    if (found.elsewhere) return fail(elsewhere(found));
    found.requirement.extras.clear();
    recipe_.lock.constraints.push_back(std::move(found.requirement));
    return {};
  }

  bool applies(const specs::Requirement& requirement) const {
    return !requirement.marker ||
           std::any_of(
               recipe_.platforms.begin(), recipe_.platforms.end(), [&](const specs::Platform& platform) {
                 return requirement.marker->evaluate(specs::marker_environment(recipe_.python, platform));
               });
  }

  static Error elsewhere(const FoundRequirement& found) {
    return input_error(fmt::format("{}: {} comes from {}, but a lock includes only packages from an index",
                                   found.place, found.requirement.name, *found.elsewhere))
        .hint(fmt::format("list {} under packages in the recipe to take it from the index",
                          found.requirement.name));
  }

  bool is_assigned(const std::string& name) const {
    return std::any_of(recipe_.indexes.begin(), recipe_.indexes.end(),
                       [&](const Recipe::Index& index) { return index.packages.count(name) != 0; });
  }

  Result<void> add_package(const FoundRequirement& found) {
    const auto& requirement = found.requirement;
    const auto& name = requirement.name;
    if (!applies(requirement)) return {};
    const bool of_pytorch = pytorch::rule_of(name).from == pytorch::PackageRule::From::channel;
    if (found.elsewhere) {
      if (own_.count(name) == 0) return fail(elsewhere(found));
      recipe_.notes.push_back(
          fmt::format("{}: {} comes from {}; launch takes it from an index, because the recipe lists it",
                      found.place, name, *found.elsewhere));
      return {};
    }
    if (found.index_name && !of_pytorch && own_.count(name) == 0 && !is_assigned(name)) {
      return fail(
          input_error(
              fmt::format("{}: uv takes {} from the index {}, and the recipe does not say which that is",
                          found.place, name, in_quotes(*found.index_name)))
              .hint(fmt::format(
                  "add [[index]] to the recipe, with its url and packages = [\"{0}\"], or list {0} "
                  "under packages to take it from the general index",
                  name)));
    }
    const bool of_channel = of_pytorch && recipe_.torch.channel != pytorch::Channel::index;
    put(of_channel ? recipe_.torch.packages : recipe_.packages, requirement);
    return {};
  }

  static void put(std::vector<specs::Requirement>& list, const specs::Requirement& requirement) {
    const auto text = requirement.text();
    if (std::none_of(list.begin(), list.end(), [&](const auto& one) { return one.text() == text; }))
      list.push_back(requirement);
  }

  Recipe& recipe_;
  const Project& project_;
  std::set<std::string> own_;                 // names that the recipe lists itself
  std::set<std::pair<fs::path, bool>> read_;  // requirements files; as constraints
};

}  // namespace

Result<void> add_from(Recipe& recipe, const Project& project) {
  Adding adding(recipe, project);
  for (const auto& text : recipe.from) TRY(adding.read(parse_entry(text)));
  if (recipe.torch.packages.empty() && recipe.torch.channel != pytorch::Channel::index) {
    return fail(input_error(fmt::format(
        "recipe {}: neither [torch] packages nor a file under from lists a package of PyTorch's channel",
        recipe.name)));
  }
  if (recipe.packages.empty() && recipe.torch.packages.empty())
    return fail(input_error(fmt::format("recipe {}: the files under from list no packages", recipe.name)));
  return {};
}

}  // namespace launch::project
