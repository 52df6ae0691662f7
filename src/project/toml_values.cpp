#include "project/toml_values.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::project {

bool consists_of(std::string_view text, std::string_view set) {
  return text.find_first_not_of(set) == std::string_view::npos;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string found(std::string_view expected, std::string_view value) {
  return fmt::format("expected {}, found {}", expected, in_quotes(value));
}

std::string one_of(std::span<const std::string> allowed, std::string_view value) {
  std::vector<std::string> words;
  for (const auto& word : allowed) words.push_back(in_quotes(word));
  auto text = found(join_words(words, "or"), value);
  if (const auto near = did_you_mean(value, allowed))
    text += fmt::format("; did you mean {}?", in_quotes(*near));
  return text;
}

Result<void> check_allowed(const TomlTable& table, std::string_view key, std::string_view value,
                           std::vector<std::string> allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return {};
  return fail(table.wrong(key, one_of(allowed, value)));
}

Result<std::string> required_text(const TomlTable& table, std::string_view key, std::string_view what) {
  std::string value;
  TRY(table.read(key, value));
  if (value.empty()) return fail(table.wrong(key, fmt::format("expected {}, but it is missing", what)));
  return value;
}

Result<Digest> read_digest(const TomlTable& table, std::string_view key) {
  TRY_ASSIGN(const auto text, required_text(table, key, "\"sha256:…\""));
  if (const auto digest = Digest::parse(text)) return *digest;
  return fail(table.wrong(key, found("\"sha256:\" and 64 hex digits", text)));
}

std::optional<std::string> bad_container_path(const std::string& text) {
  const std::filesystem::path path(text);
  const bool climbs = std::find(path.begin(), path.end(), "..") != path.end();
  if (path.is_absolute() && !climbs && !has_control(text) && text.size() <= kLongestPath) return std::nullopt;
  return found("an absolute path without \"..\", such as \"/workspace\"", text);
}

// Debian Policy 5.6.1 and 5.6.12: a name, optionally with "=version".
std::optional<std::string> bad_apt_package(const std::string& text) {
  const auto equals = text.find('=');
  const auto name = std::string_view(text).substr(0, equals);
  constexpr std::size_t kLongest = 255;  // of the name of a package's file
  // "NAME-" makes apt-get remove a package.
  const bool good_name = name.size() >= 2 && !name.ends_with('-') &&
                         consists_of(name.substr(0, 1), "abcdefghijklmnopqrstuvwxyz0123456789") &&
                         consists_of(name, "abcdefghijklmnopqrstuvwxyz0123456789+-.");
  bool good_version = true;
  if (equals != std::string::npos) {
    const auto version = std::string_view(text).substr(equals + 1);
    good_version = !version.empty() && std::all_of(version.begin(), version.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 ||
             std::string_view(".+~:-").find(static_cast<char>(c)) != std::string_view::npos;
    });
  }
  if (good_name && good_version && text.size() <= kLongest) return std::nullopt;
  return found("the name of a Debian package, such as \"libc6-dev\" or \"gcc=4:12.2.0-3\"", text);
}

namespace {

constexpr std::size_t kLongestName = 255;      // of a variable
constexpr std::size_t kLongestValue = 32'000;  // builders read lines of up to 64 KiB, with each "$" as two

}  // namespace

std::optional<std::string> bad_variable(const std::string& name) {
  const bool good = !name.empty() && name.size() <= kLongestName &&
                    std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return c < 0x80 && (std::isalnum(c) != 0 || c == '_');
                    });
  if (good) return std::nullopt;
  return "expected a variable's name of letters, digits and \"_\"";
}

Result<void> read_environment(const TomlTable& table, std::map<std::string, std::string>& out) {
  TRY(table.read("env", out));
  const auto* value = table.find("env");
  if (value == nullptr) return {};
  for (const auto& item : value->items) {
    const auto key = "env." + item.key;
    if (const auto what = bad_variable(item.key)) return fail(table.wrong(key, item, *what));
    if (has_control(item.text))
      return fail(table.wrong(key, item, found("text without control characters", item.text)));
    if (item.text.size() > kLongestValue) {
      return fail(table.wrong(key, item,
                              found(fmt::format("a value of at most {} bytes", kLongestValue), item.text)));
    }
  }
  return {};
}

}  // namespace launch::project
