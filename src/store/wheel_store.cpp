#include "store/wheel_store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"

namespace launch::store {

namespace fs = std::filesystem;

namespace {

// Each wheel that is being fetched holds one lock file open; far below the usual limit of 1024.
constexpr std::size_t kFetchedTogether = 256;
constexpr std::chrono::milliseconds kLockPoll{100};

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Result<void> check_digest(const fs::path& file, const Artifact& wanted, std::string_view hint) {
  TRY_ASSIGN(const auto digest, sha256_file(file));
  if (digest == wanted.sha256) return {};
  return fail(
      environment_error(fmt::format("{} has other bytes than the lock says: expected sha256 {}, got {}",
                                    file.string(), wanted.sha256.hex(), digest.hex()))
          .hint(std::string(hint)));
}

Error stopped() {
  return environment_error("fetching was stopped");
}

Result<FileLock> wait_for_lock(const fs::path& path, const Artifact& wanted, const Work& work) {
  for (bool told = false;; told = true) {
    TRY_ASSIGN(auto lock, FileLock::try_acquire(work.disk, path));
    if (lock) return *std::move(lock);
    if (work.stop.stop_requested()) return fail(stopped());
    if (!told) work.reporter.note(fmt::format("waiting for another launch that is fetching {}", wanted.name));
    work.clock.sleep(kLockPoll, work.stop);
  }
}

std::string scratch_name(const fs::path& place) {
  static std::atomic<unsigned> count{0};
  return (place.parent_path() / fmt::format(".{}.{}.{}", place.filename().string(), ::getpid(), ++count))
      .string();
}

Result<void> copy_bytes(Disk& disk, const fs::path& from, const fs::path& to) {
  if (const int error = disk.copy(from, to))
    return fail(io_error(fmt::format("copy {} to", from.string()), to, error));
  Fd file;
  int error = disk.open(to, O_RDONLY, 0, file);
  if (error == 0) error = disk.flush(file);
  if (error != 0) return fail(io_error("write", to, error));
  return {};
}

// Links, or copies, `from` to a scratch file in the folder of `to`.
Result<fs::path> bring_beside(Disk& disk, const fs::path& from, const fs::path& to) {
  std::error_code code;
  const auto source = fs::canonical(from, code);
  if (code) return fail(io_error("read", from, code.value()));
  TRY(make_folder(disk, to.parent_path()));
  fs::path beside = scratch_name(to);
  if (disk.link(source, beside) == 0) return beside;
  if (auto copied = copy_bytes(disk, from, beside); !copied) {
    disk.remove(beside);
    return fail(std::move(copied.error()));
  }
  return beside;
}

Result<void> move_into_place(Disk& disk, const fs::path& beside, const fs::path& to) {
  const int error = disk.rename(beside, to);
  disk.remove(beside);  // rename() leaves the old name when both are links to one file
  if (error != 0) return fail(io_error("write", to, error));
  return {};
}

// A file of this machine that may be it: where it was said to lie, or at a file URL.
std::optional<fs::path> local_source(const Artifact& wanted) {
  if (wanted.beside && is_file(*wanted.beside)) return wanted.beside;
  if (wanted.url && wanted.url->is_file()) return wanted.url->local_path();
  return std::nullopt;
}

Error nowhere(const Artifact& wanted) {
  return environment_error(
             fmt::format("{} is not in the wheel store, and the lock names no URL for it", wanted.name))
      .hint(fmt::format("put the file where the lock says: {}",
                        wanted.beside ? wanted.beside->string() : wanted.name));
}

}  // namespace

fs::path WheelStore::path_of(const Artifact& wanted) const {
  return root_ / "sha256" / wanted.sha256.hex().substr(0, 2) / wanted.sha256.hex() /
         fs::path(wanted.name).filename();
}

Result<std::optional<fs::path>> WheelStore::find(const Artifact& wanted) const {
  auto path = path_of(wanted);
  if (!is_file(path)) return std::nullopt;
  TRY(check_digest(
      path, wanted,
      fmt::format("remove it and fetch it again: rm {}; launch fetch LOCK", shell_quote(path.string()))));
  return path;
}

Result<std::vector<std::optional<fs::path>>> WheelStore::find_all(std::span<const Artifact> wanted) const {
  std::vector<Result<std::optional<fs::path>>> found(wanted.size(), std::nullopt);
  side_by_side(wanted.size(), [&](std::size_t i) { found[i] = find(wanted[i]); });
  std::vector<std::optional<fs::path>> paths;
  paths.reserve(found.size());
  for (auto& one : found) {
    TRY_ASSIGN(auto path, std::move(one));
    paths.push_back(std::move(path));
  }
  return paths;
}

namespace {

// One round of fetching: the locks that are held, and what is to be downloaded.
class FetchRound {
 public:
  explicit FetchRound(const WheelStore& store) : store_(&store) {}

  // `wheel` is missing, or was so before its lock could be had.
  Result<void> prepare(const Artifact& wanted, const Work& work) {
    const auto place = store_->path_of(wanted);
    TRY_ASSIGN(auto lock, wait_for_lock(place.parent_path() / ".lock", wanted, work));
    locks_.push_back(std::move(lock));
    TRY_ASSIGN(const auto there, store_->find(wanted));
    if (there) return {};
    if (const auto source = local_source(wanted)) {
      TRY(store_->add(work.disk, *source, wanted));
      return {};
    }
    if (!wanted.url) return fail(nowhere(wanted));
    requests_.push_back({.url = *wanted.url,
                         .destination = place,
                         .size = wanted.size == 0 ? std::nullopt : std::optional(wanted.size),
                         .sha256 = wanted.sha256});
    return {};
  }

  Result<void> download(net::HttpClient& http, const Work& work, WheelStore::Fetched& fetched) const {
    if (requests_.empty()) return {};
    auto results = http.download(requests_, "fetching wheels", work.reporter, work.stop);
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
  const WheelStore* store_;
  std::vector<FileLock> locks_;
  std::vector<net::DownloadRequest> requests_;
};

}  // namespace

Result<WheelStore::Fetched> WheelStore::fetch(std::span<const Artifact> wanted, net::HttpClient& http,
                                              const Work& work) const {
  Fetched fetched;
  TRY_ASSIGN(const auto found, find_all(wanted));
  // By digest, so that two processes take their locks in the same order, and each once.
  std::map<Digest, const Artifact*> missing;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    fetched.paths.push_back(path_of(wanted[i]));
    if (!found[i]) missing.emplace(wanted[i].sha256, &wanted[i]);
  }
  for (auto at = missing.begin(); at != missing.end();) {
    FetchRound round(*this);
    for (std::size_t i = 0; i < kFetchedTogether && at != missing.end(); ++i, ++at) {
      TRY(round.prepare(*at->second, work));
    }
    TRY(round.download(http, work, fetched));
    if (work.stop.stop_requested()) return fail(stopped());
  }
  fetched.present = wanted.size() - fetched.downloaded;
  return fetched;
}

Result<fs::path> WheelStore::add(Disk& disk, const fs::path& file, const Artifact& wanted) const {
  auto place = path_of(wanted);
  // Hashed after it was brought in, so that what is handed on is what was hashed.
  TRY_ASSIGN(const auto beside, bring_beside(disk, file, place));
  if (auto good = check_digest(beside, wanted, ""); !good) {
    disk.remove(beside);
    TRY(check_digest(file, wanted,
                     fmt::format("remove {} or put the right file there", shell_quote(file.string()))));
    return fail(std::move(good.error()));
  }
  TRY(move_into_place(disk, beside, place));
  return place;
}

Result<void> place_file(Disk& disk, const fs::path& from, const fs::path& to) {
  std::error_code code;
  if (fs::equivalent(from, to, code) && !code) return {};
  TRY_ASSIGN(const auto beside, bring_beside(disk, from, to));
  return move_into_place(disk, beside, to);
}

}  // namespace launch::store
