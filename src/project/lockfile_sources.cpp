#include "project/lockfile_sources.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "index/simple_page.hpp"
#include "project/toml_values.hpp"
#include "project/upload_time.hpp"
#include "specs/wheel.hpp"

namespace launch::project {
namespace {

std::string last_part(std::string_view path) {
  return std::string(path.substr(path.find_last_of('/') + 1));
}

Result<Digest> read_sha256(const TomlTable& file) {
  TRY_ASSIGN(const auto hashes, file.table("hashes"));
  std::string text;
  TRY(hashes.read("sha256", text));
  if (text.empty()) return fail(file.wrong("hashes", "expected a sha256, but there is none"));
  const auto digest = Digest::of_hex(to_lower(text));
  if (!digest) return fail(hashes.wrong("sha256", found("64 hex digits", to_lower(text))));
  return *digest;
}

Result<std::uint64_t> read_size(const TomlTable& file) {
  std::int64_t size = 0;
  TRY(file.read("size", size));
  if (size < 0 || (size == 0 && file.find("size") != nullptr)) {
    return fail(file.wrong("size", fmt::format("expected a number of bytes, found {}", size)));
  }
  return static_cast<std::uint64_t>(size);
}

Result<std::optional<std::string>> read_upload_time(const TomlTable& file) {
  const auto* value = file.find("upload-time");
  if (value == nullptr) return std::nullopt;
  constexpr std::string_view kExpected = "a UTC time such as 2025-01-25T11:30:10Z";
  if (value->kind != TomlValue::Kind::date) return fail(file.wrong_type("upload-time", *value, kExpected));
  auto when = utc_time(value->text);
  if (!when)
    return fail(file.wrong("upload-time", fmt::format("expected {}, found {}", kExpected, value->text)));
  return when;
}

/// A path that is not empty and can be shown.
Result<std::optional<std::string>> read_path(const TomlTable& table) {
  std::optional<std::string> path;
  TRY(table.read("path", path));
  if (path && (path->empty() || has_control(*path))) return fail(table.wrong("path", found("a path", *path)));
  return path;
}

Result<void> read_place(const TomlTable& table, LockedFile& file) {
  std::optional<std::string> url;
  TRY(table.read("url", url));
  TRY_ASSIGN(file.path, read_path(table));
  if (!url && !file.path) return fail(table.wrong("url", "expected a url or a path, but there is neither"));
  if (url) {
    file.url = specs::Url::parse(*url);
    if (!file.url || !(file.url->is_http() || file.url->is_file()))
      return fail(table.wrong("url", found("an https, http or file URL", *url)));
  }
  return {};
}

/// Everything but the name.
Result<void> read_content(const TomlTable& table, LockedFile& file) {
  TRY_ASSIGN(file.upload_time, read_upload_time(table));
  TRY_ASSIGN(file.size, read_size(table));
  TRY_ASSIGN(file.sha256, read_sha256(table));
  return {};
}

/// The place and the name; returns the key that has the name.
Result<std::string_view> read_named_place(const TomlTable& table, LockedFile& file) {
  TRY(read_place(table, file));
  TRY(table.read("name", file.file_name));
  if (table.find("name") != nullptr) return std::string_view("name");
  file.file_name = file.path ? last_part(*file.path) : file.url->file_name();
  return std::string_view(file.path ? "path" : "url");
}

Result<LockedWheel> read_wheel(const TomlTable& table, const std::string& package,
                               std::optional<specs::Version>& version) {
  LockedWheel wheel;
  TRY_ASSIGN(const auto key, read_named_place(table, wheel));
  const auto parts = specs::WheelName::parse(wheel.file_name);
  if (!parts) return fail(table.wrong(key, parts.error().message()));
  if (parts->name != package) return fail(table.wrong(key, found("a wheel of " + package, wheel.file_name)));
  if (!version) version = parts->version;
  // A file name may lack the local part of its version, but must not have another version.
  if (parts->version != *version && parts->version != version->without_local()) {
    return fail(
        table.wrong(key, found(fmt::format("a wheel of {} {}", package, version->text()), wheel.file_name)));
  }
  TRY(read_content(table, wheel));
  return wheel;
}

Result<LockedFile> read_archive_of_index(const TomlTable& table, const std::string& package,
                                         std::optional<specs::Version>& version) {
  LockedFile archive;
  TRY_ASSIGN(const auto key, read_named_place(table, archive));
  if (!index::is_distribution(archive.file_name) || !index::is_file_of(archive.file_name, package) ||
      archive.file_name.ends_with(".whl"))
    return fail(table.wrong(key, found("a source archive of " + package, archive.file_name)));
  if (!version) version = index::archive_version(archive.file_name);
  TRY(read_content(table, archive));
  return archive;
}

/// "#subdirectory=DIR"
Result<std::string> read_fragment(const TomlTable& table) {
  std::optional<std::string> folder;
  TRY(table.read("subdirectory", folder));
  return folder ? "#subdirectory=" + *folder : std::string();
}

std::string place_text(const LockedFile& file) {
  return file.url ? file.url->without_credentials().text() : *file.path;
}

Result<LockedSource> read_archive(const TomlTable& table, const std::string& package) {
  LockedSource source{.kind = LockedSource::Kind::archive};
  LockedFile file;
  TRY(read_place(table, file));
  TRY(read_content(table, file));
  const auto name = file.path ? last_part(*file.path) : file.url->file_name();
  // Several packages may name theirs "main.zip".
  if (!index::is_distribution(name)) {
    file.file_name = package + ".archive";
  } else {
    file.file_name = index::is_file_of(name, package) ? name : package + "-" + name;
  }
  TRY_ASSIGN(const auto fragment, read_fragment(table));
  source.where = place_text(file) + fragment;
  source.file = std::move(file);
  return source;
}

Result<LockedSource> read_vcs(const TomlTable& table) {
  TRY_ASSIGN(const auto type, required_text(table, "type", "a version control system such as \"git\""));
  TRY_ASSIGN(const auto commit, required_text(table, "commit-id", "a commit"));
  std::optional<std::string> url;
  TRY(table.read("url", url));
  TRY_ASSIGN(const auto path, read_path(table));
  if (!url && !path) return fail(table.wrong("url", "expected a url or a path, but there is neither"));
  TRY_ASSIGN(const auto fragment, read_fragment(table));
  return LockedSource{
      .kind = LockedSource::Kind::vcs,
      .where = fmt::format("{}+{}@{}{}", type, url ? specs::redacted_url(*url) : *path, commit, fragment)};
}

Result<LockedSource> read_directory(const TomlTable& table) {
  TRY_ASSIGN(const auto path, read_path(table));
  if (!path) return fail(table.wrong("path", "expected the path of a folder, but it is missing"));
  std::optional<std::string> folder;
  TRY(table.read("subdirectory", folder));
  return LockedSource{.kind = LockedSource::Kind::directory,
                      .where = folder ? fmt::format("{}/{}", *path, *folder) : *path};
}

}  // namespace

Result<void> read_wheels(const TomlTable& table, LockedPackage& package,
                         std::optional<specs::Version>& version) {
  std::set<std::string> names;
  TRY_ASSIGN(const auto wheels, table.tables("wheels"));
  for (const auto& entry : wheels) {
    TRY_ASSIGN(auto wheel, read_wheel(entry, package.name, version));
    if (!names.insert(wheel.file_name).second)
      return fail(entry.wrong("name", fmt::format("duplicate {}", in_quotes(wheel.file_name))));
    package.wheels.push_back(std::move(wheel));
  }
  return {};
}

Result<void> read_sdist(const TomlTable& table, LockedPackage& package,
                        std::optional<specs::Version>& version) {
  if (table.find("sdist") == nullptr) return {};
  auto archive = [&]() -> Result<LockedFile> {
    TRY_ASSIGN(const auto entry, table.table("sdist"));
    return read_archive_of_index(entry, package.name, version);
  }();
  if (!archive && package.wheels.empty()) return fail(std::move(archive.error()));
  if (archive) package.sdist = *std::move(archive);
  return {};
}

Result<void> read_source(const TomlTable& table, LockedPackage& package) {
  for (const std::string_view kind : {"archive", "vcs", "directory"}) {
    if (table.find(kind) == nullptr) continue;
    if (!package.wheels.empty() || package.sdist || package.source) {
      return fail(table.wrong(kind, fmt::format("{} has another source as well", package.name)));
    }
    TRY_ASSIGN(const auto entry, table.table(kind));
    auto source = kind == "archive" ? read_archive(entry, package.name)
                  : kind == "vcs"   ? read_vcs(entry)
                                    : read_directory(entry);
    TRY_ASSIGN(package.source, std::move(source));
  }
  return {};
}

}  // namespace launch::project
