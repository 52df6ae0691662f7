#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/toml.hpp"

namespace launch::project {

// The checks that the tables of recipes and locks share. Those that return a text return what is wrong,
// nullopt if nothing is.

bool consists_of(std::string_view text, std::string_view set);
bool has_control(std::string_view text);
/// "expected …, found …"
std::string found(std::string_view expected, std::string_view value);
/// "expected "a" or "b", found "c"; did you mean "b"?"
std::string one_of(std::span<const std::string> allowed, std::string_view value);
/// Errors (input): the value of `key` is not among them.
Result<void> check_allowed(const TomlTable& table, std::string_view key, std::string_view value,
                           std::vector<std::string> allowed);

/// Calls `check` for every string of the array `key`; a returned text is reported as an error there.
template <class Check>
Result<void> check_each(const TomlTable& table, std::string_view key, const Check& check) {
  const auto* value = table.find(key);
  if (value == nullptr) return {};
  for (const auto& item : value->items) {
    if (const std::optional<std::string> what = check(item.text)) return fail(table.wrong(key, item, *what));
  }
  return {};
}

/// The string at a key, which must not be empty. `what`: expected there, for the error (input).
Result<std::string> required_text(const TomlTable& table, std::string_view key, std::string_view what);
/// "sha256:…" at a key. Errors (input): it is missing, or something else.
Result<Digest> read_digest(const TomlTable& table, std::string_view key);

constexpr std::size_t kLongestPath = 4095;  // of Linux
/// An absolute path in a container.
std::optional<std::string> bad_container_path(const std::string& text);
/// The name of a variable.
std::optional<std::string> bad_variable(const std::string& name);
/// The name of a Debian package, perhaps with "=version".
std::optional<std::string> bad_apt_package(const std::string& text);
/// Reads `env`. Errors (input): a wrong type or name, a control character.
Result<void> read_environment(const TomlTable& table, std::map<std::string, std::string>& out);

}  // namespace launch::project
