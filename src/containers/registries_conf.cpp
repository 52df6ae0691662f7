#include "containers/registries_conf.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"

namespace launch::containers {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostFile = std::uint64_t{1} << 20;
constexpr std::string_view kVariable = "CONTAINERS_REGISTRIES_CONF";
constexpr std::string_view kPlace = "HOST[:PORT][/PATH]";

fs::path own_folder(const Environment& environment) {
  return environment.home() / ".config/containers";
}

/// A place at a key, without "/" at its end.
Result<std::string> read_place(const TomlTable& table, std::string_view key) {
  std::string place;
  TRY(table.read(key, place));
  if (place.starts_with("http://") || place.starts_with("https://"))
    return fail(table.wrong(key, fmt::format("expected {}, found {}", kPlace, in_quotes(place))));
  while (place.ends_with('/')) place.pop_back();
  return place;
}

Result<specs::MachineRegistry::Mirror> read_mirror(const TomlTable& table, bool digests_only) {
  specs::MachineRegistry::Mirror mirror;
  TRY_ASSIGN(mirror.location, read_place(table, "location"));
  TRY(table.read("insecure", mirror.insecure));
  if (mirror.location.empty()) return fail(table.wrong("location", fmt::format("expected {}", kPlace)));
  std::string pulls;
  TRY(table.read("pull-from-mirror", pulls));
  mirror.for_tags = !digests_only && pulls != "digest-only";
  mirror.for_digests = pulls != "tag-only";
  return mirror;
}

Result<specs::MachineRegistry> read_registry(const TomlTable& table, std::string_view shown) {
  specs::MachineRegistry registry;
  TRY_ASSIGN(registry.prefix, read_place(table, "prefix"));
  TRY_ASSIGN(registry.location, read_place(table, "location"));
  TRY(table.read("insecure", registry.insecure));
  TRY(table.read("blocked", registry.blocked));
  if (registry.prefix.empty()) registry.prefix = registry.location;
  if (registry.prefix.empty()) return fail(table.wrong("location", fmt::format("expected {}", kPlace)));
  bool digests_only = false;
  TRY(table.read("mirror-by-digest-only", digests_only));
  TRY_ASSIGN(const auto mirrors, table.tables("mirror"));
  for (const auto& entry : mirrors) {
    TRY_ASSIGN(auto mirror, read_mirror(entry, digests_only));
    registry.mirrors.push_back(std::move(mirror));
  }
  registry.file = shown;
  return registry;
}

/// What a file of version 1 says: [registries.insecure] and [registries.block].
Result<std::vector<specs::MachineRegistry>> read_version_1(const TomlTable& root, std::string_view shown) {
  TRY_ASSIGN(const auto table, root.table("registries"));
  std::vector<specs::MachineRegistry> registries;
  for (const std::string_view key : {"insecure", "block"}) {
    TRY_ASSIGN(const auto list, table.table(key));
    std::vector<std::string> names;
    TRY(list.read("registries", names));
    for (const auto& name : names) {
      const auto same = [&](const auto& registry) { return registry.prefix == name; };
      auto found = std::ranges::find_if(registries, same);
      if (found == registries.end())
        found = registries.insert(found, {.prefix = name, .location = name, .file = std::string(shown)});
      (key == "insecure" ? found->insecure : found->blocked) = true;
    }
  }
  return registries;
}

/// The drop-in files, in the order in which they are read.
std::vector<fs::path> drop_ins(const Environment& environment, const fs::path& main, const fs::path& root) {
  const auto own = own_folder(environment);
  std::vector<fs::path> folders = {own / "registries.conf.d"};
  if (main != own / "registries.conf")
    folders.insert(folders.begin(), root / "etc/containers/registries.conf.d");
  std::vector<fs::path> files;
  for (const auto& folder : folders) {
    for (auto& file : files_with(folder, ".conf")) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

fs::path registries_file(const Environment& environment, const fs::path& root) {
  if (const auto given = environment.get(kVariable)) return *given;
  const auto own = own_folder(environment) / "registries.conf";
  std::error_code ignored;
  return fs::exists(own, ignored) ? own : root / "etc/containers/registries.conf";
}

Result<std::vector<specs::MachineRegistry>> parse_registries_conf(std::string_view text,
                                                                  std::string_view shown) {
  TRY_ASSIGN(const auto document, parse_toml(text, shown));
  const TomlTable root(document, shown);
  TRY_ASSIGN(const auto tables, root.tables("registry"));
  TRY_ASSIGN(auto registries, read_version_1(root, shown));
  for (const auto& table : tables) {
    TRY_ASSIGN(auto registry, read_registry(table, shown));
    registries.push_back(std::move(registry));
  }
  return registries;
}

Result<std::vector<specs::MachineRegistry>> read_registries_conf(const Environment& environment,
                                                                 const fs::path& root) {
  const auto main = registries_file(environment, root);
  auto files = drop_ins(environment, main, root);
  std::error_code ignored;
  if (environment.get(kVariable) || fs::exists(main, ignored)) files.insert(files.begin(), main);
  std::vector<specs::MachineRegistry> all;
  for (const auto& file : files) {
    TRY_ASSIGN(const auto text, read_file(file, kMostFile));
    TRY_ASSIGN(auto registries, parse_registries_conf(text, file.string()));
    std::erase_if(all, [&](const auto& before) {
      return std::ranges::any_of(registries, [&](const auto& now) { return now.prefix == before.prefix; });
    });
    std::ranges::move(registries, std::back_inserter(all));
  }
  return all;
}

}  // namespace launch::containers
