#include "probe/wheel_api.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <future>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "archive/installation.hpp"
#include "base/parallel.hpp"
#include "pysource/name_resolver.hpp"
#include "pytorch/api_rules.hpp"

namespace launch::probe {
namespace {

/// The origin of a file below site-packages.
struct FileOrigin {
  std::size_t wheel = 0;
  std::string archive_path;  ///< empty if it is the file's own
};

}  // namespace

struct WheelApi::State {
  std::vector<LabelledWheel> wheels;
  std::vector<FileOrigin> origins;  ///< of the library's paths
  pysource::ModuleLibrary library;

  /// Null for a file in none of the wheels.
  const FileOrigin* origin(const std::string& file) const {
    const auto place = library.files.place_of(file);
    return place ? &origins[*place] : nullptr;
  }
  /// True if the file's wheel is on this machine.
  bool is_local(const std::string& file) const {
    const auto* found = origin(file);
    return found != nullptr && wheels[found->wheel].source->is_local();
  }
};

WheelApi::WheelApi(std::vector<LabelledWheel> wheels) {
  std::vector<std::pair<std::string, FileOrigin>> found;
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    for (auto& archive_path : wheels[i].source->files()) {
      auto path = archive::import_path(archive_path);
      if (!path) continue;
      if (*path == archive_path) archive_path.clear();
      found.emplace_back(*std::move(path), FileOrigin{i, std::move(archive_path)});
    }
  }
  // Of several files with that path, the first counts.
  const auto by_path = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::stable_sort(found.begin(), found.end(), by_path);
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  std::vector<std::string> paths;
  std::vector<FileOrigin> origins;
  paths.reserve(found.size());
  origins.reserve(found.size());
  for (auto& [path, origin] : found) {
    paths.push_back(std::move(path));
    origins.push_back(std::move(origin));
  }
  state_ = std::make_unique<State>(
      State{std::move(wheels), std::move(origins), {pysource::ModuleFiles(std::move(paths)), {}}});
  auto* state = state_.get();
  std::map<std::string, std::string, std::less<>> labels;
  for (std::size_t i = 0; i < state->origins.size(); ++i) {
    const std::string_view path = state->library.files.paths()[i];
    auto& label = labels[std::string(path.substr(0, path.find_first_of("/.")))];
    const auto& candidate = state->wheels[state->origins[i].wheel].label;
    if (label.empty() || candidate < label) label = candidate;
  }
  state->library.label = [labels = std::move(labels)](std::string_view module) {
    const auto found = labels.find(module.substr(0, module.find('.')));
    return found == labels.end() ? std::string("the wheel") : found->second;
  };
  state->library.rules = &pytorch::api_rules();
  state->library.is_local = [state](const std::string& file) { return state->is_local(file); };
}

WheelApi::~WheelApi() = default;
WheelApi::WheelApi(WheelApi&&) noexcept = default;
WheelApi& WheelApi::operator=(WheelApi&&) noexcept = default;

const std::set<std::string, std::less<>>& WheelApi::roots() const {
  return state_->library.files.roots();
}

/// The questions to one version, answered in rounds as files are read.
class Questioning {
 public:
  explicit Questioning(const ApiQuestion& question)
      : state_(*question.api->state_),
        requirements_(question.requirements),
        answers_(requirements_.size()),
        open_(requirements_.size()) {
    std::iota(open_.begin(), open_.end(), std::size_t{0});
  }

  /// Files that the next round needs, by their path below site-packages.
  const WantedFiles& wanted() const { return wanted_; }
  /// All files that were needed.
  const WantedFiles& used() const { return used_; }

  /// Wants those of the files that it has not read yet.
  void expect(const WantedFiles& files) {
    for (const auto& [file, as] : files) {
      if (!state_.library.files.has(file)) continue;
      const bool large = as.list != nullptr && as.list->is_large;
      if (large && !state_.is_local(file)) continue;
      used_.emplace(file, as);
      if (!state_.library.read.contains(file)) wanted_.emplace(file, as);
    }
  }

  /// Answers what can be answered from what was read.
  void answer() {
    wanted_.clear();
    if (error_) return;
    pysource::NameResolver resolver(state_.library);
    std::vector<std::size_t> pending;
    for (const auto i : open_) {
      state_.library.wanted.clear();
      answers_[i] = resolver.answer(requirements_[i]);
      if (state_.library.wanted.empty()) continue;
      pending.push_back(i);
      wanted_.merge(state_.library.wanted);
    }
    open_ = std::move(pending);
    used_.insert(wanted_.begin(), wanted_.end());
  }

  const LabelledWheel& wheel_of(const std::string& file) const {
    return state_.wheels[state_.origin(file)->wheel];
  }
  const std::string& archive_path(const std::string& file) const {
    const auto& path = state_.origin(file)->archive_path;
    return path.empty() ? file : path;
  }
  void take(const std::string& file, ModulePool::Names names) {
    state_.library.read.emplace(file, std::move(names));
  }
  void give_up(Error error) { error_ = std::move(error); }

  Result<std::vector<pysource::Answer>> result() && {
    if (error_) return fail(*std::move(error_));
    return std::move(answers_);
  }

 private:
  WheelApi::State& state_;
  std::span<const pysource::Requirement> requirements_;
  std::vector<pysource::Answer> answers_;
  std::vector<std::size_t> open_;
  WantedFiles wanted_;
  WantedFiles used_;
  std::optional<Error> error_;
};

namespace {

/// A file to be read once, for all versions that want it.
struct Errand {
  std::string key;
  std::string file;
  pysource::WantedFile as;
  std::vector<Questioning*> takers;  // the first one's wheel is read
  std::string content = {};
  ModulePool::Names names = {};
};

/// A file that is being read for somebody else.
struct Wait {
  std::string file;
  Questioning* taker;
  std::shared_future<ModulePool::Names> names;
};

struct Errands {
  std::vector<Errand> own;
  std::vector<Wait> of_others;
};

/// What is wanted and not in the pool; gives out what is.
Errands errands_of(std::span<Questioning> all, ModulePool& pool) {
  Errands found;
  auto& errands = found.own;
  std::unordered_map<std::string, std::size_t> places;
  for (auto& each : all) {
    for (const auto& [file, as] : each.wanted()) {
      const auto mark = each.wheel_of(file).source->mark(each.archive_path(file));
      if (!mark) {
        errands.push_back({{}, file, as, {&each}});
        continue;
      }
      auto key = ModulePool::key_of(file, as, *mark);
      if (const auto place = places.find(key); place != places.end()) {
        errands[place->second].takers.push_back(&each);
        continue;
      }
      auto claim = pool.claim(key);
      if (claim.is_own()) {
        places.emplace(key, errands.size());
        errands.push_back({std::move(key), file, as, {&each}});
      } else if (claim.names) {
        each.take(file, std::move(claim.names));
      } else {
        found.of_others.push_back({file, &each, std::move(claim.others)});
      }
    }
  }
  return found;
}

using ErrandsByWheel = std::map<std::pair<Questioning*, WheelSource*>, std::vector<Errand*>>;

/// Some errands, and what their wheels answered.
struct Part {
  std::span<Errand> errands;
  ErrandsByWheel by_wheel = {};
  std::vector<Result<std::vector<std::string>>> contents = {};  ///< by wheel
};

/// Changes nothing but the part, and the counts of bytes of its wheels' zips; may run side by side for parts
/// of the same wheels.
void fetch(Part& part) {
  for (auto& errand : part.errands) {
    auto* reader = errand.takers.front();
    part.by_wheel[{reader, reader->wheel_of(errand.file).source.get()}].push_back(&errand);
  }
  std::vector<FileWish> wishes;
  for (const auto& [from, files] : part.by_wheel) {
    wishes.push_back({from.second, {}});
    for (const auto* errand : files) wishes.back().names.push_back(from.first->archive_path(errand->file));
  }
  part.contents = read_all(wishes);
}

/// Parses what was fetched and gives it out; a version whose wheel could not be read gives up.
void deliver(Part& part, ModulePool& pool) {
  auto place = part.contents.begin();
  for (const auto& [from, files] : part.by_wheel) {
    auto& texts = *place++;
    if (!texts) {
      const auto& label = from.first->wheel_of(files.front()->file).label;
      from.first->give_up(std::move(texts.error()).during("reading the modules of " + label));
      for (auto* errand : files) errand->takers.clear();  // others read their own wheel in the next round
      continue;
    }
    for (std::size_t i = 0; i < files.size(); ++i) files[i]->content = std::move((*texts)[i]);
  }
  side_by_side(part.errands.size(), [&](std::size_t i) {
    auto& [key, file, as, takers, content, names] = part.errands[i];
    if (takers.empty()) return;
    if (as.list != nullptr) {
      pysource::ModuleNames listing;
      listing.listed = as.list->read(content);
      names = std::make_shared<const pysource::ModuleNames>(std::move(listing));
      return;
    }
    names = std::make_shared<const pysource::ModuleNames>(
        pysource::read_module(std::move(content), as.module, as.is_package, as.is_stub));
  });
  for (auto& errand : part.errands) {
    for (auto* taker : errand.takers) taker->take(errand.file, errand.names);
    if (!errand.key.empty()) pool.deliver(errand.key, std::move(errand.names));
  }
}

/// Reads what is wanted: while a part is parsed, the next ones are fetched. Parts are small, so each needs
/// few requests; fetching several ahead hides latency.
void read_wanted(std::span<Questioning> all, ModulePool& pool) {
  constexpr std::size_t kTogether = 256;
  constexpr std::size_t kAhead = 4;
  auto [own, of_others] = errands_of(all, pool);
  std::vector<Part> parts;
  for (auto rest = std::span(own); !rest.empty(); rest = rest.subspan(parts.back().errands.size())) {
    parts.push_back({rest.first(std::min(kTogether, rest.size()))});
  }
  std::deque<std::future<void>> under_way;
  auto start_next = [&, next = parts.begin()]() mutable {
    if (next != parts.end()) under_way.push_back(std::async(std::launch::async, fetch, std::ref(*next++)));
  };
  for (std::size_t i = 0; i < kAhead; ++i) start_next();
  for (auto& part : parts) {
    under_way.front().get();
    under_way.pop_front();
    start_next();
    deliver(part, pool);
    part = {};
  }
  for (auto& wait : of_others) {
    if (auto names = wait.names.get()) wait.taker->take(wait.file, std::move(names));
  }
}

}  // namespace

std::vector<Result<std::vector<pysource::Answer>>> ask_all(std::span<const ApiQuestion> questions,
                                                           ModulePool& pool, WantedFiles& expected) {
  std::vector<Questioning> all(questions.begin(), questions.end());
  for (auto& each : all) each.expect(expected);
  const auto is_waiting = [](const Questioning& each) { return !each.wanted().empty(); };
  do {
    read_wanted(all, pool);
    side_by_side(all.size(), [&](std::size_t i) { all[i].answer(); });
  } while (std::any_of(all.begin(), all.end(), is_waiting));
  if (!all.empty()) expected = all.back().used();
  pool.drop_unused();
  std::vector<Result<std::vector<pysource::Answer>>> results;
  results.reserve(all.size());
  for (auto& each : all) results.push_back(std::move(each).result());
  return results;
}

Result<std::vector<pysource::Answer>> WheelApi::ask(std::span<const pysource::Requirement> requirements) {
  ModulePool pool;
  WantedFiles expected;
  const ApiQuestion question{this, requirements};
  return std::move(ask_all({&question, 1}, pool, expected).front());
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
  for (std::string_view module : state_->library.files.paths()) {
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
  WantedFiles wanted;
  std::vector<std::string> files;
  for (const auto& module : modules) {
    const auto file = library.files.find(module);
    const bool is_package = file.kind == pysource::ModuleKind::package;
    const bool has_source = is_package || file.kind == pysource::ModuleKind::source;
    files.push_back(has_source ? file.file : std::string());
    if (has_source && !library.read.contains(file.file))
      wanted.emplace(file.file, pysource::WantedFile{module, is_package, false});
  }
  ModulePool pool;
  const ApiQuestion none{this, {}};
  Questioning reading(none);
  reading.expect(wanted);
  read_wanted({&reading, 1}, pool);
  TRY(std::move(reading).result());
  std::vector<const pysource::ModuleNames*> read;
  read.reserve(files.size());
  for (const auto& file : files) read.push_back(file.empty() ? nullptr : library.read.at(file).get());
  return read;
}

std::vector<ModulePool::Names> WheelApi::modules() const {
  std::vector<ModulePool::Names> all;
  for (const auto& [file, names] : state_->library.read) all.push_back(names);
  return all;
}

}  // namespace launch::probe
