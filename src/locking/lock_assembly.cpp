#include "locking/lock_assembly.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "index/file_urls.hpp"
#include "index/index_client.hpp"
#include "locking/target_provider.hpp"
#include "net/content_range.hpp"
#include "net/headers.hpp"
#include "pytorch/channel.hpp"
#include "store/fetch.hpp"

namespace launch::locking {
namespace {

namespace fs = std::filesystem;

/// Where a version is needed: by machine, the patch releases of Python.
using Places = std::map<std::string, specs::PatchSet>;

/// `platform_machine == "x86_64"`, `python_full_version < "3.12.4"`, both, or several of these; "" if it is
/// needed on all `targets`.
std::string places_marker(const Places& places, std::size_t targets, const specs::Interpreter& python) {
  const auto& first = places.begin()->second;
  const bool alike =
      std::all_of(places.begin(), places.end(), [&](const auto& place) { return place.second == first; });
  if (alike && places.size() == targets) return specs::patches_marker(first, python);
  std::vector<std::string> parts;
  for (const auto& [machine, patches] : places) {
    auto part = fmt::format("platform_machine == \"{}\"", machine);
    const auto when = specs::patches_marker(patches, python);
    if (!when.empty()) part += " and " + when;
    parts.push_back(std::move(part));
  }
  return join(parts, " or ");
}

void add_pick(std::map<specs::Version, std::pair<project::LockedPackage, Places>>& versions,
              const std::string& name, const Pick& pick, const LockTarget& target,
              const project::Recipe& recipe) {
  auto& [package, places] = versions[pick.wheel.build->version];
  package.name = name;
  package.version = pick.wheel.build->version;
  const bool of_git = pick.built != nullptr && pick.built->record->git;
  if (!recipe.lock.by_path && !of_git) package.index = pick.wheel.listing->index.text();
  places[target.platform().machine()] = pick.patches;
  std::set<std::string> dependencies(package.dependencies.begin(), package.dependencies.end());
  dependencies.insert(pick.dependencies.begin(), pick.dependencies.end());
  package.dependencies.assign(dependencies.begin(), dependencies.end());
  if (pick.built != nullptr) {
    package.sdist = pick.built->sdist;
    package.build = pick.built->record;
  }
  const auto file =
      pick.built != nullptr ? pick.built->wheel : locked_file(pick.wheel.file(), recipe.lock.by_path);
  const auto same = [&](const project::LockedWheel& wheel) { return wheel.file_name == file.file_name; };
  if (std::none_of(package.wheels.begin(), package.wheels.end(), same)) package.wheels.push_back(file);
}

/// The index file of each wheel, by file name.
std::map<std::string, const index::IndexFile*> files_by_name(const std::vector<TargetSolution>& solutions) {
  std::map<std::string, const index::IndexFile*> out;
  for (const auto& solution : solutions) {
    for (const auto& [name, pick] : solution.picks)
      out.emplace(pick.wheel.file().file_name, &pick.wheel.file());
  }
  return out;
}

std::map<std::string, const project::LockedWheel*> wheels_by_name(const project::Lockfile* lock) {
  std::map<std::string, const project::LockedWheel*> out;
  if (lock == nullptr) return out;
  for (const auto& package : lock->packages) {
    for (const auto& wheel : package.wheels) out.emplace(wheel.file_name, &wheel);
  }
  return out;
}

Result<void> take_from_previous(project::LockedWheel& wheel, const project::LockedWheel& before,
                                const std::string& recipe) {
  if (!wheel.sha256) {
    wheel.sha256 = before.sha256;
  } else if (wheel.sha256 != before.sha256) {
    return fail(
        environment_error(
            fmt::format("the index has other bytes under the name {}: expected sha256 {}, as the lock "
                        "says, got {}",
                        wheel.file_name, before.sha256->hex(), wheel.sha256->hex()))
            .hint(fmt::format("run `launch lock {} --upgrade` to take what the index has now", recipe)));
  }
  if (wheel.size == 0) wheel.size = before.size;
  return {};
}

/// Hashes a wheel of a find-links folder in place.
Result<void> read_local(project::LockedWheel& wheel, const fs::path& file) {
  TRY_ASSIGN(const auto digest, sha256_file(file));
  if (wheel.sha256 && wheel.sha256 != digest) {
    return fail(environment_error(
        fmt::format("{} has the sha256 {}, expected {}", file.string(), digest.hex(), wheel.sha256->hex())));
  }
  std::error_code code;
  wheel.size = fs::file_size(file, code);
  if (code) return fail(io_error("read", file, code.value()));
  wheel.sha256 = digest;
  return {};
}

/// A wheel of the lock without all that it needs, and the index's file.
struct Open {
  project::LockedWheel* wheel = nullptr;
  const index::IndexFile* file = nullptr;
  const project::LockedPackage* package = nullptr;
  const specs::CoreMetadata* metadata =
      nullptr;  ///< that the solution rests on; null for those that need no hash
};

/// Errors (unusable): the file is no wheel, or not the one whose metadata the index gave.
Result<void> check_wheel(const fs::path& file, const Open& expected, net::HttpClient& http) {
  index::IndexClient here(http, {.url = expected.file->url});
  const auto metadata =
      here.metadata({.file_name = expected.file->file_name, .url = specs::Url::of_file(file)});
  const auto unusable = [&](std::string_view what) {
    return fail(Error(ErrorKind::unusable, fmt::format("the file at {} {}", expected.file->url, what)));
  };
  if (!metadata) return unusable(fmt::format("is not this wheel: {}", metadata.error().message()));
  const auto& needs = metadata->requires_dist;
  const bool same = std::equal(needs.begin(), needs.end(), expected.metadata->requires_dist.begin(),
                               expected.metadata->requires_dist.end(),
                               [](const auto& a, const auto& b) { return a.text() == b.text(); });
  return same ? Result<void>() : unusable("requires other packages than its metadata on the index says");
}

std::vector<Result<net::HttpResponse>> ask_heads(const std::vector<Open>& wheels, net::HttpClient& http) {
  std::vector<net::HttpRequest> requests;
  requests.reserve(wheels.size());
  for (const auto& one : wheels) {
    requests.push_back(
        {.url = one.file->url, .method = net::Method::head, .headers = {{"Accept-Encoding", "identity"}}});
  }
  return index::fetch_with_files(http, requests);
}

/// The status of a file that its server refuses for good; 0 if it may be had.
int refusal_of(const specs::Url& url, const Result<net::HttpResponse>& head, net::HttpClient& http) {
  const auto refuses = [](int status) { return status == 403 || status == 404 || status == 410; };
  if (!head || !refuses(head->status)) return 0;
  // Some servers refuse HEAD alone.
  const net::HttpRequest first_byte{.url = url, .range = net::ByteRange{0, 0}};
  const auto answer = index::fetch_with_files(http, {&first_byte, 1});
  return answer[0] && refuses(answer[0]->status) ? answer[0]->status : 0;
}

/// Hashes wheels without a known digest: as the store knows them, else by downloading them.
Result<std::vector<Refused>> hash_wheels(const std::vector<Open>& wheels, const Completion& completion) {
  const auto heads = ask_heads(wheels, completion.http);
  std::vector<store::Unhashed> unhashed;
  std::vector<Refused> refused;
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    const auto& [wheel, file, package, metadata] = wheels[i];
    if (const int status = refusal_of(file->url, heads[i], completion.http)) {
      refused.push_back({package->name, package->version, fmt::format("{} returned {}", file->url, status)});
      continue;
    }
    store::Unhashed one{.name = file->file_name, .url = file->url, .size = file->size};
    if (heads[i] && heads[i]->ok()) {
      one.claimed = pytorch::claimed_digest(*heads[i]);
      one.etag = net::strong_etag(heads[i]->headers);
    }
    one.check = [&, i](const fs::path& path) {
      auto checked = check_wheel(path, wheels[i], completion.http);
      if (!checked) {
        const auto& of = *wheels[i].package;
        refused.push_back({of.name, of.version, checked.error().message()});
      }
      return checked;
    };
    unhashed.push_back(std::move(one));
  }
  if (!refused.empty()) return refused;
  const auto hashed = store::fetch_unhashed(completion.store, unhashed, completion.http, completion.work);
  if (!refused.empty()) return refused;
  if (!hashed) return fail(hashed.error());
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    wheels[i].wheel->sha256 = (*hashed)[i].sha256;
    wheels[i].wheel->size = (*hashed)[i].size;
  }
  return refused;
}

/// The size of a file by what its server says of it; nullopt if it does not say. What is encoded has another
/// length.
std::optional<std::uint64_t> size_by(const Result<net::HttpResponse>& response) {
  if (!response || response->header("content-encoding")) return std::nullopt;
  if (response->status == 206) {
    const auto range = response->header("content-range");
    const auto parsed = range ? net::parse_content_range(*range) : std::nullopt;
    return parsed ? parsed->size : std::nullopt;
  }
  const auto length = response->ok() ? response->header("content-length") : std::nullopt;
  return length ? parse_u64(trim(*length)) : std::nullopt;
}

/// Asks the servers for sizes, by a range and by HEAD; a size that a server does not say stays 0. Returns the
/// wheels that cannot be had. Errors (environment): a server does not answer, or fails.
Result<std::vector<Refused>> ask_sizes(const std::vector<Open>& wheels, net::HttpClient& http) {
  std::vector<net::HttpRequest> requests;
  requests.reserve(wheels.size());
  for (const auto& one : wheels)
    requests.push_back({.url = one.file->url, .range = net::ByteRange{0, 0}, .most = 1});
  const auto ranges = index::fetch_with_files(http, requests);
  const auto heads = ask_heads(wheels, http);
  std::vector<Refused> refused;
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    const auto& [wheel, file, package, metadata] = wheels[i];
    const auto by_range = size_by(ranges[i]);
    wheel->size = by_range.value_or(size_by(heads[i]).value_or(0));
    const bool answered = (ranges[i] && ranges[i]->ok()) || (heads[i] && heads[i]->ok());
    if (wheel->size != 0 || answered) continue;
    if (const int status = refusal_of(file->url, heads[i], http)) {
      refused.push_back({package->name, package->version, fmt::format("{} returned {}", file->url, status)});
      continue;
    }
    if (!heads[i]) return fail(heads[i].error());
    return fail(environment_error(fmt::format("cannot find out the size of {}: {} returned {}",
                                              file->file_name, file->url, heads[i]->status))
                    .hint("try again later, or use another mirror"));
  }
  return refused;
}

/// The metadata of a package on the first target that has that version.
Result<const specs::CoreMetadata*> metadata_of(const project::LockedPackage& package,
                                               const std::vector<TargetSolution>& solutions) {
  const auto has_it = [&](const TargetSolution& solution) {
    const auto pick = solution.picks.find(package.name);
    return pick != solution.picks.end() && pick->second.wheel.build->version == package.version;
  };
  const auto solution = std::find_if(solutions.begin(), solutions.end(), has_it);
  return solution->provider->metadata(package.name, package.version);
}

}  // namespace

project::LockedFile locked_file(const index::IndexFile& file, bool by_path) {
  project::LockedFile out;
  out.file_name = file.file_name;
  if (by_path) {
    out.path = "wheels/" + file.file_name;
  } else {
    out.url = file.url;
  }
  out.size = file.size.value_or(0);
  out.sha256 = file.sha256;
  out.upload_time = file.upload_time;
  return out;
}

std::string environment_marker(const LockTarget& target) {
  const auto& environment = target.environment();
  return fmt::format("python_version == \"{}\" and sys_platform == \"{}\" and platform_machine == \"{}\"",
                     environment.python_version, environment.sys_platform, environment.platform_machine);
}

std::vector<project::LockedPackage> merge(const project::Recipe& recipe,
                                          const std::vector<TargetSolution>& solutions) {
  std::map<std::string, std::map<specs::Version, std::pair<project::LockedPackage, Places>>> names;
  for (const auto& solution : solutions) {
    for (const auto& [name, pick] : solution.picks)
      add_pick(names[name], name, pick, *solution.target, recipe);
  }
  std::vector<project::LockedPackage> out;
  for (auto& [name, versions] : names) {
    for (auto& [version, entry] : versions) {
      auto& [package, places] = entry;
      auto marker = places_marker(places, solutions.size(), recipe.python);
      if (!marker.empty()) package.marker = std::move(marker);
      out.push_back(std::move(package));
    }
  }
  return out;
}

Result<std::vector<Refused>> complete_wheels(std::vector<project::LockedPackage>& packages,
                                             const std::vector<TargetSolution>& solutions,
                                             const Completion& completion) {
  const auto files = files_by_name(solutions);
  const auto previous = wheels_by_name(completion.previous);
  std::vector<Open> unhashed;
  std::vector<Open> unsized;
  for (auto& package : packages) {
    if (package.build) continue;  // its wheel was hashed when it was built
    for (auto& wheel : package.wheels) {
      const auto before = previous.find(wheel.file_name);
      if (before != previous.end()) TRY(take_from_previous(wheel, *before->second, completion.recipe));
      const auto* file = files.at(wheel.file_name);
      const auto local = file->url.local_path();
      if (!local.empty()) {
        TRY(read_local(wheel, local));
      } else if (!wheel.sha256) {
        TRY_ASSIGN(const auto* metadata, metadata_of(package, solutions));
        unhashed.push_back({&wheel, file, &package, metadata});
      } else if (wheel.size == 0) {
        unsized.push_back({&wheel, file, &package, nullptr});
      }
    }
  }
  if (!unsized.empty()) {
    TRY_ASSIGN(auto refused, ask_sizes(unsized, completion.http));
    if (!refused.empty()) return refused;
  }
  if (unhashed.empty()) return std::vector<Refused>{};
  return hash_wheels(unhashed, completion);
}

}  // namespace launch::locking
