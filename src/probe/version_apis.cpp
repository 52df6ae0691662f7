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

/// Versions that are read at the same time: enough to keep the connections busy, few enough for the memory.
/// For each of two halves: the directories of eight wheels of torch, or of more small wheels.
constexpr std::uint64_t kMostTail = 8 * pytorch::kTorchTail;
constexpr std::uint64_t kMostEntries = 30'000;
/// Spans of versions that are read side by side, and the entries that each reads at a time: many spans, as
/// most of their time is waiting, and of few entries, as each holds what it has read.
constexpr std::size_t kMostSpans = 8;
constexpr std::uint64_t kMostEntriesOfSpan = 4'000;
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

/// The bytes at a wheel's end to ask for first.
std::uint64_t tail_of(const VersionBuild& build) {
  return std::min(build.file.size.value_or(pytorch::kTorchTail), pytorch::kTorchTail);
}

/// Calls work with some of the items at a time: at least one, and not more than the weights allow.
template <class Item, class Weight, class Call>
Result<void> in_batches(std::span<Item> items, std::uint64_t most, const Weight& weight, const Call& call) {
  while (!items.empty()) {
    std::size_t count = 0;
    for (std::uint64_t sum = 0; count < std::min(items.size(), kMostTogether); ++count) {
      sum += weight(*items[count]);
      if (count > 0 && sum > most) break;
    }
    TRY(call(items.first(count)));
    items = items.subspan(count);
  }
  return {};
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
  const auto open_span = [&](std::span<Version* const> span) {
    return in_batches(
        span, kMostTail, [](const Version& version) { return tail_of(version.build); },
        [&](std::span<Version* const> batch) -> Result<void> {
          TRY(go_on(work_));
          work_.reporter.status(fmt::format("reading the directory of {}", label(*batch.front())));
          open_some(batch);
          return {};
        });
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

Result<VersionApis::Roots> VersionApis::roots_among(std::span<Version* const> versions) {
  std::vector<Version*> unknown;
  for (auto* version : versions) {
    if (!version->known) remember(*version);
    if (!version->known && !version->error) unknown.push_back(version);
  }
  TRY(open(unknown));
  Roots all;
  for (auto* version : versions) {
    if (version->error) continue;
    if (!version->known) version->known = KnownWheel{roots_of(*version->outline), {}, {}};
    all.insert(version->known->roots.begin(), version->known->roots.end());
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

void VersionApis::ask_some(std::span<Version* const> versions, std::span<const pysource::Requirement> names,
                           std::span<const std::string> keys, ModulePool& pool) {
  std::vector<WheelApi> apis;
  std::vector<std::vector<std::size_t>> missing(versions.size());
  std::vector<std::vector<pysource::Requirement>> asked(versions.size());
  std::vector<ApiQuestion> questions;
  apis.reserve(versions.size());
  for (std::size_t i = 0; i < versions.size(); ++i) {
    std::vector<LabelledWheel> wheels;
    wheels.push_back({label(*versions[i]), source(*versions[i])});
    apis.emplace_back(std::move(wheels));
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (versions[i]->known->answers.contains(keys[k])) continue;
      missing[i].push_back(k);
      asked[i].push_back(names[k]);
    }
    questions.push_back({&apis.back(), asked[i]});
  }
  auto results = ask_all(questions, pool);
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
}

/// Splits the versions into spans with about equally many files, to be read side by side, so that one waits
/// for the server while another is parsed. Each span but the first reads again the files that it shares with
/// the one before; where these are many, there are fewer spans, or one.
std::vector<std::span<VersionApis::Version* const>> VersionApis::spans_of(
    std::span<Version* const> versions) {
  constexpr std::size_t kFewest = 4;    // versions of a span
  constexpr std::size_t kDistinct = 2;  // files for each file that is read again
  std::unordered_set<std::uint64_t> distinct;
  std::size_t all = 0;
  for (const auto* version : versions) {
    for (const auto& entry : version->outline->entries) {
      distinct.insert((entry.size << 32) ^ entry.crc32);
      ++all;
    }
  }
  for (auto count = std::min(kMostSpans, versions.size() / kFewest); count > 1; --count) {
    std::vector<std::span<Version* const>> spans;
    std::size_t first = 0;
    std::size_t before = 0;
    std::size_t again = 0;
    for (std::size_t i = 1; i < versions.size() && spans.size() + 1 < count; ++i) {
      before += versions[i - 1]->outline->entries.size();
      if (before < all * (spans.size() + 1) / count) continue;
      spans.push_back(versions.subspan(first, i - first));
      first = i;
      again += versions[i]->outline->entries.size();
    }
    spans.push_back(versions.subspan(first));
    if (distinct.size() >= kDistinct * again) return spans;
  }
  return {versions};
}

Result<std::vector<std::vector<pysource::Answer>>> VersionApis::ask(
    std::span<const pysource::Requirement> names) {
  TRY(roots());
  std::vector<std::string> keys;
  keys.reserve(names.size());
  for (const auto& name : names) keys.push_back(key_of(name));
  std::vector<Version*> lacking;
  std::vector<Version*> unopened;
  for (auto& version : versions_) {
    if (version.error) continue;
    const auto& answers = version.known->answers;
    if (std::all_of(keys.begin(), keys.end(), [&](const auto& key) { return answers.contains(key); }))
      continue;
    lacking.push_back(&version);
    if (!version.outline) unopened.push_back(&version);
  }
  TRY(open(unopened));
  std::erase_if(lacking, [](const Version* version) { return version->error.has_value(); });
  const auto spans = spans_of(lacking);
  const auto most = spans.size() == 1 ? kMostEntries : kMostEntriesOfSpan;
  const auto ask_span = [&](std::span<Version* const> span) {
    ModulePool pool;
    return in_batches(
        span, most, [](const Version& version) { return version.outline->entries.size(); },
        [&](std::span<Version* const> batch) -> Result<void> {
          TRY(go_on(work_));
          work_.reporter.status(fmt::format("checking {}", label(*batch.front())));
          ask_some(batch, names, keys, pool);
          return {};
        });
  };
  TRY(at_once(spans, ask_span));
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
