#include "probe/wheel_api.hpp"

#include <algorithm>
#include <utility>

#include "archive/installation.hpp"
#include "pysource/name_resolver.hpp"
#include "pytorch/api_rules.hpp"

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
  void note_imports(std::span<const pysource::Requirement> requirements);
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
  state->library.rules = &pytorch::api_rules();
  state->library.is_near = [state](const std::string& file) {
    const auto found = state->origins.find(file);
    return found != state->origins.end() && state->wheels[found->second.wheel].source->is_near();
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
      if (as.list != nullptr) {
        library.lists.emplace(file, as.list->read(contents[k]));
        continue;
      }
      library.read.emplace(
          file, pysource::read_module(std::move(contents[k]), as.module, as.is_package, as.is_stub));
    }
  }
  return {};
}

/// Modules that the code imports are attributes of their packages, whatever else imports them.
void WheelApi::State::note_imports(std::span<const pysource::Requirement> requirements) {
  for (const auto& each : requirements) {
    if (each.tier != pysource::Tier::import) continue;
    for (auto end = each.module.find('.');; end = each.module.find('.', end + 1)) {
      library.imported.insert(each.module.substr(0, end));
      if (end == std::string::npos) break;
    }
    const auto child = each.module + "." + each.name;
    if (library.files.find(child).kind != pysource::ModuleKind::missing) library.imported.insert(child);
  }
}

Result<std::vector<pysource::Answer>> WheelApi::ask(std::span<const pysource::Requirement> requirements) {
  std::vector<pysource::Answer> answers(requirements.size());
  std::vector<std::size_t> open(requirements.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  state_->note_imports(requirements);
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

}  // namespace launch::probe
