#include "probe/wheel_api.hpp"

#include <algorithm>
#include <utility>

#include "archive/installation.hpp"
#include "pysource/name_resolver.hpp"

namespace launch::probe {
namespace {

/// The origin of a file below site-packages.
struct FileOrigin {
  std::size_t wheel = 0;
  std::string archive_path;
};

}  // namespace

struct WheelApi::State {
  std::vector<LabelledWheel> wheels;
  std::unordered_map<std::string, FileOrigin> origins;
  pysource::ModuleLibrary library;

  Result<void> read_wanted();
};

WheelApi::WheelApi(std::vector<LabelledWheel> wheels) {
  std::vector<std::string> paths;
  std::unordered_map<std::string, FileOrigin> origins;
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    for (auto& archive_path : wheels[i].source->files()) {
      auto path = archive::import_path(archive_path);
      if (path && origins.emplace(*path, FileOrigin{i, std::move(archive_path)}).second) {
        paths.push_back(std::move(*path));
      }
    }
  }
  state_ = std::make_unique<State>(
      State{std::move(wheels), std::move(origins), {pysource::ModuleFiles(std::move(paths)), {}}});
  auto* state = state_.get();
  std::map<std::string, std::string, std::less<>> labels;
  for (const auto& [path, origin] : state->origins) {
    const auto root = path.substr(0, path.find_first_of("/."));
    auto& label = labels[root];
    const auto& candidate = state->wheels[origin.wheel].label;
    if (label.empty() || candidate < label) label = candidate;
  }
  state->library.label = [labels = std::move(labels)](std::string_view module) {
    const auto found = labels.find(module.substr(0, module.find('.')));
    return found == labels.end() ? std::string("the wheel") : found->second;
  };
}

WheelApi::~WheelApi() = default;
WheelApi::WheelApi(WheelApi&&) noexcept = default;
WheelApi& WheelApi::operator=(WheelApi&&) noexcept = default;

const std::set<std::string, std::less<>>& WheelApi::roots() const {
  return state_->library.files.roots();
}

Result<void> WheelApi::State::read_wanted() {
  const auto wanted = std::exchange(library.wanted, {});
  std::vector<std::vector<std::string>> names(wheels.size());
  std::vector<std::vector<std::pair<std::string, pysource::WantedFile>>> files(wheels.size());
  for (const auto& [file, as] : wanted) {
    const auto& origin = origins.at(file);
    names[origin.wheel].push_back(origin.archive_path);
    files[origin.wheel].emplace_back(file, as);
  }
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    if (names[i].empty()) continue;
    TRY_ASSIGN(auto contents,
               during(wheels[i].source->read(names[i]), "reading the modules of " + wheels[i].label));
    for (std::size_t k = 0; k < contents.size(); ++k) {
      auto& [file, as] = files[i][k];
      library.read.emplace(
          file, pysource::read_module(std::move(contents[k]), as.module, as.is_package, as.is_stub));
    }
  }
  return {};
}

Result<std::vector<pysource::Answer>> WheelApi::ask(std::span<const pysource::Requirement> requirements) {
  std::vector<pysource::Answer> answers(requirements.size());
  std::vector<std::size_t> open(requirements.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  pysource::NameResolver resolver(state_->library);
  while (!open.empty()) {
    std::vector<std::size_t> pending;
    std::map<std::string, pysource::WantedFile> wanted;
    for (const auto i : open) {
      state_->library.wanted.clear();
      answers[i] = resolver.answer(requirements[i]);
      if (state_->library.wanted.empty()) continue;
      pending.push_back(i);
      wanted.merge(state_->library.wanted);
    }
    state_->library.wanted = std::move(wanted);
    if (!pending.empty()) TRY(state_->read_wanted());
    open = std::move(pending);
  }
  return answers;
}

bool WheelApi::has_module(std::string_view module) const {
  return state_->library.files.find(module).kind != pysource::ModuleKind::missing;
}

std::string WheelApi::file_of(std::string_view module) const {
  return state_->library.files.find(module).file;
}

std::string WheelApi::label_of(std::string_view module) const {
  return state_->library.label(module);
}

std::vector<std::string> WheelApi::modules_below(std::string_view root) const {
  constexpr std::string_view kEnd = ".py";
  constexpr std::string_view kInit = "/__init__";
  std::vector<std::string> modules;
  for (const auto& [path, origin] : state_->origins) {
    std::string_view module = path;
    if (!module.ends_with(kEnd) || module.substr(0, module.find_first_of("/.")) != root) continue;
    module.remove_suffix(kEnd.size());
    if (module.ends_with(kInit)) module.remove_suffix(kInit.size());
    if (module.find('.') != std::string_view::npos) continue;  // no module has such a file
    modules.emplace_back(module);
    std::replace(modules.back().begin(), modules.back().end(), '/', '.');
  }
  std::sort(modules.begin(), modules.end());
  modules.erase(std::unique(modules.begin(), modules.end()), modules.end());
  return modules;
}

Result<std::vector<const pysource::ModuleNames*>> WheelApi::read_modules(
    std::span<const std::string> modules) {
  auto& library = state_->library;
  library.wanted.clear();
  std::vector<std::string> files;
  for (const auto& module : modules) {
    const auto file = library.files.find(module);
    const bool is_package = file.kind == pysource::ModuleKind::package;
    const bool has_source = is_package || file.kind == pysource::ModuleKind::source;
    files.push_back(has_source ? file.file : std::string());
    if (has_source && !library.read.contains(file.file))
      library.wanted.emplace(file.file, pysource::WantedFile{module, is_package, false});
  }
  TRY(state_->read_wanted());
  std::vector<const pysource::ModuleNames*> read;
  for (const auto& file : files) read.push_back(file.empty() ? nullptr : &library.read.at(file));
  return read;
}

}  // namespace launch::probe
