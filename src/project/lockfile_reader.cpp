#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"
#include "project/lockfile.hpp"
#include "project/platform_wheels.hpp"
#include "project/upload_time.hpp"
#include "specs/name.hpp"
#include "specs/specifier.hpp"
#include "specs/wheel.hpp"

namespace launch::project {

namespace {

constexpr std::string_view kLockHint =
    "locks are written by programs: regenerate it with `launch lock --upgrade` or the tool that made it";

std::string found(std::string_view expected, std::string_view value) {
  return fmt::format("expected {}, found {}", expected, in_quotes(value));
}

std::string last_part(std::string_view path) {
  return std::string(path.substr(path.find_last_of('/') + 1));
}

Result<std::string> required(const TomlTable& table, std::string_view key, std::string_view what) {
  std::string value;
  TRY(table.read(key, value));
  if (value.empty()) return fail(table.wrong(key, fmt::format("expected {}, but it is missing", what)));
  return value;
}

Result<void> check_version(const TomlTable& root, std::string_view file, std::vector<std::string>& warnings) {
  TRY_ASSIGN(const auto version, required(root, "lock-version", "\"1.0\""));
  if (version == "1.0") return {};
  if (!version.starts_with("1.") || !parse_u64(std::string_view(version).substr(2)))
    return fail(root.wrong("lock-version", found("\"1.0\"", version)));
  warnings.push_back(fmt::format(
      "{}: lock-version is {}; this program knows 1.0 and ignores what it does not know", file, version));
  return {};
}

Result<Digest> read_sha256(const TomlTable& wheel) {
  TRY_ASSIGN(const auto hashes, wheel.table("hashes"));
  std::string text;
  TRY(hashes.read("sha256", text));
  if (text.empty()) return fail(wheel.wrong("hashes", "expected a sha256, but there is none"));
  const auto digest = Digest::of_hex(to_lower(text));
  if (!digest) return fail(hashes.wrong("sha256", found("64 hex digits", to_lower(text))));
  return *digest;
}

Result<std::uint64_t> read_size(const TomlTable& wheel) {
  std::int64_t size = 0;
  TRY(wheel.read("size", size));
  if (size < 0 || (size == 0 && wheel.find("size") != nullptr)) {
    return fail(wheel.wrong("size", fmt::format("expected a number of bytes, found {}", size)));
  }
  return static_cast<std::uint64_t>(size);
}

Result<std::optional<std::string>> read_upload_time(const TomlTable& wheel) {
  const auto* value = wheel.find("upload-time");
  if (value == nullptr) return std::nullopt;
  constexpr std::string_view kExpected = "a UTC time such as 2025-01-25T11:30:10Z";
  if (value->kind != TomlValue::Kind::date) return fail(wheel.wrong_type("upload-time", *value, kExpected));
  auto when = utc_time(value->text);
  if (!when)
    return fail(wheel.wrong("upload-time", fmt::format("expected {}, found {}", kExpected, value->text)));
  return when;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<void> read_place(const TomlTable& table, LockedWheel& wheel) {
  std::optional<std::string> url;
  TRY(table.read("url", url));
  TRY(table.read("path", wheel.path));
  if (!url && !wheel.path) return fail(table.wrong("url", "expected a url or a path, but there is neither"));
  if (url) {
    wheel.url = specs::Url::parse(*url);
    if (!wheel.url || !(wheel.url->is_http() || wheel.url->is_file()))
      return fail(table.wrong("url", found("an https, http or file URL", *url)));
  }
  if (wheel.path && (wheel.path->empty() || has_control(*wheel.path))) {
    return fail(table.wrong("path", found("a path", *wheel.path)));
  }
  return {};
}

// The package's version may be missing (PEP 751); then the wheels determine it.
Result<LockedWheel> read_wheel(const TomlTable& table, const std::string& package,
                               std::optional<specs::Version>& version) {
  LockedWheel wheel;
  TRY(read_place(table, wheel));
  TRY(table.read("name", wheel.file_name));
  const bool named = table.find("name") != nullptr;
  if (!named) wheel.file_name = wheel.path ? last_part(*wheel.path) : wheel.url->file_name();
  const std::string_view key = named ? "name" : wheel.path ? "path" : "url";
  const auto parts = specs::WheelName::parse(wheel.file_name);
  if (!parts) return fail(table.wrong(key, parts.error().message()));
  if (parts->name != package) {
    return fail(table.wrong(key, found("a wheel of " + package, wheel.file_name)));
  }
  if (!version) version = parts->version;
  // A file name may lack the local part of its version, but must not have another version.
  if (parts->version != *version && parts->version != version->without_local()) {
    return fail(
        table.wrong(key, found(fmt::format("a wheel of {} {}", package, version->text()), wheel.file_name)));
  }
  TRY_ASSIGN(wheel.upload_time, read_upload_time(table));
  TRY_ASSIGN(wheel.size, read_size(table));
  TRY_ASSIGN(wheel.sha256, read_sha256(table));
  return wheel;
}

Result<LockedPackage> read_package(const TomlTable& table) {
  TRY_ASSIGN(const auto name, required(table, "name", "a package's name"));
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
    TRY_ASSIGN(auto dependency, required(entry, "name", "a package's name"));
    package.dependencies.push_back(std::move(dependency));
  }
  std::sort(package.dependencies.begin(), package.dependencies.end());

  std::set<std::string> names;
  TRY_ASSIGN(const auto wheels, table.tables("wheels"));
  for (const auto& entry : wheels) {
    TRY_ASSIGN(auto wheel, read_wheel(entry, package.name, version));
    if (!names.insert(wheel.file_name).second) {
      return fail(entry.wrong("name", fmt::format("duplicate {}", in_quotes(wheel.file_name))));
    }
    package.wheels.push_back(std::move(wheel));
  }
  if (package.wheels.empty()) {
    return fail(
        table.wrong("wheels", fmt::format("{} has no wheel, and only wheels are installed", package.name)));
  }
  package.version = *std::move(version);
  return package;
}

Result<Digest> read_digest(const TomlTable& table, std::string_view key) {
  TRY_ASSIGN(const auto text, required(table, key, "\"sha256:…\""));
  if (const auto digest = Digest::parse(text)) return *digest;
  return fail(table.wrong(key, found("\"sha256:\" and 64 hex digits", text)));
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

Result<std::map<specs::Platform, Digest>> read_platform_digests(const TomlTable& base) {
  std::map<std::string, std::string> texts;
  TRY(base.read("platforms", texts));
  std::map<specs::Platform, Digest> digests;
  TRY_ASSIGN(const auto table, base.table("platforms"));
  for (const auto& entry : texts) {
    const auto& name = entry.first;
    const auto platform = specs::Platform::of_oci(name);
    if (!platform) {
      std::vector<std::string> known;
      for (const auto& each : specs::Platform::all()) known.push_back(in_quotes(each.oci()));
      return fail(table.wrong(name, found(join_words(known, "or"), name)));
    }
    TRY_ASSIGN(auto digest, read_digest(table, name));
    digests.emplace(*platform, std::move(digest));
  }
  return digests;
}

Result<std::optional<BaseImage>> read_base(const TomlTable& launch) {
  if (launch.find("base") == nullptr) return std::nullopt;
  TRY_ASSIGN(const auto table, launch.table("base"));
  BaseImage base;
  TRY_ASSIGN(base.name, required(table, "image", "an image's name"));
  TRY_ASSIGN(base.tag, required(table, "tag", "an image's tag"));
  if (table.find("digest") != nullptr) {
    TRY_ASSIGN(base.digest, read_digest(table, "digest"));
  }
  TRY_ASSIGN(base.platforms, read_platform_digests(table));
  TRY(table.read("driver-floor", base.driver_floor));
  TRY(table.read("distribution", base.distribution));
  TRY_ASSIGN(const auto python,
             read_value(table, "python", "a Python version such as \"3.12\"", specs::Interpreter::parse));
  if (!python) return fail(table.wrong("python", "expected a Python version, but it is missing"));
  base.python = *python;
  return base;
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
  TRY_ASSIGN(provenance.platforms, read_platforms(table));
  TRY_ASSIGN(provenance.base, read_base(table));
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

Result<Lockfile> read_lock(const TomlTable& root, std::string_view file) {
  Lockfile lock;
  TRY(check_version(root, file, lock.warnings));
  TRY(required(root, "created-by", "the name of the program that wrote it"));
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
    TRY_ASSIGN(auto package, read_package(table));
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

Result<Lockfile> parse_lockfile(std::string_view text, std::string_view file) {
  auto lock = [&]() -> Result<Lockfile> {
    TRY_ASSIGN(const auto document, parse_toml(text, file));
    return read_lock(TomlTable(document, file), file);
  }();
  if (!lock) lock.error().hint(std::string(kLockHint));
  return lock;
}

}  // namespace launch::project
