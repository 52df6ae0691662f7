#include "commands/source_survey.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"
#include "commands/scan_paths.hpp"
#include "probe/source_tree.hpp"
#include "project/import_names.hpp"
#include "pysource/standard_library.hpp"
#include "specs/specifier.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProject = "pyproject.toml";
constexpr const char* kRequirements = "requirements.txt";
constexpr const char* kPythonVersion = ".python-version";

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// True for a folder with Python files, or a module, of that name.
bool has_module(const fs::path& folder, const std::string& name) {
  return is_there(folder / (name + ".py")) || has_python_files(folder / name);
}

/// True if code in `file` gets that module from the tree: beside it, or from a folder that is on Python's
/// path.
bool is_local(const fs::path& root, const std::string& file, const std::string& module) {
  const auto beside = (root / file).parent_path();
  return has_module(root, module) || has_module(root / "src", module) || has_module(beside, module);
}

/// False for code that training does not run.
bool is_of_training(const std::string& file) {
  const auto parts = split(file, '/');
  return !is_aside(parts.front()) && !is_aside(parts.back());
}

bool is_firmer(pysource::Need a, pysource::Need b) {
  return static_cast<int>(a) < static_cast<int>(b);
}

Result<void> add_imports(const fs::path& root, SourceSurvey& survey, Reporter& reporter) {
  const std::vector<probe::ScanPath> paths = {{root, "."}};
  const auto scan = probe::scan_tree(paths, {});
  if (!scan && scan.error().kind() == ErrorKind::input) return {};  // no Python files
  TRY(scan);
  warn_of_problems(*scan, reporter);
  survey.has_code = true;
  std::map<std::string, std::pair<ImportedPackage, pysource::Need>> packages;
  for (const auto& name : scan->names) {
    const auto& module = name.requirement.module;
    const auto top = module.substr(0, module.find('.'));
    if (pysource::is_standard_library(top)) continue;
    for (const auto& use : name.uses) {
      const bool gated = std::any_of(use.gates.begin(), use.gates.end(),
                                     [](const pysource::Gate& gate) { return gate.line != 0; });
      const bool counts = (use.need == pysource::Need::must || use.need == pysource::Need::path) && !gated;
      if (!counts || !is_of_training(use.file) || is_local(root, use.file, top)) continue;
      const auto full = name.requirement.name.empty() ? module : module + "." + name.requirement.name;
      ImportedPackage found{.package = project::package_of_module(full),
                            .module = top,
                            .place = fmt::format("{}:{}", use.file, use.line),
                            .must = use.need == pysource::Need::must};
      const auto key = found.package;
      const auto at = packages.find(key);
      if (at == packages.end() || is_firmer(use.need, at->second.second))
        packages.insert_or_assign(key, std::pair(std::move(found), use.need));
    }
  }
  for (auto& [package, found] : packages) survey.imports.push_back(std::move(found.first));
  return {};
}

/// The first line of a file that names an index of PyTorch's; a nightly before another.
void add_index(const std::string& file, const std::string& text, SourceSurvey& survey) {
  std::size_t number = 0;
  for (const auto line : lines(text)) {
    ++number;
    const auto named = pytorch::index_named_in(line);
    if (!named || trim(line).starts_with('#')) continue;
    const bool better = !survey.torch_index || (survey.torch_index->index.channel != named->channel &&
                                                named->channel == pytorch::Channel::nightly);
    if (better) survey.torch_index = IndexWish{*named, fmt::format("{}:{}", file, number)};
  }
}

/// requires-python of a pyproject.toml; empty if it has none.
std::string requires_python(const std::string& text) {
  const auto document = parse_toml(text, kProject);
  if (!document) return {};
  const auto project = TomlTable(*document, kProject).table("project");
  std::string python;
  if (!project || !project->read("requires-python", python)) return {};
  return python;
}

/// The Python in .python-version, else one that requires-python allows.
Result<void> add_python(const fs::path& root, const std::string& project_text, SourceSurvey& survey) {
  if (is_there(root / kPythonVersion)) {
    TRY_ASSIGN(const auto text, read_file(root / kPythonVersion));
    const auto words = split(trim(text), '.');
    if (words.size() >= 2) {
      const auto python = specs::Interpreter::parse(fmt::format("{}.{}", words[0], words[1]));
      if (python) {
        survey.python = *python;
        survey.python_reason = fmt::format("{} says {}", kPythonVersion, trim(lines(text).front()));
        return {};
      }
    }
  }
  const auto wanted = requires_python(project_text);
  const auto allowed = specs::SpecifierSet::parse(wanted);
  if (wanted.empty() || !allowed) return {};
  for (const auto* version : {"3.12", "3.11", "3.13", "3.10", "3.14", "3.9"}) {
    const auto newest = specs::Version::parse(fmt::format("{}.99", version));
    if (!allowed->matches(*newest)) continue;
    survey.python = specs::Interpreter::parse(version).value();
    survey.python_reason = fmt::format("{} requires {}", kProject, wanted);
    return {};
  }
  return {};
}

}  // namespace

bool has_python_files(const fs::path& folder) {
  std::error_code code;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    if (at->path().extension() == ".py") return true;
  }
  return false;
}

bool is_aside(std::string_view name) {
  static const std::set<std::string_view> kAside = {
      "build", "conftest.py", "dist", "docs", "recipes", "setup.py", "test", "tests", "images", "lockfiles"};
  return name.starts_with('.') || name.starts_with("test_") || kAside.count(name) != 0;
}

Result<SourceSurvey> survey_sources(const fs::path& root, Reporter& reporter) {
  SourceSurvey survey;
  TRY(add_imports(root, survey, reporter));
  std::string project_text;
  for (const auto* file : {kProject, kRequirements}) {
    if (!is_there(root / file)) continue;
    survey.requirement_files.emplace_back(file);
    TRY_ASSIGN(const auto text, read_file(root / file));
    add_index(file, text, survey);
    if (file == kProject) project_text = text;
  }
  TRY(add_python(root, project_text, survey));
  return survey;
}

}  // namespace launch::commands
