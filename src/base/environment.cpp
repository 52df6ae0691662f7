#include "base/environment.hpp"

#include <unistd.h>

extern char** environ;

namespace launch {

Environment Environment::of_this_process() {
  std::map<std::string, std::string, std::less<>> values;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    values.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return Environment(std::move(values));
}

std::optional<std::string> Environment::get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::filesystem::path Environment::home() const {
  return get("HOME").value_or("/");
}

std::filesystem::path Environment::xdg(std::string_view variable, std::string_view below_home) const {
  const auto value = get(variable);
  // The XDG specification: relative paths are invalid and must be ignored.
  if (value && std::filesystem::path(*value).is_absolute()) return *value;
  return home() / below_home;
}

std::filesystem::path Environment::config_dir() const {
  return config_home() / "launch";
}
std::filesystem::path Environment::config_home() const {
  return xdg("XDG_CONFIG_HOME", ".config");
}
std::filesystem::path Environment::cache_dir() const {
  return xdg("XDG_CACHE_HOME", ".cache") / "launch";
}
std::filesystem::path Environment::state_dir() const {
  return xdg("XDG_STATE_HOME", ".local/state") / "launch";
}

}  // namespace launch
