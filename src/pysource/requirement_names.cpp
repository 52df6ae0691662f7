#include "pysource/requirement_names.hpp"

#include <algorithm>

namespace launch::pysource {

std::string_view root_of(std::string_view module) {
  return module.substr(0, module.find('.'));
}

std::string root_of(const Requirement& requirement) {
  return std::string(root_of(std::string_view(requirement.module)));
}

bool is_or_below(std::string_view name, std::string_view ancestor) {
  return name.starts_with(ancestor) && (name.size() == ancestor.size() || name[ancestor.size()] == '.');
}

bool is_module(const Requirement& requirement) {
  return requirement.name.empty() || requirement.name == "*";
}

std::string full_name(const Requirement& requirement) {
  return is_module(requirement) ? requirement.module : requirement.module + "." + requirement.name;
}

std::string dotted_name(const Requirement& requirement) {
  auto text = requirement.module;
  if (!requirement.name.empty()) text += "." + requirement.name;
  if (requirement.tier == Tier::keyword) text += "(" + requirement.keyword + "=…)";
  return text;
}

bool is_like_class(std::string_view name) {
  name.remove_prefix(name.rfind('.') + 1);
  const auto first = name.find_first_not_of('_');
  return first != std::string_view::npos && name[first] >= 'A' && name[first] <= 'Z';
}

bool may_be_another(const Requirement& requirement) {
  const auto is_ascii = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  };
  return !is_ascii(requirement.module) || !is_ascii(requirement.name) || !is_ascii(requirement.keyword);
}

}  // namespace launch::pysource
