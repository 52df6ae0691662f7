#include "project/machine_index.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"
#include "project/pip_config.hpp"
#include "specs/url.hpp"

namespace launch::project {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMostConfiguration = std::uint64_t{1} << 20;

// The text of a configuration file that may not exist.
std::optional<std::string> read_configuration(const fs::path& file, std::vector<std::string>& warnings) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  auto text = read_file(file, kMostConfiguration);
  if (text) return *std::move(text);
  warnings.push_back(fmt::format("{}; ignored", text.error().message()));
  return std::nullopt;
}

fs::path user_folder(const Environment& environment, std::string_view program) {
  return environment.config_dir().parent_path() / program;
}

// pip's files, in order of precedence (pip's documentation, "Location").
std::vector<fs::path> pip_files(const Environment& environment) {
  std::vector<fs::path> files;
  const auto named = environment.get("PIP_CONFIG_FILE");
  if (named == "/dev/null") return files;
  std::error_code ignored;
  const bool named_exists = named && fs::exists(*named, ignored);
  if (named_exists) files.emplace_back(*named);
  if (const auto venv = environment.get("VIRTUAL_ENV")) files.push_back(fs::path(*venv) / "pip.conf");
  if (!named_exists) {
    files.push_back(user_folder(environment, "pip") / "pip.conf");
    files.push_back(environment.home() / ".pip" / "pip.conf");
  }
  files.emplace_back("/etc/pip.conf");
  files.emplace_back("/etc/xdg/pip/pip.conf");
  return files;
}

// uv's files, in order of precedence (uv's documentation, "Configuration files").
std::vector<fs::path> uv_files(const std::optional<fs::path>& project_root, const Environment& environment) {
  const auto none = environment.get("UV_NO_CONFIG").value_or("0");
  if (none != "0" && none != "false") return {};
  if (const auto named = environment.get("UV_CONFIG_FILE")) return {*named};
  std::vector<fs::path> files;
  if (project_root) files.push_back(*project_root / "uv.toml");
  files.push_back(user_folder(environment, "uv") / "uv.toml");
  files.emplace_back("/etc/uv/uv.toml");
  return files;
}

void take(std::optional<Setting>& place, const std::optional<std::string>& value, std::string_view origin) {
  if (!place && value && !value->empty()) place = Setting{*value, std::string(origin)};
}

void take_links(std::vector<Setting>& place, const std::optional<std::string>& value,
                std::string_view origin) {
  if (!place.empty() || !value) return;
  for (auto& word : pip_words(*value)) place.push_back({std::move(word), std::string(origin)});
}

/// Names a configured index that is not used.
void note_extra(MachineIndex& out, const std::optional<std::string>& value, std::string_view what) {
  if (!value || trim(*value).empty()) return;
  out.ignored.push_back(
      fmt::format("{} is ignored: a name comes from one index only; a recipe's [[index]] takes "
                  "packages from another one",
                  what));
}

// UV_DEFAULT_INDEX may be "name=https://…".
std::string without_name(const std::string& index) {
  const auto equals = index.find('=');
  return equals < index.find(':') ? index.substr(equals + 1) : index;
}

void read_variables(MachineIndex& out, const Environment& environment) {
  take(out.index_url, environment.get("PIP_INDEX_URL"), "PIP_INDEX_URL");
  for (const std::string_view name : {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}) {
    if (const auto value = environment.get(name)) take(out.index_url, without_name(*value), name);
  }
  take(out.certificates, environment.get("PIP_CERT"), "PIP_CERT");
  take(out.proxy, environment.get("PIP_PROXY"), "PIP_PROXY");
  for (const std::string_view name : {"PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX"})
    note_extra(out, environment.get(name), name);
  take_links(out.find_links, environment.get("PIP_FIND_LINKS"), "PIP_FIND_LINKS");
}

void read_pip_file(MachineIndex& out, const fs::path& file) {
  const auto text = read_configuration(file, out.warnings);
  if (!text) return;
  const auto options = parse_pip_config(*text);
  const auto get = [&](std::string_view name) -> std::optional<std::string> {
    const auto option = options.find(name);
    if (option == options.end()) return std::nullopt;
    return option->second;
  };
  take(out.index_url, get("index-url"), file.string());
  take(out.certificates, get("cert"), file.string());
  take(out.proxy, get("proxy"), file.string());
  note_extra(out, get("extra-index-url"), fmt::format("extra-index-url in {}", file.string()));
  take_links(out.find_links, get("find-links"), file.string());
}

/// The indexes of a uv.toml.
struct UvIndexes {
  std::optional<std::string> standard;  ///< the [[index]] with default = true, else the older index-url
  std::vector<std::string> others;      ///< keys of those that are not used
  std::optional<std::string> proxy;
};

Result<void> read_index_keys(const TomlTable& table, std::string_view prefix, UvIndexes& out) {
  if (!out.standard) TRY(table.read("index-url", out.standard));
  if (table.find("extra-index-url") != nullptr)
    out.others.push_back(fmt::format("{}extra-index-url", prefix));
  return {};
}

Result<UvIndexes> uv_indexes(std::string_view text, const fs::path& file) {
  TRY_ASSIGN(const auto document, parse_toml(text, file.string()));
  const TomlTable root(document, file.string());
  UvIndexes out;
  TRY_ASSIGN(const auto indexes, root.tables("index"));
  for (const auto& index : indexes) {
    bool is_default = false;
    std::optional<std::string> url;
    TRY(index.read("default", is_default));
    TRY(index.read("url", url));
    if (is_default && url && !out.standard) {
      out.standard = url;
    } else if (url) {
      out.others.push_back(fmt::format("[[index]] {}", specs::redacted_url(*url)));
    }
  }
  TRY(read_index_keys(root, "", out));
  TRY(root.read("https-proxy", out.proxy));
  if (!out.proxy) TRY(root.read("http-proxy", out.proxy));
  TRY_ASSIGN(const auto pip, root.table("pip"));
  TRY(read_index_keys(pip, "[pip] ", out));
  return out;
}

void read_uv_file(MachineIndex& out, const fs::path& file) {
  const auto text = read_configuration(file, out.warnings);
  if (!text) return;
  const auto indexes = uv_indexes(*text, file);
  if (!indexes) {
    out.warnings.push_back(fmt::format("{}; ignored", indexes.error().message()));
    return;
  }
  take(out.index_url, indexes->standard, file.string());
  take(out.proxy, indexes->proxy, file.string());
  for (const auto& other : indexes->others)
    note_extra(out, other, fmt::format("{} in {}", other, file.string()));
}

}  // namespace

MachineIndex read_machine_index(const std::optional<fs::path>& project_root, const Environment& environment) {
  MachineIndex out;
  read_variables(out, environment);
  for (const auto& file : pip_files(environment)) read_pip_file(out, file);
  for (const auto& file : uv_files(project_root, environment)) read_uv_file(out, file);
  return out;
}

}  // namespace launch::project
