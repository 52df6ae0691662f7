#include "pysource/module_files.hpp"

#include <algorithm>

namespace launch::pysource {
namespace {

bool is_identifier(std::string_view text) {
  return !text.empty() && !(text.front() >= '0' && text.front() <= '9') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                  static_cast<unsigned char>(c) >= 0x80;
         });
}

/// True for the suffix of an extension module of any CPython on Linux.
bool is_extension_suffix(std::string_view rest) {
  return rest == ".so" || rest == ".abi3.so" || (rest.starts_with(".cpython-") && rest.ends_with(".so"));
}

}  // namespace

std::string module_path(std::string_view module) {
  std::string path(module);
  std::replace(path.begin(), path.end(), '.', '/');
  return path;
}

ModuleFiles::ModuleFiles(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    known_.insert(path);
    for (auto slash = path.rfind('/'); slash != std::string::npos;
         slash = slash == 0 ? slash : path.rfind('/', slash - 1)) {
      if (!folders_.insert(path.substr(0, slash)).second || slash == 0) break;
    }
    const std::string_view view = path;
    const auto top = view.substr(0, view.find_first_of("/."));
    const bool nested = top.size() < view.size() && view[top.size()] == '/';
    const auto suffix = std::min(view.find('.', view.rfind('/') + 1), view.size());
    const bool is_extension = is_extension_suffix(view.substr(suffix));
    if (is_extension) extensions_.try_emplace(path.substr(0, suffix), path);
    const bool is_code = view.ends_with(".py") || is_extension;
    if (is_code && is_identifier(top) && (nested || view.find('/') == std::string_view::npos)) {
      roots_.insert(std::string(top));
    }
  }
}

/// Null if there is none.
const std::string* ModuleFiles::extension_of(const std::string& base) const {
  const auto found = extensions_.find(base);
  return found == extensions_.end() ? nullptr : &found->second;
}

ModuleFile ModuleFiles::find(std::string_view module) const {
  const auto base = module_path(module);
  if (base.empty()) return {};
  if (folders_.contains(base)) {
    if (const auto* file = extension_of(base + "/__init__")) return {ModuleKind::extension, *file};
    if (has(base + "/__init__.py")) return {ModuleKind::package, base + "/__init__.py"};
  }
  if (const auto* file = extension_of(base)) return {ModuleKind::extension, *file};
  if (has(base + ".py")) return {ModuleKind::source, base + ".py"};
  if (folders_.contains(base)) return {ModuleKind::space, base};
  return {};
}

std::string ModuleFiles::find_stub(std::string_view module) const {
  const auto base = module_path(module);
  for (const auto* end : {"/__init__.pyi", ".pyi"}) {
    if (has(base + end)) return base + end;
  }
  return {};
}

}  // namespace launch::pysource
