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
  if (constexpr std::string_view kEnd = "=)"; rest.ends_with(kEnd)) {
    const auto open = rest.find('(');
    if (open == std::string_view::npos) return fail(error());
    requirement.keyword = rest.substr(open + 1, rest.size() - open - 1 - kEnd.size());
    requirement.tier = pysource::Tier::keyword;
    if (!is_identifier(requirement.keyword)) return fail(error());
    rest = rest.substr(0, open);
  }
  const auto colon = rest.find(':');
  const auto dot = rest.rfind('.');
  if (colon != std::string_view::npos) {
    requirement.module = rest.substr(0, colon);
    requirement.name = rest.substr(colon + 1);
    const bool chain = requirement.name.find('.') != std::string::npos;
    if (chain && requirement.keyword.empty()) requirement.tier = pysource::Tier::attribute;
  } else {
    requirement.module = rest.substr(0, dot);
    if (dot != std::string_view::npos) requirement.name = rest.substr(dot + 1);
    if (rest.ends_with('.')) return fail(error());
  }
  const bool named = requirement.name.empty() ? requirement.keyword.empty() : is_dotted(requirement.name);
  if (!is_dotted(requirement.module) || !named) return fail(error());
  return requirement;
}

std::string root_of(const pysource::Requirement& requirement) {
  return requirement.module.substr(0, requirement.module.find('.'));
}

}  // namespace launch::probe
