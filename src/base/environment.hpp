#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace launch {

/// The process environment as a value; main reads it once and passes it on, so that no other code calls
/// getenv.
class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}
  static Environment of_this_process();

  /// The value of a variable; nullopt if it is unset or empty.
  std::optional<std::string> get(std::string_view name) const;
  const std::map<std::string, std::string, std::less<>>& values() const { return values_; }

  /// XDG base directories (XDG_… or the default below HOME), with "launch" appended.
  std::filesystem::path config_dir() const;
  std::filesystem::path cache_dir() const;
  std::filesystem::path state_dir() const;
  /// $XDG_CONFIG_HOME or ~/.config.
  std::filesystem::path config_home() const;
  std::filesystem::path home() const;

 private:
  std::filesystem::path xdg(std::string_view variable, std::string_view below_home) const;
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace launch
