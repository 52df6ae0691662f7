#include "pysource/lazy_names.hpp"

#include "pysource/string_values.hpp"

namespace launch::pysource {

bool assigns_getattr(const ModuleNames& module) {
  return module.getattr == nullptr && module.bindings.contains("__getattr__");
}

std::optional<std::uint32_t> literal_line(const ModuleNames& module, std::string_view name) {
  const auto& list = module.tree->list();
  for (const auto& token : list.tokens) {
    if (token.kind != TokenKind::string || token.length < name.size() + 2) continue;
    const auto text = plain_string(list.text(token));
    if (text && *text == name) return list.line(token);
  }
  return std::nullopt;
}

}  // namespace launch::pysource
