#include "net/download.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include <fmt/format.h>

#include "net/file_download.hpp"

namespace launch::net {
namespace {

using std::chrono::milliseconds;
using Instant = FileDownload::Instant;

constexpr milliseconds kProgressEvery{100};
constexpr milliseconds kLockRetry{100};
/// Transfers queued in the wire, so that it has the next one while this thread hashes.
constexpr std::size_t kAhead = 2;

/// One call of download_all.
class Download {
 public:
  Download(Session& session, std::span<const DownloadRequest> requests, std::string_view what,
           Reporter& reporter, const std::stop_token& stop)
      : session_(session), what_(what), reporter_(reporter), stop_(stop) {
    for (const auto& request : requests) files_.emplace_back(session, request, files_.size(), mail_);
  }

  std::vector<Result<DownloadResult>> run() {
    while (!all_finished()) {
      if (stop_.stop_requested()) stop_all();
      start_some();
      const bool hashed = hash_some();
      take_news(hashed ? milliseconds(0) : kProgressEvery);
      report(false);
    }
    report(true);
    std::vector<Result<DownloadResult>> out;
    out.reserve(files_.size());
    for (const auto& file : files_) out.push_back(file.result());
    return out;
  }

 private:
  bool all_finished() const { return std::ranges::all_of(files_, &FileDownload::finished); }

  std::size_t on_the_way() const {
    std::size_t sum = 0;
    for (const auto& file : files_) sum += file.on_the_way();
    return sum;
  }

  void stop_all() {
    for (auto& file : files_) {
      if (!file.finished()) file.stop();
    }
  }

  void start_some() {
    const auto now = session_.clock.steady();
    const bool try_locks = now >= next_lock_try_;
    const auto most = session_.options.parallel + kAhead;
    auto room = most - std::min(most, on_the_way());
    for (auto& file : files_) {
      if (room == 0) return;
      if (!file.opened() && !(try_locks && open(file))) continue;
      while (room > 0 && file.start_one(now)) --room;
    }
  }

  bool open(FileDownload& file) {
    if (file.try_open()) return true;
    next_lock_try_ = session_.clock.steady() + kLockRetry;
    if (!announced_)
      reporter_.note(fmt::format("{} is already being downloaded; waiting for it", file.name()));
    announced_ = true;
    return false;
  }

  bool hash_some() {
    bool any = false;
    for (auto& file : files_) any = file.hash_some() || any;
    return any;
  }

  void take_news(milliseconds longest) {
    if (on_the_way() == 0) {
      if (longest.count() > 0 && !all_finished()) sleep();
      return;
    }
    while (auto news = mail_->take(until_next_start(longest), stop_)) {
      files_[news->file].take(*news);
      longest = milliseconds(0);
    }
  }

  milliseconds until_next_start(milliseconds longest) const {
    const auto now = session_.clock.steady();
    for (const auto& file : files_) {
      const auto next = file.next_start();
      if (next && *next > now) longest = std::min(longest, std::chrono::ceil<milliseconds>(*next - now));
    }
    return longest;
  }

  /// Nothing is on the way: the next try must wait, or another process holds the files. Waits by the clock's
  /// own sleep, which tests can make short.
  void sleep() {
    FileDownload* first = nullptr;
    for (auto& file : files_) {
      const auto next = file.next_start();
      if (next && (first == nullptr || *next < *first->next_start())) first = &file;
    }
    if (first == nullptr) {
      session_.clock.sleep(kLockRetry, stop_);
      next_lock_try_ = Instant::min();
      return;
    }
    const auto now = session_.clock.steady();
    const auto wait = *first->next_start() > now ? std::chrono::ceil<milliseconds>(*first->next_start() - now)
                                                 : milliseconds(0);
    if (wait.count() > 0) session_.clock.sleep(wait, stop_);
    first->start_without_delay();
  }

  void report(bool now) {
    const auto time = session_.clock.steady();
    if (!now && time < last_report_ + kProgressEvery) return;
    last_report_ = time;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    bool known = true;
    for (const auto& file : files_) {
      done += file.done();
      known = known && file.total();
      total += file.total().value_or(0);
    }
    reporter_.progress(what_, done, known ? total : 0);
  }

  Session& session_;
  std::string_view what_;
  Reporter& reporter_;
  const std::stop_token& stop_;
  DownloadMail mail_ = std::make_shared<Mailbox<DownloadNews>>();
  std::deque<FileDownload> files_;
  Instant next_lock_try_ = Instant::min();
  Instant last_report_ = Instant::min();
  bool announced_ = false;
};

bool same_bytes(const DownloadRequest& a, const DownloadRequest& b) {
  return a.sha256 == b.sha256 && (a.sha256 || a.url == b.url);
}

}  // namespace

std::vector<Result<DownloadResult>> download_all(Session& session, std::span<const DownloadRequest> requests,
                                                 std::string_view what, Reporter& reporter,
                                                 const std::stop_token& stop) {
  // A file requested twice is fetched once.
  std::vector<DownloadRequest> once;
  std::map<std::filesystem::path, std::size_t> place;
  std::vector<std::size_t> from;
  for (const auto& request : requests) {
    const auto [known, fresh] = place.emplace(request.destination.lexically_normal(), once.size());
    if (fresh) once.push_back(request);
    from.push_back(known->second);
  }
  auto results = Download(session, once, what, reporter, stop).run();
  std::vector<Result<DownloadResult>> out;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (same_bytes(requests[i], once[from[i]])) {
      out.push_back(results[from[i]]);
    } else {
      out.emplace_back(fail(environment_error(
          fmt::format("{} and {} would both be written to {}, with different digests", once[from[i]].url,
                      requests[i].url, requests[i].destination.string()))));
    }
  }
  return out;
}

}  // namespace launch::net
