#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/result.hpp"
#include "specs/registry_mirror.hpp"
#include "specs/url.hpp"

namespace launch::project {

/// A setting and where it came from ("LAUNCH_STORE", "launch.toml", "pip.conf", "default").
struct Setting {
  std::string value;
  std::string origin;
};

struct UrlSetting {
  specs::Url value;
  std::string origin;
};

/// What belongs to the machine and not to the project: flag > LAUNCH_… variable > project's launch.toml >
/// user's config.toml > pip's and uv's configuration (indexes only) > default.
struct Site {
  UrlSetting index_url;             ///< general index, ".../simple" without a slash at the end
  std::vector<Setting> find_links;  ///< further folders or pages of wheels
  std::optional<Setting> certificates;
  UrlSetting channel_url;         ///< base of the PyTorch channel, before /nightly/cu128/
  Setting store;                  ///< wheel store's folder
  Setting state;                  ///< folder that holds runs/ID, the run records
  Setting cache;                  ///< HTTP cache's folder
  std::optional<Setting> engine;  ///< podman or docker
  std::vector<specs::RegistryMirror> registries;
  std::vector<std::string> warnings = {};  ///< of files that were passed over, for a person
};

/// Reads the project's launch.toml (when there is one), the user's config.toml, pip.conf and uv.toml as those
/// programs find them. `default_index` is what CMake read from pip. Errors (input): an unknown key or wrong
/// type, with the file; an index or channel that is not a URL, with where it comes from.
Result<Site> load_site(const std::optional<std::filesystem::path>& project_root,
                       const Environment& environment, std::string_view default_index);

/// The settings without where they came from.
std::vector<std::string> values_of(const std::vector<Setting>& settings);

}  // namespace launch::project
