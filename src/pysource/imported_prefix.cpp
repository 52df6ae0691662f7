#include "pysource/imported_prefix.hpp"

#include "pysource/requirement_names.hpp"

namespace launch::pysource {

void ImportedPrefixes::add(const Requirement& import) {
  const auto& module = import.module;
  for (auto end = module.find('.');; end = module.find('.', end + 1)) {
    modules_.insert(module.substr(0, end));
    if (end == std::string::npos) break;
  }
  const auto& name = import.name;
  const bool underscores = name.find_first_not_of('_') == std::string::npos;
  if (underscores || name == "*" || is_like_class(name)) return;
  modules_.insert(module + "." + name);
}

Requirement ImportedPrefixes::below(Requirement attribute) const {
  auto& [module, name, keyword, tier] = attribute;
  if (tier == Tier::import) return attribute;
  // What is needed is below the module, not the module.
  for (auto dot = name.rfind('.'); dot != std::string::npos && dot > 0; dot = name.rfind('.', dot - 1)) {
    auto longer = module + "." + name.substr(0, dot);
    if (!modules_.contains(longer)) continue;
    module = std::move(longer);
    name.erase(0, dot + 1);
    break;
  }
  return attribute;
}

}  // namespace launch::pysource
