#include "locking/wheel_completion.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "index/file_urls.hpp"
#include "locking/local_wheel.hpp"
#include "locking/target_provider.hpp"
#include "net/content_range.hpp"
#include "net/headers.hpp"
#include "net/status.hpp"
#include "pytorch/claimed_digest.hpp"
#include "store/fetch.hpp"

namespace launch::locking {
namespace {

namespace fs = std::filesystem;

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

/// A locked wheel that lacks its digest or its size, and the index's file.
struct Unfinished {
  project::LockedWheel* wheel = nullptr;
  const index::IndexFile* file = nullptr;
  const project::LockedPackage* package = nullptr;
  const specs::CoreMetadata* metadata =
      nullptr;  ///< that the solution rests on; null for those that need no hash
};

/// Errors (unusable): the file is no wheel, or not the one whose metadata the index gave.
Result<void> check_wheel(const fs::path& file, const Unfinished& expected, net::HttpClient& http) {
  const auto metadata = metadata_of_file(file, http);
  const auto unusable = [&](std::string_view what) {
    return fail(Error(ErrorKind::unusable, fmt::format("the file at {} {}", expected.file->url, what)));
  };
  if (!metadata) return unusable(fmt::format("is not this wheel: {}", metadata.error().message()));
  const bool same = metadata->requirement_texts() == expected.metadata->requirement_texts();
  return same ? Result<void>() : unusable("requires other packages than its metadata on the index says");
}

std::vector<Result<net::HttpResponse>> ask_heads(const std::vector<Unfinished>& wheels,
                                                 net::HttpClient& http) {
  std::vector<net::HttpRequest> requests;
  requests.reserve(wheels.size());
  for (const auto& one : wheels) {
    requests.push_back(
        {.url = one.file->url, .method = net::Method::head, .headers = {{"Accept-Encoding", "identity"}}});
  }
  return index::fetch_with_files(http, requests);
}

/// Why a server does not serve a wheel; nullopt if it may.
std::optional<Refused> refusal_of(const Unfinished& one, const Result<net::HttpResponse>& head,
                                  net::HttpClient& http) {
  if (!head || !net::is_refusal(head->status)) return std::nullopt;
  // Some servers refuse HEAD alone.
  const auto& url = one.file->url;
  const net::HttpRequest first_byte{.url = url, .range = net::ByteRange{0, 0}};
  const auto answer = index::fetch_with_files(http, {&first_byte, 1});
  if (!answer[0] || !net::is_refusal(answer[0]->status)) return std::nullopt;
  return Refused{one.package->name, one.package->version,
                 fmt::format("{} returned {}", url, answer[0]->status)};
}

/// Hashes wheels without a known digest: as the store knows them, else by downloading them.
Result<std::vector<Refused>> hash_wheels(const std::vector<Unfinished>& wheels,
                                         const Completion& completion) {
  const auto heads = ask_heads(wheels, completion.http);
  std::vector<store::Unhashed> unhashed;
  std::vector<Refused> refused;
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    const auto& [wheel, file, package, metadata] = wheels[i];
    if (auto gone = refusal_of(wheels[i], heads[i], completion.http)) {
      refused.push_back(*std::move(gone));
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

/// Takes the size of a wheel from the answer to HEAD. `answered`: the server has answered a range without
/// saying the size. Errors (environment): it does not answer, or fails.
Result<std::optional<Refused>> size_by_head(const Unfinished& one, bool answered,
                                            const Result<net::HttpResponse>& head, net::HttpClient& http) {
  one.wheel->size = size_by(head).value_or(0);
  if (answered || (head && head->ok())) return std::nullopt;
  if (auto refused = refusal_of(one, head, http)) return refused;
  TRY(head);
  return fail(environment_error(fmt::format("cannot determine the size of {}: {} returned {}",
                                            one.file->file_name, one.file->url, head->status))
                  .hint("try again later, or use another mirror"));
}

/// Asks the servers for sizes; a size that a server does not say stays 0. Returns the wheels that they
/// refuse. Errors: those of size_by_head.
Result<std::vector<Refused>> ask_sizes(const std::vector<Unfinished>& wheels, net::HttpClient& http) {
  std::vector<net::HttpRequest> requests;
  requests.reserve(wheels.size());
  for (const auto& one : wheels)
    requests.push_back({.url = one.file->url, .range = net::ByteRange{0, 0}, .most = 1});
  const auto ranges = index::fetch_with_files(http, requests);
  std::vector<Unfinished> unsaid;
  std::vector<bool> answered;
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    wheels[i].wheel->size = size_by(ranges[i]).value_or(0);
    if (wheels[i].wheel->size != 0) continue;
    unsaid.push_back(wheels[i]);
    answered.push_back(ranges[i] && ranges[i]->ok());
  }
  const auto heads = ask_heads(unsaid, http);
  std::vector<Refused> refused;
  for (std::size_t i = 0; i < unsaid.size(); ++i) {
    TRY_ASSIGN(auto gone, size_by_head(unsaid[i], answered[i], heads[i], http));
    if (gone) refused.push_back(*std::move(gone));
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

Result<std::vector<Refused>> complete_wheels(std::vector<project::LockedPackage>& packages,
                                             const std::vector<TargetSolution>& solutions,
                                             const Completion& completion) {
  const auto files = files_by_name(solutions);
  const auto previous = wheels_by_name(completion.previous);
  std::vector<Unfinished> unhashed;
  std::vector<Unfinished> unsized;
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
