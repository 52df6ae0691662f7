#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"
#include "project/base_image_table.hpp"
#include "project/build_record.hpp"
#include "project/lockfile.hpp"
#include "project/lockfile_sources.hpp"
#include "project/platform_wheels.hpp"
#include "project/toml_values.hpp"
#include "specs/name.hpp"
#include "specs/specifier.hpp"

namespace launch::project {

namespace {

constexpr std::string_view kLockHint =
    "locks are written by programs: regenerate it with `launch lock --upgrade` or the tool that made it";

Result<void> check_version(const TomlTable& root, std::string_view file, std::vector<std::string>& warnings) {
  TRY_ASSIGN(const auto version, required_text(root, "lock-version", "\"1.0\""));
  if (version == "1.0") return {};
  if (!version.starts_with("1.") || !parse_u64(std::string_view(version).substr(2)))
    return fail(root.wrong("lock-version", found("\"1.0\"", version)));
  warnings.push_back(fmt::format(
      "{}: lock-version is {}; this program knows 1.0 and ignores what it does not know", file, version));
  return {};
}

Result<LockedPackage> read_package(const TomlTable& table, Accept accept) {
  TRY_ASSIGN(const auto name, required_text(table, "name", "a package's name"));
  if (!specs::is_valid_name(name)) return fail(table.wrong("name", found("a package's name", name)));
  std::optional<specs::Version> version;
  if (table.find("version") != nullptr) {
    std::string text;
    TRY(table.read("version", text));
    auto parsed = specs::Version::parse(text);
    if (!parsed) return fail(table.wrong("version", parsed.error().message()));
    version = *std::move(parsed);
  }
  LockedPackage package;
  package.name = specs::normalize_name(name);
  TRY(table.read("index", package.index));
  TRY(table.read("marker", package.marker));
  if (package.marker) {
    const auto marker = specs::Marker::parse(*package.marker);
    if (!marker) return fail(table.wrong("marker", marker.error().message()));
  }
  TRY_ASSIGN(const auto dependencies, table.tables("dependencies"));
  for (const auto& entry : dependencies) {
    TRY_ASSIGN(auto dependency, required_text(entry, "name", "a package's name"));
    package.dependencies.push_back(std::move(dependency));
  }
  std::sort(package.dependencies.begin(), package.dependencies.end());

  TRY(read_wheels(table, package, version));
  TRY(read_sdist(table, package, version));
  TRY(read_source(table, package));
  TRY_ASSIGN(package.build, read_build_record(table));
  const bool has_source = package.sdist || package.source;
  if (package.wheels.empty() && !(has_source && accept == Accept::any_source)) {
    return fail(table.wrong(
        "wheels", has_source || accept == Accept::wheels
                      ? fmt::format("{} has no wheel, and only wheels are installed", package.name)
                      : fmt::format("{} has no wheels, source archive or other source", package.name)));
  }
  if (version) package.version = *std::move(version);
  return package;
}

/// A value that `parse` (returning a Result or an optional) parses; nullopt if the key is missing.
template <class Parse>
auto read_value(const TomlTable& table, std::string_view key, std::string_view expected, const Parse& parse)
    -> Result<std::optional<std::decay_t<decltype(*parse(""))>>> {
  std::optional<std::string> text;
  TRY(table.read(key, text));
  if (!text) return std::nullopt;
  const auto value = parse(*text);
  if (!value) return fail(table.wrong(key, found(expected, *text)));
  return *value;
}

Result<std::optional<BaseImage>> read_base(const TomlTable& launch) {
  if (launch.find("base") == nullptr) return std::nullopt;
  TRY_ASSIGN(const auto table, launch.table("base"));
  return read_base_image(table);
}

Result<std::optional<PythonBuild>> read_interpreter(const TomlTable& launch) {
  if (launch.find("interpreter") == nullptr) return std::nullopt;
  TRY_ASSIGN(const auto table, launch.table("interpreter"));
  return read_python_build(table);
}

Result<std::optional<ImageDigests>> read_images(const TomlTable& launch) {
  if (launch.find("images") == nullptr) return std::nullopt;
  TRY_ASSIGN(const auto table, launch.table("images"));
  return read_image_digests(table);
}

Result<std::vector<specs::Platform>> read_platforms(const TomlTable& launch) {
  std::vector<std::string> texts;
  TRY(launch.read("platforms", texts));
  std::vector<specs::Platform> platforms;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto platform = specs::Platform::parse(texts[i]);
    if (!platform)
      return fail(launch.wrong("platforms", launch.find("platforms")->items[i], platform.error().message()));
    platforms.push_back(*platform);
  }
  return platforms;
}

Result<Provenance> read_provenance(const TomlTable& root) {
  Provenance provenance;
  TRY_ASSIGN(const auto tool, root.table("tool"));
  if (tool.find("launch") == nullptr) return provenance;
  TRY_ASSIGN(const auto table, tool.table("launch"));
  provenance.of_earlier_launch = table.find("recipe") != nullptr;
  if (!provenance.of_earlier_launch) {
    TRY_ASSIGN(provenance.recipe, read_digest(table, "recipe-digest"));
  }
  TRY_ASSIGN(provenance.channel,
             read_value(table, "channel", join_words(pytorch::channel_names(), "or"), pytorch::channel_of));
  TRY_ASSIGN(provenance.cuda,
             read_value(table, "cuda", "a build such as \"cu128\"", specs::Accelerator::parse));
  TRY(table.read("cuda-version", provenance.cuda_version));
  TRY_ASSIGN(provenance.date, read_value(table, "date", "a day such as \"2025-06-06\"", specs::Day::parse));
  TRY_ASSIGN(provenance.locked,
             read_value(table, "locked", "a day such as \"2025-06-06\"", specs::Day::parse));
  TRY_ASSIGN(provenance.platforms, read_platforms(table));
  TRY_ASSIGN(provenance.base, read_base(table));
  TRY_ASSIGN(provenance.interpreter, read_interpreter(table));
  TRY_ASSIGN(provenance.images, read_images(table));
  return provenance;
}

// The later of two packages of one name that may apply together.
const LockedPackage* find_rival(const Lockfile& lock) {
  std::map<std::string_view, std::vector<const LockedPackage*>> by_name;
  for (const auto& package : lock.packages) by_name[package.name].push_back(&package);
  std::optional<std::vector<specs::MarkerEnvironment>> environments;
  for (const auto& [name, rivals] : by_name) {
    if (rivals.size() < 2) continue;
    if (!environments) {
      environments.emplace();
      for (const auto& [python, platform] : environments_of(lock))
        environments->push_back(specs::marker_environment(python, platform));
    }
    for (const auto& environment : *environments) {
      const LockedPackage* first = nullptr;
      for (const auto* package : rivals) {
        if (!applies(*package, environment).value_or(false)) continue;
        if (first != nullptr) return package;
        first = package;
      }
    }
  }
  return nullptr;
}

Result<Lockfile> read_lock(const TomlTable& root, std::string_view file, Accept accept) {
  Lockfile lock;
  TRY(check_version(root, file, lock.warnings));
  TRY(required_text(root, "created-by", "the name of the program that wrote it"));
  TRY(root.read("requires-python", lock.requires_python));
  if (const auto pythons = specs::SpecifierSet::parse(lock.requires_python); !pythons) {
    return fail(root.wrong("requires-python", pythons.error().message()));
  }
  TRY(root.read("environments", lock.environments));
  for (std::size_t i = 0; i < lock.environments.size(); ++i) {
    const auto marker = specs::Marker::parse(lock.environments[i]);
    if (!marker)
      return fail(root.wrong("environments", root.find("environments")->items[i], marker.error().message()));
  }
  if (root.find("packages") == nullptr) {
    return fail(root.wrong("packages", "expected an array of tables, but it is missing"));
  }
  TRY_ASSIGN(const auto packages, root.tables("packages"));
  for (const auto& table : packages) {
    TRY_ASSIGN(auto package, read_package(table, accept));
    lock.packages.push_back(std::move(package));
  }
  if (const auto* rival = find_rival(lock)) {
    const auto& table = packages[static_cast<std::size_t>(rival - lock.packages.data())];
    return fail(table.wrong("name", fmt::format("there are two packages {} that may be installed together",
                                                in_quotes(rival->name))));
  }
  std::stable_sort(lock.packages.begin(), lock.packages.end(),
                   [](const LockedPackage& a, const LockedPackage& b) { return a.name < b.name; });
  TRY_ASSIGN(lock.provenance, read_provenance(root));
  return lock;
}

}  // namespace

Result<Lockfile> parse_lockfile(std::string_view text, std::string_view file, Accept accept) {
  auto lock = [&]() -> Result<Lockfile> {
    TRY_ASSIGN(const auto document, parse_toml(text, file));
    return read_lock(TomlTable(document, file), file, accept);
  }();
  if (!lock) lock.error().hint(std::string(kLockHint));
  return lock;
}

}  // namespace launch::project
