#include "project/recipe_packages.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pytorch/channel.hpp"
#include "specs/git_source.hpp"
#include "specs/name.hpp"

namespace launch::project {

namespace {

const TomlValue* member(const TomlValue& table, std::string_view key) {
  const auto at = std::find_if(table.items.begin(), table.items.end(),
                               [&](const TomlValue& one) { return one.key == key; });
  return at == table.items.end() ? nullptr : &*at;
}

void remove(TomlValue& document, std::string_view table, std::initializer_list<std::string_view> keys) {
  for (auto& one : document.items) {
    if (one.key != table) continue;
    std::erase_if(one.items, [&](const TomlValue& item) {
      return std::find(keys.begin(), keys.end(), item.key) != keys.end();
    });
  }
}

std::string name_of(const TomlValue& item) {
  const auto requirement = specs::Requirement::parse(item.text);
  return requirement ? requirement->name : item.text;
}

/// Requirements above replace all those of the same names below.
bool merge_requirements(std::string_view path, TomlValue& below, const TomlValue& above) {
  constexpr std::array<std::string_view, 4> kLists = {"packages", "torch.packages", "lock.constraints",
                                                      "lock.overrides"};
  if (std::find(kLists.begin(), kLists.end(), path) == kLists.end()) return false;
  if (below.kind != TomlValue::Kind::array || above.kind != TomlValue::Kind::array) return false;
  std::set<std::string> named;
  for (const auto& item : above.items) named.insert(name_of(item));
  std::erase_if(below.items, [&](const TomlValue& item) { return named.count(name_of(item)) != 0; });
  below.items.insert(below.items.end(), above.items.begin(), above.items.end());
  return true;
}

/// The position in the list, for the error about a name.
const TomlValue& place_of(const TomlValue& list, const std::string& name) {
  return *std::find_if(list.items.begin(), list.items.end(),
                       [&](const TomlValue& item) { return name_of(item) == name; });
}

Result<Recipe::Index> read_index(const TomlTable& table) {
  TRY(table.only({"url", "packages"}));
  Recipe::Index index;
  std::string url;
  TRY(table.read("url", url));
  const auto parsed = specs::Url::parse(url);
  if (!parsed || !parsed->is_http()) {
    return fail(table.wrong("url", fmt::format("expected the https or http URL of a simple index, found {}",
                                               in_quotes(specs::redacted_url(url)))));
  }
  index.url = parsed->without_end_slashes();
  std::vector<std::string> names;
  TRY(table.read("packages", names));
  if (names.empty()) {
    return fail(table.wrong("packages", "expected the names of the packages that come from this index"));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!specs::is_valid_name(names[i])) {
      return fail(table.wrong("packages", table.find("packages")->items[i],
                              fmt::format("expected a package's name, found {}", in_quotes(names[i]))));
    }
    index.packages.insert(specs::normalize_name(names[i]));
  }
  return index;
}

}  // namespace

Result<std::vector<specs::Requirement>> read_requirements(const TomlTable& table, std::string_view key) {
  std::vector<specs::Requirement> out;
  std::vector<std::string> texts;
  TRY(table.read(key, texts));
  const auto* value = table.find(key);
  if (value == nullptr) return out;
  std::map<std::string, TomlPlace> seen;
  for (const auto& item : value->items) {
    auto requirement = specs::Requirement::parse(item.text);
    if (!requirement) return fail(table.wrong(key, item, requirement.error().message()));
    if (requirement->url && key == "packages" && specs::GitSource::is_git(*requirement->url)) {
      const auto source = specs::GitSource::parse(*requirement->url);
      if (!source) return fail(table.wrong(key, item, source.error().message()));
    } else if (requirement->url) {
      return fail(table.wrong(
          key, item, fmt::format("{} names a URL, but packages come from an index", in_quotes(item.text))));
    }
    const auto [at, fresh] = seen.emplace(requirement->text(), item.place);
    if (!fresh) {
      return fail(table.wrong(key, item,
                              fmt::format("{} is already listed at {}:{}", requirement->text(),
                                          at->second.line, at->second.column)));
    }
    out.push_back(*std::move(requirement));
  }
  return out;
}

Result<std::vector<specs::Requirement>> read_bounds(const TomlTable& table, std::string_view key) {
  TRY_ASSIGN(auto bounds, read_requirements(table, key));
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (bounds[i].extras.empty()) continue;
    return fail(table
                    .wrong(key, table.find(key)->items[i],
                           fmt::format("{} has extras, but {} only bound versions", bounds[i].text(), key))
                    .hint("list the package with its extras under packages"));
  }
  return bounds;
}

Result<std::vector<Recipe::Index>> read_indexes(const TomlTable& root) {
  std::vector<Recipe::Index> indexes;
  std::map<std::string, specs::Url> taken;
  TRY_ASSIGN(const auto tables, root.tables("index"));
  for (const auto& table : tables) {
    TRY_ASSIGN(auto index, read_index(table));
    for (const auto& name : index.packages) {
      const auto [at, fresh] = taken.emplace(name, index.url);
      if (fresh) continue;
      return fail(table.wrong("packages", fmt::format("{} already comes from {}: a name comes from one index",
                                                      name, at->second)));
    }
    indexes.push_back(std::move(index));
  }
  return indexes;
}

Result<void> check_origins(const TomlTable& root, const Recipe& recipe) {
  TRY_ASSIGN(const auto torch, root.table("torch"));
  for (const auto& requirement : recipe.torch.packages) {
    const auto& name = requirement.name;
    const auto is_it = [&](const specs::Requirement& other) { return other.name == name; };
    const auto named = [&](const Recipe::Index& index) { return index.packages.count(name) != 0; };
    const auto wrong = [&](std::string_view other) {
      return torch.wrong(
          "packages", place_of(*torch.find("packages"), name),
          fmt::format("{} is also listed under {}, but a name comes from one index", name, other));
    };
    if (std::any_of(recipe.packages.begin(), recipe.packages.end(), is_it)) return fail(wrong("packages"));
    if (std::any_of(recipe.indexes.begin(), recipe.indexes.end(), named)) return fail(wrong("[[index]]"));
  }
  return {};
}

void extend(TomlValue& below, const TomlValue& above) {
  const auto* torch = member(above, "torch");
  const auto* image = member(above, "image");
  const auto sets = [](const TomlValue* table, std::string_view key) {
    return table != nullptr && member(*table, key) != nullptr;
  };
  if (sets(torch, "date")) remove(below, "torch", {"as-of"});
  if (sets(torch, "as-of")) remove(below, "torch", {"date"});
  if (sets(torch, "channel")) {
    const auto channel = pytorch::channel_of(member(*torch, "channel")->text);
    if (channel == pytorch::Channel::index) remove(below, "torch", {"cuda"});
    if (channel != pytorch::Channel::nightly) remove(below, "torch", {"date", "as-of"});
  }
  if (sets(image, "from")) remove(below, "image", {"variant"});
  if (sets(image, "variant")) remove(below, "image", {"from"});
  overlay(below, above, merge_requirements);
}

}  // namespace launch::project
