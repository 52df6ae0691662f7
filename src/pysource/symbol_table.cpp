#include "pysource/symbol_table.hpp"

#include <utility>

#include "base/text.hpp"

namespace launch::pysource {
namespace {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string below(const std::string& folder, std::string_view module) {
  if (module.empty()) return folder;
  const auto path = replace_all(std::string(module), ".", "/");
  return folder.empty() ? path : folder + "/" + path;
}

}  // namespace

std::uint32_t SymbolTable::add(std::string path, bool is_package, ModuleSymbols symbols) {
  const auto number = static_cast<std::uint32_t>(files_.size());
  by_path_.emplace(path, number);
  files_.push_back({std::move(path), is_package, std::move(symbols)});
  return number;
}

const Condition* SymbolTable::find(std::uint32_t file, const std::string& name) const {
  const auto& names = files_[file].symbols.names;
  const auto found = names.find(name);
  return found == names.end() ? nullptr : &found->second;
}

std::optional<std::uint32_t> SymbolTable::at(const std::string& path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint32_t> SymbolTable::module(std::uint32_t file, std::int64_t dots,
                                                 std::string_view module) const {
  const auto& from = files_[file];
  if (dots > 0) {
    auto folder = from.is_package ? from.path : folder_of(from.path);
    for (; dots > 1; --dots) folder = folder_of(folder);
    return at(below(folder, module));
  }
  if (module.empty()) return std::nullopt;
  for (auto folder = from.is_package ? from.path : folder_of(from.path);;) {
    const auto package = at(folder);
    if (!package || !files_[*package].is_package) {
      if (const auto found = at(below(folder, module)); found && *found != file) return found;
    }
    if (folder.empty() || folder == "/") return std::nullopt;
    folder = folder_of(folder);
  }
}

}  // namespace launch::pysource
