#include "pysource/module_files.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

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

/// 11 for the suffix ".cpython-311-x86_64-linux-gnu.so".
std::optional<unsigned> python_minor_of(std::string_view suffix) {
  constexpr std::string_view kStart = ".cpython-3";
  if (!suffix.starts_with(kStart)) return {};
  unsigned minor = 0;
  const auto* const end = suffix.data() + suffix.size();
  const auto [rest, error] = std::from_chars(suffix.data() + kStart.size(), end, minor);
  return error == std::errc() ? std::optional(minor) : std::nullopt;
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
      auto folder = path.substr(0, slash);
      if (!folders_.insert(folder).second) break;
      offer(folder, {ModuleKind::space, folder}, Rank::space);
      if (slash == 0) break;
    }
    add_module(path);
  }
}

void ModuleFiles::add_module(const std::string& path) {
  constexpr std::string_view kInit = "/__init__";
  const std::string_view view = path;
  const auto top = view.substr(0, view.find_first_of("/."));
  const bool nested = top.size() < view.size() && view[top.size()] == '/';
  const auto dot = std::min(view.find('.', view.rfind('/') + 1), view.size());
  const bool is_extension = is_extension_suffix(view.substr(dot));
  const bool is_source = view.ends_with(".py");
  if (!is_extension && !is_source) return;
  if (is_extension && !python_minor_) python_minor_ = python_minor_of(view.substr(dot));
  if (is_identifier(top) && (nested || view.find('/') == std::string_view::npos)) {
    roots_.insert(std::string(top));
  }
  const auto base = is_extension ? view.substr(0, dot) : view.substr(0, view.size() - 3);
  const auto kind = is_extension ? ModuleKind::extension : ModuleKind::source;
  offer(base, {kind, path}, is_extension ? Rank::extension : Rank::source);
  if (!base.ends_with(kInit)) return;
  offer(base.substr(0, base.size() - kInit.size()),
        {is_extension ? ModuleKind::extension : ModuleKind::package, path},
        is_extension ? Rank::extension_package : Rank::package);
}

void ModuleFiles::offer(std::string_view base, ModuleFile file, Rank rank) {
  const auto [place, added] = modules_.try_emplace(std::string(base), std::move(file), rank);
  if (!added && rank > place->second.second) place->second = {std::move(file), rank};
}

ModuleFile ModuleFiles::find(std::string_view module) const {
  const auto found = modules_.find(module_path(module));
  return found == modules_.end() || module.empty() ? ModuleFile{} : found->second.first;
}

std::string ModuleFiles::find_stub(std::string_view module) const {
  const auto base = module_path(module);
  for (const auto* end : {"/__init__.pyi", ".pyi"}) {
    if (has(base + end)) return base + end;
  }
  return {};
}

}  // namespace launch::pysource
