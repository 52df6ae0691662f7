#include "project/site.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"
#include "containers/engine.hpp"
#include "project/dated_archive.hpp"
#include "project/machine_index.hpp"
#include "pytorch/channel.hpp"
#include "specs/texts.hpp"

namespace launch::project {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMostConfiguration = std::uint64_t{1} << 20;

// One launch.toml or config.toml.
struct SiteFile {
  std::optional<Setting> index_url;
  std::optional<Setting> channel_url;
  std::optional<Setting> store;
  std::optional<Setting> state;
  std::optional<Setting> engine;
  std::vector<specs::RegistryMirror> registries;
  std::vector<PythonBuild> interpreters;
  std::optional<Setting> debian_archive;
};

Result<void> check_url(const TomlTable& table, std::string_view key, const std::optional<Setting>& setting) {
  if (!setting || setting->value.starts_with("https://") || setting->value.starts_with("http://")) return {};
  return fail(table.wrong(key, fmt::format("expected an https or http URL, found \"{}\"", setting->value)));
}

Result<std::optional<Setting>> read_setting(const TomlTable& table, std::string_view key,
                                            std::string_view origin) {
  std::optional<std::string> value;
  TRY(table.read(key, value));
  if (!value) return std::nullopt;
  if (value->empty()) return fail(table.wrong(key, "expected a value, found \"\""));
  return Setting{*std::move(value), std::string(origin)};
}

// A table that holds one key: [index] url, [store] path.
Result<std::optional<Setting>> read_single(const TomlTable& root, std::string_view name, std::string_view key,
                                           std::string_view origin) {
  TRY_ASSIGN(const auto table, root.table(name));
  TRY(table.only({key}));
  TRY_ASSIGN(auto setting, read_setting(table, key, origin));
  if (key == "url") TRY(check_url(table, key, setting));
  return setting;
}

// Resolves "~/wheels" and paths relative to the file's folder.
void settle_path(std::optional<Setting>& setting, const fs::path& folder, const fs::path& home) {
  if (!setting) return;
  auto& value = setting->value;
  if (value == "~" || value.starts_with("~/")) {
    value = (home / fs::path(value).lexically_relative("~")).lexically_normal().string();
  } else {
    value = (folder / value).lexically_normal().string();
  }
}

Result<std::vector<specs::RegistryMirror>> read_registries(const TomlTable& root) {
  std::vector<specs::RegistryMirror> out;
  TRY_ASSIGN(const auto registries, root.tables("registry"));
  for (const auto& table : registries) {
    TRY(table.only({"prefix", "location", "insecure"}));
    auto& registry = out.emplace_back();
    TRY(table.read("prefix", registry.prefix));
    TRY(table.read("location", registry.location));
    TRY(table.read("insecure", registry.insecure));
    if (registry.prefix.empty())
      return fail(table.wrong("prefix", "expected a registry such as \"docker.io\""));
    if (registry.location.empty()) {
      return fail(table.wrong("location", "expected HOST[:PORT][/PATH], such as \"mirror.example:5000\""));
    }
  }
  return out;
}

Result<std::vector<PythonBuild>> read_interpreters(const TomlTable& root) {
  std::vector<PythonBuild> out;
  TRY_ASSIGN(const auto tables, root.tables("interpreter"));
  const auto platforms = specs::texts_of(specs::Platform::all());
  std::vector<std::string_view> keys = {"version"};
  keys.insert(keys.end(), platforms.begin(), platforms.end());
  for (const auto& table : tables) {
    TRY(table.only(keys));
    TRY_ASSIGN(auto build, read_python_build(table));
    out.push_back(std::move(build));
  }
  return out;
}

/// [apt] debian, without slashes at the end of an address.
Result<std::optional<Setting>> read_debian_archive(const TomlTable& root, std::string_view origin) {
  TRY_ASSIGN(auto archive, read_single(root, "apt", "debian", origin));
  if (!archive) return archive;
  auto& form = archive->value;
  if (form == kLiveArchive) return archive;
  while (form.ends_with('/')) form.pop_back();
  if (is_dated_archive(form)) return archive;
  TRY_ASSIGN(const auto table, root.table("apt"));
  return fail(table.wrong("debian", fmt::format("expected {}, found {}", expected_archive(),
                                                in_quotes(specs::redacted_url(form)))));
}

bool is_engine(const std::string& name) {
  const auto names = containers::engine_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "podman" or "docker", in quotes
std::string engines() {
  auto names = containers::engine_names();
  for (auto& name : names) name = fmt::format("\"{}\"", name);
  return join_words(names, "or");
}

Result<SiteFile> parse_site(std::string_view text, const std::string& shown, const fs::path& folder,
                            const fs::path& home) {
  TRY_ASSIGN(const auto document, parse_toml(text, shown));
  const TomlTable root(document, shown);
  TRY(root.only({"engine", "index", "channel", "store", "state", "registry", "interpreter", "apt"}));
  SiteFile site;
  TRY_ASSIGN(site.index_url, read_single(root, "index", "url", shown));
  TRY_ASSIGN(site.channel_url, read_single(root, "channel", "url", shown));
  TRY_ASSIGN(site.store, read_single(root, "store", "path", shown));
  TRY_ASSIGN(site.state, read_single(root, "state", "path", shown));
  TRY_ASSIGN(site.engine, read_setting(root, "engine", shown));
  if (site.engine && !is_engine(site.engine->value)) {
    return fail(
        root.wrong("engine", fmt::format("expected {}, found \"{}\"", engines(), site.engine->value)));
  }
  TRY_ASSIGN(site.registries, read_registries(root));
  TRY_ASSIGN(site.interpreters, read_interpreters(root));
  TRY_ASSIGN(site.debian_archive, read_debian_archive(root, shown));
  settle_path(site.store, folder, home);
  settle_path(site.state, folder, home);
  return site;
}

Result<SiteFile> read_site(const fs::path& file, const std::string& shown, const fs::path& home) {
  std::error_code code;
  if (!fs::exists(file, code)) return SiteFile{};
  TRY_ASSIGN(const auto text, read_file(file, kMostConfiguration));
  return parse_site(text, shown, file.parent_path(), home);
}

std::optional<Setting> variable(const Environment& environment, std::string_view name) {
  const auto value = environment.get(name);
  if (!value) return std::nullopt;
  return Setting{*value, std::string(name)};
}

std::optional<Setting> path_variable(const Environment& environment, std::string_view name) {
  auto setting = variable(environment, name);
  std::error_code ignored;
  if (setting) setting->value = fs::absolute(setting->value, ignored).lexically_normal().string();
  return setting;
}

std::optional<Setting> first_of(std::initializer_list<std::optional<Setting>> settings) {
  for (const auto& setting : settings) {
    if (setting) return setting;
  }
  return std::nullopt;
}

Result<UrlSetting> url_setting(Setting setting) {
  const auto url = specs::Url::parse(setting.value);
  if (url) return UrlSetting{url->without_end_slashes(), std::move(setting.origin)};
  return fail(input_error(fmt::format("{} is \"{}\", expected an https or http URL", setting.origin,
                                      specs::redacted_url(setting.value))));
}

}  // namespace

Result<Site> load_site(const std::optional<fs::path>& project_root, const Environment& environment,
                       std::string_view default_index) {
  const auto home = environment.home();
  const auto user_file = environment.config_dir() / "config.toml";
  SiteFile project;
  if (project_root) {
    TRY_ASSIGN(project, read_site(*project_root / "launch.toml", "launch.toml", home));
  }
  TRY_ASSIGN(const auto user, read_site(user_file, user_file.string(), home));
  const auto machine = read_machine_index(project_root, environment);
  const auto or_default = [](std::optional<Setting> setting, const std::string& value) {
    return setting ? *std::move(setting) : Setting{value, "default"};
  };

  Site site;
  TRY_ASSIGN(site.index_url,
             url_setting(or_default(first_of({variable(environment, "LAUNCH_INDEX_URL"), project.index_url,
                                              user.index_url, machine.index_url}),
                                    std::string(default_index))));
  TRY_ASSIGN(site.channel_url, url_setting(or_default(first_of({variable(environment, "LAUNCH_CHANNEL_URL"),
                                                                project.channel_url, user.channel_url}),
                                                      std::string(pytorch::default_channel_url()))));
  if (const auto word = pytorch::unknown_placeholder(site.channel_url.value)) {
    return fail(
        input_error(fmt::format("{} is \"{}\": unknown placeholder {}, expected {{cuda}} or {{channel}}",
                                site.channel_url.origin, site.channel_url.value, *word)));
  }
  site.store = or_default(first_of({path_variable(environment, "LAUNCH_STORE"), project.store, user.store}),
                          (environment.cache_dir() / "wheels").string());
  site.state = or_default(first_of({path_variable(environment, "LAUNCH_STATE"), project.state, user.state}),
                          environment.state_dir().string());
  site.cache = {(environment.cache_dir() / "http").string(), "default"};
  site.engine = first_of({variable(environment, "LAUNCH_ENGINE"), project.engine, user.engine});
  if (site.engine && !is_engine(site.engine->value)) {
    return fail(input_error(
        fmt::format("{} is \"{}\", expected {}", site.engine->origin, site.engine->value, engines())));
  }
  site.find_links = machine.find_links;
  site.certificates = machine.certificates;
  site.proxy = machine.proxy;
  site.ignored = machine.ignored;
  site.warnings = machine.warnings;
  site.registries = project.registries;
  site.registries.insert(site.registries.end(), user.registries.begin(), user.registries.end());
  site.debian_archive = first_of({project.debian_archive, user.debian_archive});
  site.interpreters = project.interpreters;
  site.interpreters.insert(site.interpreters.end(), user.interpreters.begin(), user.interpreters.end());
  return site;
}

std::vector<std::string> values_of(const std::vector<Setting>& settings) {
  std::vector<std::string> out;
  out.reserve(settings.size());
  for (const auto& setting : settings) out.push_back(setting.value);
  return out;
}

}  // namespace launch::project
