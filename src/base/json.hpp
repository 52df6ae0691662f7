#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace launch {

// Templates over the document's type, so that headers need not include nlohmann/json.

/// A document as text, on one line or indented by that many spaces. Bytes that are not UTF-8, which a path
/// may contain, become U+FFFD; what must be read back unchanged cannot be stored this way.
template <class Json>
std::string json_text(const Json& document, int indent = -1) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// True if arrays and objects are nested deeper than `most`.
bool json_nests_deeper(std::string_view text, std::size_t most);

/// The document; a discarded one (Json::is_discarded) if the text is not JSON, or nested so deeply that
/// writing it would exhaust the stack.
template <class Json>
Json parse_json(std::string_view text) {
  constexpr std::size_t kMostNesting = 500;
  if (json_nests_deeper(text, kMostNesting)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

/// The member at a path of keys; null if it does not exist.
template <class Json>
const Json& json_at(const Json& value, std::initializer_list<const char*> path) {
  static const Json none;
  const Json* here = &value;
  for (const char* key : path) {
    if (!here->is_object()) return none;
    const auto found = here->find(key);
    if (found == here->end()) return none;
    here = &*found;
  }
  return *here;
}

/// The string's content; empty for anything else.
template <class Json>
std::string json_string(const Json& value) {
  return value.is_string() ? value.template get<std::string>() : std::string();
}

/// The whole number; nullopt for anything else, and for one that T cannot hold.
template <class T, class Json>
std::optional<T> json_integer(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.template get<std::uint64_t>();
    return std::in_range<T>(number) ? std::optional(static_cast<T>(number)) : std::nullopt;
  }
  if (!value.is_number_integer()) return std::nullopt;
  const auto number = value.template get<std::int64_t>();
  return std::in_range<T>(number) ? std::optional(static_cast<T>(number)) : std::nullopt;
}

/// The string at a path of keys; empty if it does not exist.
template <class Json>
std::string json_string(const Json& value, std::initializer_list<const char*> path) {
  return json_string(json_at(value, path));
}

}  // namespace launch
