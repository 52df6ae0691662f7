#include "probe/version_apis.hpp"

#include <algorithm>
#include <future>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "probe/import_paths.hpp"
#include "probe/rules.hpp"
#include "pysource/module_files.hpp"
#include "pytorch/api_rules.hpp"
#include "pytorch/commits.hpp"
#include "pytorch/packages.hpp"
#include "store/derived.hpp"

namespace launch::probe {
namespace {

/// Directories that are opened at the same time, in bytes: enough to keep the connections busy, few enough
/// for the memory. For each of two halves: those of four wheels of torch, or of more small wheels.
constexpr std::uint64_t kMostTail = 4 * pytorch::kTorchTail;
/// Spans of versions that are read side by side, and the bytes of the directories of which each reads the
/// files at a time: many spans, as most of their time is waiting, but only so many, and of few versions, as
/// each holds what it has read.
constexpr std::size_t kMostSpans = 6;
constexpr std::size_t kFewestOfSpan = 4;
constexpr std::uint64_t kMostTailOfSpan = pytorch::kTorchTail;
constexpr std::size_t kMostTogether = 64;
/// Answers that are kept of a wheel, some MB of text.
constexpr std::size_t kMostKnown = 50'000;

/// Names of what is kept beside a wheel's digest. The rules decide answers, and which files are read for
/// them.
std::string known_name() {
  return fmt::format("names-{}", kRules);
}
std::string outline_name() {
  return fmt::format("outline-{}", kRules);
}

/// Files besides code that answers are read from, wherever they are.
bool is_listing(std::string_view path) {
  const auto& rules = pytorch::api_rules();
  const auto is_among = [&](const pysource::ListFile& list) {
    return !list.is_large && std::any_of(list.files.begin(), list.files.end(),
                                         [&](const std::string& file) { return path.ends_with(file); });
  };
  return is_among(rules.operators) || is_among(rules.compiled) || is_among(rules.strings);
}

/// The entries that say which modules a wheel has and what they contain: code, listings, and one file of
/// every other folder, as each folder is a package.
std::unordered_set<std::string> entries_to_keep(const std::vector<archive::ZipEntry>& entries) {
  std::unordered_set<std::string> kept;
  std::unordered_set<std::string> folders;
  const auto keep = [&](const std::string& name) {
    kept.insert(name);
    for (auto slash = name.rfind('/'); slash != std::string::npos && slash > 0;
         slash = name.rfind('/', slash - 1)) {
      if (!folders.insert(name.substr(0, slash)).second) break;
    }
  };
  for (const auto& entry : entries) {
    const std::string_view name = entry.name;
    if (name.ends_with(".py") || name.ends_with(".pyi") || name.ends_with(".so") || is_listing(name)) {
      keep(entry.name);
    }
  }
  for (const auto& entry : entries) {
    const auto slash = entry.name.rfind('/');
    if (slash != std::string::npos && !folders.contains(entry.name.substr(0, slash))) keep(entry.name);
  }
  return kept;
}

std::vector<std::string> roots_of(const index::ZipOutline& outline) {
  std::vector<std::string> paths;
  paths.reserve(outline.entries.size());
  for (const auto& entry : outline.entries) paths.push_back(entry.name);
  const auto modules = modules_of(paths);
  return {modules.roots().begin(), modules.roots().end()};
}

Result<void> go_on(const Work& work) {
  if (work.stop.stop_requested()) return fail(environment_error("stopped before all versions were read"));
  return {};
}

/// The bytes at a wheel's end to ask for first: its directory, if it has no more than most wheels.
std::uint64_t tail_of(const VersionBuild& build) {
  const auto of_torch = pytorch::directory_of_wheel(build.file.file_name);
  if (!build.file.size) return of_torch.value_or(pytorch::kTorchTail);
  constexpr std::uint64_t kLeast = std::uint64_t{64} << 10;
  const auto guess = of_torch.value_or(std::clamp(*build.file.size / 16, kLeast, pytorch::kTorchTail));
  return std::min(*build.file.size, guess);
}

/// Splits versions into batches of at least one, with no more bytes of directories than that.
template <class Version>
std::vector<std::span<Version>> batches_of(std::span<Version> versions, std::uint64_t most) {
  std::vector<std::span<Version>> batches;
  while (!versions.empty()) {
    std::size_t count = 0;
    for (std::uint64_t sum = 0; count < std::min(versions.size(), kMostTogether); ++count) {
      sum += tail_of(versions[count]->build);
      if (count > 0 && sum > most) break;
    }
    batches.push_back(versions.first(count));
    versions = versions.subspan(count);
  }
  return batches;
}

/// Calls work with each span, of at least one, on a thread of its own; returns the first error.
template <class Span, class Call>
Result<void> at_once(const std::vector<Span>& spans, const Call& call) {
  std::vector<std::future<Result<void>>> others;
  for (const auto span : std::span(spans).subspan(1))
    others.push_back(std::async(std::launch::async, call, span));
  auto done = call(spans.front());
  for (auto& other : others) {
    auto also = other.get();
    if (done) done = std::move(also);
  }
  return done;
}

}  // namespace

VersionApis::VersionApis(std::string package, std::vector<VersionBuild> builds, const store::Store& store,
                         net::HttpClient& http, Work work)
    : package_(std::move(package)), store_(store), http_(http), work_(std::move(work)) {
  for (auto& build : builds) versions_.push_back({std::move(build), {}, {}, {}});
}

const Error* VersionApis::problem(std::size_t version) const {
  const auto& error = versions_[version].error;
  return error ? &*error : nullptr;
}

void VersionApis::remember(Version& version) {
  if (!version.build.file.sha256) return;
  if (const auto text = store::derived(store_, *version.build.file.sha256, known_name())) {
    version.known = parse_known(*text);
  }
}

void VersionApis::keep(const Version& version) {
  if (!version.build.file.sha256 || !version.known) return;
  store::keep_derived(store_, *version.build.file.sha256, known_name(), text_of(*version.known), work_.disk);
}

void VersionApis::drop_outline(Version& version) {
  if (version.build.file.sha256) version.outline.reset();
}

Result<void> VersionApis::require_some() const {
  const auto is_readable = [](const Version& version) { return !version.error; };
  if (std::any_of(versions_.begin(), versions_.end(), is_readable)) return {};
  auto error = *versions_.back().error;
  return fail(std::move(error).during(fmt::format(
      "reading {}{}", label(versions_.back()), versions_.size() == 1 ? "" : ", as for every other version")));
}

Result<void> VersionApis::open(std::span<Version* const> versions) {
  std::vector<Version*> unopened;
  for (auto* version : versions) {
    const auto& digest = version->build.file.sha256;
    const auto text = digest ? store::derived(store_, *digest, outline_name()) : std::nullopt;
    if (text) version->outline = parse_outline(*text);
    if (!version->outline) unopened.push_back(version);
  }
  const auto open_span = [&](std::span<Version* const> span) -> Result<void> {
    for (const auto batch : batches_of(span, kMostTail)) {
      TRY(go_on(work_));
      work_.reporter.status(fmt::format("reading the directory of {}", label(*batch.front())));
      open_some(batch);
    }
    return {};
  };
  const std::span<Version* const> all(unopened);
  if (all.size() < 2) return open_span(all);
  return at_once(std::vector{all.first(all.size() / 2), all.subspan(all.size() / 2)}, open_span);
}

void VersionApis::open_some(std::span<Version* const> versions) {
  std::vector<index::ZipLocation> locations;
  for (const auto* version : versions) {
    const auto& file = version->build.file;
    locations.push_back(
        {.url = file.url, .size = file.size, .tail = tail_of(version->build), .cache = !file.sha256});
  }
  auto zips = index::RemoteZip::open_all(http_, locations);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    auto& version = *versions[i];
    if (!zips[i]) {
      version.error = std::move(zips[i].error());
      continue;
    }
    const auto kept = entries_to_keep(zips[i]->entries());
    zips[i]->keep_only([&](const archive::ZipEntry& entry) { return kept.contains(entry.name); });
    version.outline = zips[i]->outline();
    const auto& digest = version.build.file.sha256;
    if (digest) store::keep_derived(store_, *digest, outline_name(), text_of(*version.outline), work_.disk);
  }
}

Result<void> VersionApis::learn(std::span<Version* const> versions) {
  std::vector<Version*> unopened;
  for (auto* version : versions) {
    if (!version->error && !version->outline) unopened.push_back(version);
  }
  TRY(open(unopened));
  for (auto* version : versions) {
    if (!version->error && !version->known) version->known = KnownWheel{roots_of(*version->outline), {}, {}};
  }
  return {};
}

Result<VersionApis::Roots> VersionApis::roots_among(std::span<Version* const> versions) {
  std::vector<Version*> unknown;
  for (auto* version : versions) {
    if (!version->known) remember(*version);
    if (!version->known) unknown.push_back(version);
  }
  TRY(learn(unknown));
  for (auto* version : unknown) drop_outline(*version);
  Roots all;
  for (auto* version : versions) {
    if (version->known) all.insert(version->known->roots.begin(), version->known->roots.end());
  }
  return all;
}

Result<VersionApis::Roots> VersionApis::roots() {
  std::vector<Version*> versions;
  for (auto& version : versions_) versions.push_back(&version);
  TRY_ASSIGN(auto all, roots_among(versions));
  TRY(require_some());
  return all;
}

Result<VersionApis::Roots> VersionApis::roots_of_some() {
  std::vector<Version*> some{&versions_.front()};
  for (const auto place : {versions_.size() / 2, versions_.size() - 1}) {
    if (auto* version = &versions_[place]; version != some.back()) some.push_back(version);
  }
  return roots_among(some);
}

std::unique_ptr<WheelSource> VersionApis::source(const Version& version) const {
  return remote_wheel(index::RemoteZip::known(http_, version.build.file.url, *version.outline));
}

std::vector<ModulePool::Names> VersionApis::ask_some(std::span<Version* const> versions,
                                                     const Question& question, ModulePool& pool,
                                                     WantedFiles& expected) {
  const auto& [names, keys] = question;
  std::vector<WheelApi> apis;
  std::vector<std::vector<std::size_t>> missing(versions.size());
  std::vector<std::vector<pysource::Requirement>> asked(versions.size());
  std::vector<ApiQuestion> questions;
  apis.reserve(versions.size());
  for (std::size_t i = 0; i < versions.size(); ++i) {
    std::vector<LabelledWheel> wheels;
    wheels.push_back({label(*versions[i]), source(*versions[i])});
    apis.emplace_back(std::move(wheels));
    drop_outline(*versions[i]);
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (versions[i]->known->answers.contains(keys[k])) continue;
      missing[i].push_back(k);
      asked[i].push_back(names[k]);
    }
    questions.push_back({&apis.back(), asked[i]});
  }
  auto results = ask_all(questions, pool, expected);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    auto& version = *versions[i];
    if (!results[i]) {
      version.error = std::move(results[i].error());
      continue;
    }
    for (std::size_t k = 0; k < missing[i].size(); ++k) {
      version.known->answers.insert_or_assign(keys[missing[i][k]], std::move((*results[i])[k]));
    }
    forget_others(*version.known, keys, kMostKnown);
    keep(version);
  }
  return apis.back().modules();
}

/// Asks some versions at a time; while the files of some are read, the directories of the next are opened.
/// What was read for the last of them is held until the next have been asked.
Result<void> VersionApis::ask_span(std::span<Version* const> span, const Question& question,
                                   ModulePool& pool) {
  const auto batches = batches_of(span, kMostTailOfSpan);
  WantedFiles expected;
  std::vector<ModulePool::Names> held;
  std::future<Result<void>> opening;
  const auto open_next = [&](std::size_t next) {
    if (next < batches.size())
      opening = std::async(std::launch::async, [this, batch = batches[next]] { return learn(batch); });
  };
  open_next(0);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    TRY(opening.get());
    open_next(i + 1);
    std::vector<Version*> readable(batches[i].begin(), batches[i].end());
    std::erase_if(readable, [](const Version* version) { return version->error.has_value(); });
    if (readable.empty()) continue;
    TRY(go_on(work_));
    work_.reporter.status(fmt::format("checking {}", label(*readable.front())));
    held = ask_some(readable, question, pool, expected);
  }
  return {};
}

/// Splits the versions into spans to be read side by side, so that one waits for the server while others are
/// parsed. Every second span is turned around: it begins beside the next, with which its first version has
/// most files in common.
std::vector<std::span<VersionApis::Version* const>> VersionApis::spans_of(std::span<Version*> versions) {
  // Time is spent on a version's files, and on waiting for them in rounds, whatever their number.
  const auto weight = [](const Version* version) { return tail_of(version->build) + kMostTailOfSpan; };
  std::uint64_t all = 0;
  for (const auto* version : versions) all += weight(version);
  const auto count = std::clamp<std::size_t>(versions.size() / kFewestOfSpan, 1, kMostSpans);
  std::vector<std::span<Version* const>> spans;
  std::uint64_t before = 0;
  for (std::size_t first = 0; first < versions.size();) {
    auto end = first;
    while (end < versions.size() && (end == first || before < all * (spans.size() + 1) / count))
      before += weight(versions[end++]);
    const auto span = versions.subspan(first, end - first);
    if (spans.size() % 2 == 0 && count > 1) std::reverse(span.begin(), span.end());
    spans.emplace_back(span);
    first = end;
  }
  if (spans.empty()) spans.emplace_back();
  return spans;
}

Result<std::vector<std::vector<pysource::Answer>>> VersionApis::ask(
    std::span<const pysource::Requirement> names) {
  std::vector<std::string> keys;
  keys.reserve(names.size());
  for (const auto& name : names) keys.push_back(key_of(name));
  std::vector<Version*> lacking;
  for (auto& version : versions_) {
    if (version.error) continue;
    if (!version.known) remember(version);
    const auto has_answer = [&](const auto& key) { return version.known->answers.contains(key); };
    if (!version.known || !std::all_of(keys.begin(), keys.end(), has_answer)) lacking.push_back(&version);
  }
  ModulePool pool;
  const Question question{names, keys};
  TRY(at_once(spans_of(lacking), [&](auto span) { return ask_span(span, question, pool); }));
  TRY(go_on(work_));
  TRY(require_some());
  std::vector<std::vector<pysource::Answer>> all(versions_.size());
  for (std::size_t i = 0; i < versions_.size(); ++i) {
    if (versions_[i].error) continue;
    all[i].reserve(keys.size());
    for (const auto& key : keys) all[i].push_back(versions_[i].known->answers.at(key));
  }
  return all;
}

std::optional<std::string> VersionApis::commit(std::size_t index) {
  auto& version = versions_[index];
  if (version.error || !version.known) return std::nullopt;
  auto& commit = version.known->commit;
  if (!commit) {
    Version* const one = &version;
    if (!version.outline && !open({&one, 1})) return std::nullopt;
    if (version.error) return std::nullopt;
    const std::string file(pytorch::kVersionFile);
    auto wheel = source(version);
    const auto files = wheel->files();
    const bool has_it = std::find(files.begin(), files.end(), file) != files.end();
    const auto text = has_it ? wheel->read({&file, 1}) : std::vector<std::string>{""};
    if (!text) return std::nullopt;
    commit = pytorch::commit_of(text->front()).value_or("");
    keep(version);
  }
  return commit->empty() ? std::nullopt : commit;
}

}  // namespace launch::probe
