#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/result.hpp"
#include "project/python_build.hpp"
#include "specs/registry_mirror.hpp"
#include "specs/url.hpp"

namespace launch::project {

/// A setting and its origin ("LAUNCH_STORE", "launch.toml", "pip.conf", "default").
struct Setting {
  std::string value;
  std::string origin;
};

struct UrlSetting {
  specs::Url value;
  std::string origin;
};

/// Settings of the machine, not the project: flag > LAUNCH_… variable > project's launch.toml > user's
/// config.toml > pip's and uv's configuration (indexes only) > default.
struct Site {
  UrlSetting index_url;             ///< general index, ".../simple" without a slash at the end
  std::vector<Setting> find_links;  ///< further folders or pages of wheels
  std::optional<Setting> certificates;
  std::optional<Setting> proxy;   ///< of pip's configuration; the environment's proxies come first
  UrlSetting channel_url;         ///< base of the PyTorch channel, before /nightly/cu128/
  Setting store;                  ///< wheel store's folder
  Setting state;                  ///< folder that holds runs/ID, the run records
  Setting cache;                  ///< HTTP cache's folder
  std::optional<Setting> engine;  ///< podman or docker
  std::vector<specs::RegistryMirror> registries;
  std::vector<PythonBuild> interpreters = {};  ///< of [[interpreter]], before the known ones
  /// Of Debian, as kDatedArchiveForm, or kLiveArchive: what apt installs from on its images.
  std::optional<Setting> debian_archive = {};
  std::vector<std::string> ignored = {};   ///< further indexes of pip's and uv's configuration, for the user
  std::vector<std::string> warnings = {};  ///< about files that were ignored, for the user
};

/// Reads the project's launch.toml (if it exists), the user's config.toml, pip.conf and uv.toml as those
/// programs find them. `default_index` is the value that CMake read from pip. Errors (input): an unknown key
/// or wrong type, with the file; an index or channel that is not a URL, with its origin.
Result<Site> load_site(const std::optional<std::filesystem::path>& project_root,
                       const Environment& environment, std::string_view default_index);

/// The settings without their origins.
std::vector<std::string> values_of(const std::vector<Setting>& settings);

}  // namespace launch::project
