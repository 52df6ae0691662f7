#include "probe/imported_modules.hpp"

#include <cstdint>
#include <system_error>

#include "base/file.hpp"
#include "pysource/import_statements.hpp"

namespace launch::probe {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostSource = std::uint64_t{64} << 20;

void add_imports(std::string source, ImportedModules& all) {
  const pysource::SourceTree tree(std::move(source));
  for (const auto& statement : pysource::import_statements(tree)) {
    if (statement.level != 0) continue;
    for (const auto& each : statement.names) {
      auto name = statement.from ? statement.module : each.name;
      const auto root = name.substr(0, name.find('.'));
      if (statement.from && each.name != "*") name += "." + each.name;
      all.names[root].insert(std::move(name));
    }
  }
}

}  // namespace

Result<ImportedModules> list_imports(std::span<const ScanPath> paths) {
  ImportedModules all;
  for (const auto& path : paths) {
    LeftOut ignored;
    TRY_ASSIGN(const auto sources, find_sources(path, ignored));
    std::error_code code;
    if (fs::is_directory(path.path, code))
      all.own_names.insert(fs::weakly_canonical(path.path, code).filename().string());
    for (const auto& source : sources) {
      auto shown = fs::path(source.shown);
      shown.replace_extension();
      for (const auto& part : shown) all.own_names.insert(part.string());
      all.folders.insert(source.path.parent_path());
      TRY_ASSIGN(auto text, read_file(source.path, kMostSource));
      add_imports(std::move(text), all);
    }
  }
  return all;
}

}  // namespace launch::probe
