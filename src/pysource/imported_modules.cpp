#include "pysource/name_resolver.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/resolver_parts.hpp"

namespace launch::pysource {

void NameResolver::add_import(ModuleLibrary::Imports& imports, const std::string& within,
                              std::string_view module) {
  // Importing a.b.c imports a and a.b as well.
  for (auto end = module.find('.');; end = module.find('.', end + 1)) {
    const auto part = module.substr(0, end);
    if (is_or_below(part, within) && !imports.modules.contains(part) &&
        library_.files.find(part).kind != ModuleKind::missing) {
      imports.modules.emplace(part);
      imports.unread.emplace_back(part);
    }
    if (end == std::string_view::npos) return;
  }
}

/// Follows the imports of what has been imported so far, to modules below `within`.
NameResolver::Found NameResolver::search(ModuleLibrary::Imports& imports, const std::string& within,
                                         const std::string& module) {
  bool reading = false;
  while (!imports.unread.empty() && !imports.modules.contains(module)) {
    std::vector<std::string> still;
    for (const auto& next : std::exchange(imports.unread, {})) {
      const auto file = library_.files.find(next);
      const auto* names = names_of({Located::Kind::found, next, file, {}});
      if (names == nullptr) {
        const bool code = file.kind == ModuleKind::package || file.kind == ModuleKind::source;
        if (code) still.push_back(next);
        continue;
      }
      for (const auto& import : names->imports) {
        add_import(imports, within, import.module);
        if (!import.name.empty() && import.name != "*") {
          add_import(imports, within, import.module + "." + import.name);
        }
      }
    }
    const bool stuck = imports.unread.empty() && !still.empty();
    imports.unread.insert(imports.unread.end(), still.begin(), still.end());
    if (stuck) {
      reading = true;
      break;
    }
  }
  if (imports.modules.contains(module)) return Found::yes;
  return reading ? Found::not_yet : Found::no;
}

/// Whether importing its package, or the top-level package, imports the submodule.
NameResolver::Found NameResolver::is_imported(const std::string& module, const std::string& parent) {
  auto& near = library_.imports[parent];
  if (near.modules.empty()) add_import(near, parent, parent);
  const auto found = search(near, parent, module);
  if (found != Found::no) return found;
  const std::string root(root_of(module));
  auto& all = library_.imports[root];
  if (all.modules.empty()) add_import(all, root, root);
  return search(all, root, module);
}

Answer NameResolver::submodule(const Located& child, const std::string& parent) {
  switch (is_imported(child.module, parent)) {
    case Found::yes:
      return yes("a module: " + child.file.file);
    case Found::not_yet:
      return unknown("not read yet");
    case Found::no:
      break;
  }
  return unknown(fmt::format("{} is a module, but nothing imports it", child.file.file));
}

}  // namespace launch::pysource
