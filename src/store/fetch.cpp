#include "store/fetch.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "store/layout.hpp"

namespace launch::store {

namespace fs = std::filesystem;

namespace {

// Each file that is being fetched holds one lock file open; far below the usual limit of 1024.
constexpr std::size_t kFetchedTogether = 256;

constexpr std::string_view kStopped = "fetching was stopped";

/// The right to fetch into `folder`.
Result<FileLock> claim(const fs::path& folder, const std::string& name, const Work& work) {
  return FileLock::wait(work, folder / kLockName, LockMode::exclusive,
                        fmt::format("waiting for another launch that is fetching {}", name), kStopped);
}

// A local file that may be the artifact: the given place, or a file URL.
std::optional<fs::path> local_source(const Artifact& wanted) {
  std::error_code ignored;
  if (wanted.beside && fs::is_regular_file(*wanted.beside, ignored)) return wanted.beside;
  if (wanted.url && wanted.url->is_file()) return wanted.url->local_path();
  return std::nullopt;
}

Error nowhere(const Artifact& wanted) {
  return environment_error(fmt::format("{} is not in the store, and no URL is known for it", wanted.name))
      .hint(fmt::format("put the file at {}", wanted.beside ? wanted.beside->string() : wanted.name));
}

/// The paths of the artifacts that the store has, hashed in parallel.
Result<std::vector<std::optional<fs::path>>> find_all(const Store& store, std::span<const Artifact> wanted) {
  std::vector<Result<std::optional<fs::path>>> found(wanted.size(), std::nullopt);
  side_by_side(wanted.size(),
               [&](std::size_t i) { found[i] = store.find(wanted[i].sha256, wanted[i].name); });
  std::vector<std::optional<fs::path>> paths;
  paths.reserve(found.size());
  for (auto& one : found) {
    TRY_ASSIGN(auto path, std::move(one));
    paths.push_back(std::move(path));
  }
  return paths;
}

// One round of fetching: the claims that are held, and what to download.
class FetchRound {
 public:
  explicit FetchRound(const Store& store) : store_(&store) {}

  // `wanted` is missing, or was before it could be claimed.
  Result<void> prepare(const Artifact& wanted, const Work& work) {
    const auto place = store_->path_of(wanted.sha256, wanted.name);
    TRY_ASSIGN(auto held, claim(place.parent_path(), wanted.name, work));
    claims_.push_back(std::move(held));
    TRY_ASSIGN(const auto present, store_->find(wanted.sha256, wanted.name));
    if (present) return {};
    if (const auto source = local_source(wanted)) {
      TRY(store_->add(*source, wanted.sha256, wanted.name));
      return {};
    }
    if (!wanted.url) return fail(nowhere(wanted));
    requests_.push_back({.url = *wanted.url,
                         .destination = place,
                         .size = wanted.size == 0 ? std::nullopt : std::optional(wanted.size),
                         .sha256 = wanted.sha256,
                         .way_out = wanted.way_out});
    return {};
  }

  Result<void> download(net::HttpClient& http, const Work& work, std::string_view what,
                        Fetched& fetched) const {
    if (requests_.empty()) return {};
    auto results = http.download(requests_, what, work.reporter, work.stop);
    std::optional<Error> error;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i]) {
        ++fetched.downloaded;
        fetched.bytes += results[i]->fetched;
      } else if (!error) {
        error = results[i].error();
        error->during(fmt::format("fetching {}", requests_[i].destination.filename().string()));
      }
    }
    if (error) return fail(*std::move(error));
    return {};
  }

 private:
  const Store* store_;
  std::vector<FileLock> claims_;
  std::vector<net::DownloadRequest> requests_;
};

using Time = std::chrono::system_clock::time_point;

std::uint64_t microseconds(Time time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

/// What the last download into an incoming folder was.
struct Note {
  Hashed hashed;
  std::uint64_t ended = 0;  ///< microseconds since 1970
  std::string etag;         ///< of the file; empty if its server sent none
};

/// "ab12… 1234 1764115200000000 "5f2a""
std::string note_text(const Hashed& hashed, Time ended, const std::string& etag) {
  return fmt::format("{} {} {} {}", hashed.sha256.hex(), hashed.size, microseconds(ended), etag);
}

std::optional<Note> read_note(const fs::path& folder) {
  const auto text = read_file(folder / kHashedName);
  if (!text) return std::nullopt;
  const auto words = split(*text, ' ');
  if (words.size() < 4) return std::nullopt;
  auto digest = Digest::of_hex(words[0]);
  const auto size = parse_u64(words[1]);
  const auto ended = parse_u64(words[2]);
  if (!digest || !size || !ended) return std::nullopt;
  const auto etag = text->substr(static_cast<std::size_t>(words[3].data() - text->data()));
  return Note{{*std::move(digest), *size}, *ended, etag};
}

/// One call of fetch_unhashed.
class Hashing {
 public:
  Hashing(const Store& store, std::span<const Unhashed> wanted, Time began)
      : store_(&store), wanted_(wanted), began_(began) {}

  Result<std::vector<Hashed>> run(net::HttpClient& http, const Work& work) {
    // By key, so that two processes claim theirs in the same order, and each once.
    std::map<Digest, std::size_t> by_key;
    for (std::size_t i = 0; i < wanted_.size(); ++i) by_key.emplace(key_of(wanted_[i]), i);
    for (const auto& [key, i] : by_key) TRY(prepare(key, wanted_[i], work));
    TRY(download(http, work));
    std::vector<Hashed> hashed;
    hashed.reserve(wanted_.size());
    for (const auto& each : wanted_) hashed.push_back(hashed_.at(key_of(each)));
    return hashed;
  }

 private:
  static Digest key_of(const Unhashed& wanted) { return Digest::of(wanted.url.with_secrets()); }

  Result<void> prepare(const Digest& key, const Unhashed& wanted, const Work& work) {
    const auto folder = incoming_folder(store_->root(), key);
    TRY_ASSIGN(auto held, claim(folder, wanted.name, work));
    claims_.push_back(std::move(held));
    if (const auto known = this->known(folder, wanted)) {
      hashed_.emplace(key, *known);
      return {};
    }
    keys_.push_back(key);
    checks_.push_back(wanted.check);
    requests_.push_back(
        {.url = wanted.url, .destination = folder / fs::path(wanted.name).filename(), .size = wanted.size});
    return {};
  }

  /// The digest of a file that need not be downloaded.
  std::optional<Hashed> known(const fs::path& folder, const Unhashed& wanted) const {
    const auto note = read_note(folder);
    // Another process may have downloaded the file since this call began.
    if (note && note->ended >= microseconds(began_) && store_->has(note->hashed.sha256, wanted.name))
      return note->hashed;
    if (wanted.claimed) {
      if (note && note->hashed.sha256 == *wanted.claimed) return note->hashed;
      std::error_code code;
      const auto size = fs::file_size(store_->path_of(*wanted.claimed, wanted.name), code);
      return code ? std::nullopt : std::optional(Hashed{*wanted.claimed, size});
    }
    if (note && wanted.etag && note->etag == *wanted.etag) return note->hashed;
    return std::nullopt;
  }

  Result<void> download(net::HttpClient& http, const Work& work) {
    if (requests_.empty()) return {};
    const auto what =
        fmt::format("hashing {}", requests_.size() == 1 ? requests_.front().destination.filename().string()
                                                        : count_of(requests_.size(), "wheel"));
    const auto results = http.download(requests_, what, work.reporter, work.stop);
    std::optional<Error> unfit;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const auto& file = requests_[i].destination;
      const auto step =
          fmt::format("hashing {}, which the index lists without a digest", file.filename().string());
      TRY_ASSIGN(const auto got, during(results[i], step));
      const auto checked = checks_[i] ? checks_[i](file) : Result<void>();
      if (checked) {
        TRY(during(keep(keys_[i], file, got, work), step));
      } else if (!unfit) {
        unfit = checked.error();
      }
      work.disk.remove(file);
    }
    if (unfit) return fail(*std::move(unfit));
    return {};
  }

  /// Adds a downloaded file to the store, and notes what it was.
  Result<void> keep(const Digest& key, const fs::path& file, const net::DownloadResult& got,
                    const Work& work) {
    TRY(store_->add(file, got.sha256, file.filename().string()));
    const Hashed hashed{got.sha256, got.size};
    const bool is_etag = got.validator.starts_with('"');
    // This only saves others a download, so it may fail.
    static_cast<void>(write_file(work.disk, file.parent_path() / kHashedName,
                                 note_text(hashed, work.clock.now(), is_etag ? got.validator : ""), 0644,
                                 Flush::no));
    hashed_.emplace(key, hashed);
    return {};
  }

  const Store* store_;
  std::span<const Unhashed> wanted_;
  Time began_;
  std::vector<FileLock> claims_;
  std::vector<Digest> keys_;                                          ///< of the requests
  std::vector<std::function<Result<void>(const fs::path&)>> checks_;  ///< of the requested files
  std::vector<net::DownloadRequest> requests_;
  std::map<Digest, Hashed> hashed_;
};

}  // namespace

Result<Fetched> fetch(const Store& store, std::span<const Artifact> wanted, net::HttpClient& http,
                      const Work& work, std::string_view what) {
  Fetched fetched;
  TRY_ASSIGN(const auto found, find_all(store, wanted));
  // By digest, so that two processes claim theirs in the same order, and each once.
  std::map<Digest, const Artifact*> missing;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    fetched.paths.push_back(store.path_of(wanted[i].sha256, wanted[i].name));
    if (!found[i]) missing.emplace(wanted[i].sha256, &wanted[i]);
  }
  for (auto at = missing.begin(); at != missing.end();) {
    FetchRound round(store);
    for (std::size_t i = 0; i < kFetchedTogether && at != missing.end(); ++i, ++at) {
      TRY(round.prepare(*at->second, work));
    }
    TRY(round.download(http, work, what, fetched));
    if (work.stop.stop_requested()) return fail(environment_error(std::string(kStopped)));
  }
  fetched.present = wanted.size() - fetched.downloaded;
  return fetched;
}

Result<std::vector<Hashed>> fetch_unhashed(const Store& store, std::span<const Unhashed> wanted,
                                           net::HttpClient& http, const Work& work) {
  const auto began = work.clock.now();
  std::vector<Hashed> hashed;
  for (std::size_t i = 0; i < wanted.size(); i += kFetchedTogether) {
    const auto count = std::min(kFetchedTogether, wanted.size() - i);
    TRY_ASSIGN(auto some, Hashing(store, wanted.subspan(i, count), began).run(http, work));
    std::move(some.begin(), some.end(), std::back_inserter(hashed));
  }
  return hashed;
}

}  // namespace launch::store
