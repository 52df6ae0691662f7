#include "probe/named.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::probe {
namespace {

bool is_identifier(std::string_view text) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  return !text.empty() && !(text.front() >= '0' && text.front() <= '9') &&
         std::all_of(text.begin(), text.end(), is_part);
}

/// The dot between what is imported and its name: the last, or the one before a class:
/// torch.nn|Linear.forward
std::size_t dot_before_name(std::string_view text) {
  for (auto dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1)) {
    const auto rest = text.substr(dot + 1);
    const auto letter = rest.find_first_not_of('_');
    if (letter != std::string_view::npos && rest[letter] >= 'A' && rest[letter] <= 'Z') return dot;
  }
  return text.rfind('.');
}

bool is_dotted(std::string_view text) {
  const auto parts = split(text, '.');
  return std::all_of(parts.begin(), parts.end(), is_identifier);
}

}  // namespace

Result<pysource::Requirement> parse_name(std::string_view text) {
  const auto error = [&] {
    return input_error(
        fmt::format("{}: expected a name, such as torch.nn:Module or torch.nn", in_quotes(text)));
  };
  pysource::Requirement requirement;
  auto rest = text;
  for (const std::string_view last : {"=)", "=…)"}) {
    if (!rest.ends_with(last)) continue;
    const auto open = rest.find('(');
    if (open == std::string_view::npos) return fail(error());
    requirement.keyword = rest.substr(open + 1, rest.size() - open - 1 - last.size());
    requirement.tier = pysource::Tier::keyword;
    if (!is_identifier(requirement.keyword)) return fail(error());
    rest = rest.substr(0, open);
  }
  auto end = rest.find(':');
  if (end == std::string_view::npos) end = dot_before_name(rest);
  requirement.module = rest.substr(0, end);
  if (end != std::string_view::npos) requirement.name = rest.substr(end + 1);
  if (rest.ends_with('.')) return fail(error());
  const bool chain = requirement.name.find('.') != std::string::npos;
  if (chain && requirement.keyword.empty()) requirement.tier = pysource::Tier::attribute;
  const bool named = requirement.name.empty() ? requirement.keyword.empty() : is_dotted(requirement.name);
  if (!is_dotted(requirement.module) || !named) return fail(error());
  return requirement;
}

}  // namespace launch::probe
