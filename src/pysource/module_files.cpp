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

ModuleFiles::ModuleFiles(std::vector<std::string> installed_paths) : paths_(std::move(installed_paths)) {
  std::sort(paths_.begin(), paths_.end());
  paths_.erase(std::unique(paths_.begin(), paths_.end()), paths_.end());
  paths_.shrink_to_fit();
  for (std::uint32_t place = 0; place < paths_.size(); ++place) {
    add_folders(place);
    add_module(place);
  }
}

std::optional<std::size_t> ModuleFiles::place_of(std::string_view path) const {
  const auto found = std::lower_bound(paths_.begin(), paths_.end(), path);
  if (found == paths_.end() || *found != path) return std::nullopt;
  return static_cast<std::size_t>(found - paths_.begin());
}

void ModuleFiles::add_folders(std::uint32_t place) {
  const std::string_view path = paths_[place];
  for (auto slash = path.rfind('/'); slash != std::string_view::npos;
       slash = slash == 0 ? slash : path.rfind('/', slash - 1)) {
    const auto folder = path.substr(0, slash);
    if (!folders_.insert(folder).second) break;
    offer(folder, {place, ModuleKind::space, Rank::space});
    if (slash == 0) break;
  }
}

void ModuleFiles::add_module(std::uint32_t place) {
  constexpr std::string_view kInit = "/__init__";
  const std::string_view path = paths_[place];
  const auto top = path.substr(0, path.find_first_of("/."));
  const bool nested = top.size() < path.size() && path[top.size()] == '/';
  const auto dot = std::min(path.find('.', path.rfind('/') + 1), path.size());
  const bool is_extension = is_extension_suffix(path.substr(dot));
  const bool is_source = path.ends_with(".py");
  if (!is_extension && !is_source) return;
  if (is_extension && !python_minor_) python_minor_ = python_minor_of(path.substr(dot));
  if (is_identifier(top) && (nested || path.find('/') == std::string_view::npos)) {
    roots_.insert(std::string(top));
  }
  const auto base = is_extension ? path.substr(0, dot) : path.substr(0, path.size() - 3);
  const auto kind = is_extension ? ModuleKind::extension : ModuleKind::source;
  offer(base, {place, kind, is_extension ? Rank::extension : Rank::source});
  if (!base.ends_with(kInit)) return;
  offer(base.substr(0, base.size() - kInit.size()),
        {place, is_extension ? ModuleKind::extension : ModuleKind::package,
         is_extension ? Rank::extension_package : Rank::package});
}

void ModuleFiles::offer(std::string_view base, Found file) {
  const auto [place, added] = modules_.try_emplace(base, file);
  if (!added && file.rank > place->second.rank) place->second = file;
}

ModuleFile ModuleFiles::find(std::string_view module) const {
  const auto path = module_path(module);
  const auto found = modules_.find(path);
  if (found == modules_.end() || module.empty()) return {};
  const auto& [place, kind, rank] = found->second;
  return {kind, kind == ModuleKind::space ? path : paths_[place]};
}

std::string ModuleFiles::find_stub(std::string_view module) const {
  const auto base = module_path(module);
  for (const auto* end : {"/__init__.pyi", ".pyi"}) {
    if (has(base + end)) return base + end;
  }
  return {};
}

}  // namespace launch::pysource
