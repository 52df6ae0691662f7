#include "store/wheel_store.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <set>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
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
  return fail(world_error(fmt::format("{} has other bytes than the lock says: expected sha256 {}, got {}",
                                      file.string(), wanted.sha256, digest))
                  .hint(std::string(hint)));
}

Error stopped() {
  return world_error("fetching was stopped");
}

Result<FileLock> wait_for_lock(const fs::path& path, const Artifact& wanted, const std::stop_token& stop) {
  for (bool told = false;; told = true) {
    TRY_ASSIGN(auto lock, FileLock::try_acquire(path));
    if (lock) return *std::move(lock);
    if (stop.stop_requested()) return fail(stopped());
    if (!told) log_info("waiting for another launch that is fetching {}", wanted.name);
    std::this_thread::sleep_for(kLockPoll);
  }
}

std::string scratch_name(const fs::path& place) {
  static std::atomic<unsigned> count{0};
  return (place.parent_path() / fmt::format(".{}.{}.{}", place.filename().string(), ::getpid(), ++count))
      .string();
}

Result<void> copy_bytes(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, code);
  if (code) return fail(io_error(fmt::format("copy {} to", from.string()), to, code.value()));
  const Fd file(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) return fail(io_error("write", to, errno));
  return {};
}

// Links, or copies, `from` to a scratch file in the folder of `to`.
Result<fs::path> bring_beside(const fs::path& from, const fs::path& to) {
  std::error_code code;
  const auto source = fs::canonical(from, code);
  if (code) return fail(io_error("read", from, code.value()));
  TRY(make_folder(to.parent_path()));
  fs::path beside = scratch_name(to);
  fs::create_hard_link(source, beside, code);
  if (!code) return beside;
  if (auto copied = copy_bytes(from, beside); !copied) {
    ::unlink(beside.c_str());
    return fail(std::move(copied.error()));
  }
  return beside;
}

Result<void> move_into_place(const fs::path& beside, const fs::path& to) {
  if (::rename(beside.c_str(), to.c_str()) == 0) {
    ::unlink(beside.c_str());  // rename() leaves the old name when both are links to one file
    return {};
  }
  const int number = errno;
  ::unlink(beside.c_str());
  return fail(io_error("write", to, number));
}

// A file of this machine that may be it: where it was said to lie, or at a file URL.
std::optional<fs::path> local_source(const Artifact& wanted) {
  if (wanted.beside && is_file(*wanted.beside)) return wanted.beside;
  if (wanted.url && wanted.url->is_file()) return wanted.url->local_path();
  return std::nullopt;
}

Error nowhere(const Artifact& wanted) {
  return world_error(
             fmt::format("{} is not in the wheel store, and the lock names no URL for it", wanted.name))
      .hint(fmt::format("put the file where the lock says: {}",
                        wanted.beside ? wanted.beside->string() : wanted.name));
}

}  // namespace

fs::path WheelStore::path_of(const Artifact& wanted) const {
  return root_ / "sha256" / wanted.sha256.substr(0, 2) / wanted.sha256 / fs::path(wanted.name).filename();
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
  Result<void> prepare(const Artifact& wanted, const std::stop_token& stop) {
    const auto place = store_->path_of(wanted);
    TRY_ASSIGN(auto lock, wait_for_lock(place.parent_path() / ".lock", wanted, stop));
    locks_.push_back(std::move(lock));
    TRY_ASSIGN(const auto there, store_->find(wanted));
    if (there) return {};
    if (const auto source = local_source(wanted)) {
      TRY(store_->add(*source, wanted));
      return {};
    }
    if (!wanted.url) return fail(nowhere(wanted));
    requests_.push_back({.url = *wanted.url,
                         .destination = place,
                         .size = wanted.size == 0 ? std::nullopt : std::optional(wanted.size),
                         .sha256 = Digest::of_hex(wanted.sha256)});
    return {};
  }

  Result<void> download(net::HttpClient& http, const net::DownloadProgress& progress,
                        const std::stop_token& stop, WheelStore::Fetched& fetched) const {
    if (requests_.empty()) return {};
    auto results = http.download(requests_, progress, stop);
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
                                              const net::DownloadProgress& progress,
                                              const std::stop_token& stop) const {
  Fetched fetched;
  TRY_ASSIGN(const auto found, find_all(wanted));
  // By digest, so that two processes take their locks in the same order, and each once.
  std::map<std::string, const Artifact*> missing;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    fetched.paths.push_back(path_of(wanted[i]));
    if (!found[i]) missing.emplace(wanted[i].sha256, &wanted[i]);
  }
  for (auto at = missing.begin(); at != missing.end();) {
    FetchRound round(*this);
    for (std::size_t i = 0; i < kFetchedTogether && at != missing.end(); ++i, ++at) {
      TRY(round.prepare(*at->second, stop));
    }
    TRY(round.download(http, progress, stop, fetched));
    if (stop.stop_requested()) return fail(stopped());
  }
  fetched.present = wanted.size() - fetched.downloaded;
  return fetched;
}

Result<fs::path> WheelStore::add(const fs::path& file, const Artifact& wanted) const {
  auto place = path_of(wanted);
  // Hashed after it was brought in, so that what is handed on is what was hashed.
  TRY_ASSIGN(const auto beside, bring_beside(file, place));
  if (auto good = check_digest(beside, wanted, ""); !good) {
    ::unlink(beside.c_str());
    TRY(check_digest(file, wanted,
                     fmt::format("remove {} or put the right file there", shell_quote(file.string()))));
    return fail(std::move(good.error()));
  }
  TRY(move_into_place(beside, place));
  return place;
}

Result<void> place_file(const fs::path& from, const fs::path& to) {
  std::error_code code;
  if (fs::equivalent(from, to, code) && !code) return {};
  TRY_ASSIGN(const auto beside, bring_beside(from, to));
  return move_into_place(beside, to);
}

}  // namespace launch::store
