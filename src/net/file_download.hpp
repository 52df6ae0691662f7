#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "net/fetch.hpp"
#include "net/mailbox.hpp"
#include "net/part_file.hpp"
#include "net/segment_transfer.hpp"

namespace launch::net {

/// Passed from the wire's thread to the waiting call.
struct DownloadNews {
  std::size_t file = 0;
  std::shared_ptr<SegmentTransfer> transfer;
  std::optional<Outcome> outcome;  ///< nullopt: the answer was accepted, its body is on the way
};
using DownloadMail = std::shared_ptr<Mailbox<DownloadNews>>;

/// One file being downloaded: missing segments, hash state and errors. Used only by the calling thread.
class FileDownload {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  FileDownload(Session& session, const DownloadRequest& request, std::size_t index, DownloadMail mail);

  /// False while another process or call holds the part file; call it again later.
  bool try_open();
  bool opened() const { return state_ != State::waiting; }

  /// Starts one more transfer; false if there is none to start now.
  bool start_one(Instant now);
  /// When the next delayed transfer may start.
  std::optional<Instant> next_start() const;
  /// Starts delayed transfers now.
  void start_without_delay();

  void take(const DownloadNews& news);
  /// Hashes some of the bytes that have arrived in order; false if there is nothing to hash.
  bool hash_some();
  void stop();

  std::string name() const { return request_.destination.filename().string(); }
  bool finished() const { return result_.has_value(); }
  std::size_t on_the_way() const { return on_the_way_; }
  std::uint64_t done() const;
  std::optional<std::uint64_t> total() const;
  /// Valid only when finished.
  const Result<DownloadResult>& result() const { return *result_; }

 private:
  enum class State { waiting, running, ending, finished };
  enum class Ranges { ask, none };
  enum class Bytes { keep, discard };  ///< whether a failure leaves the bytes for the next run
  struct Task {
    std::shared_ptr<Segment> segment;
    bool running = false;
    int failures = 0;
    Instant not_before = Instant::min();
    std::uint64_t have_before = 0;
    Wire::Ticket ticket = 0;
  };

  bool take_what_is_there();
  void plan_from_start();
  void plan_from_note(const PartNote& note);
  void add_task(std::uint64_t first, std::uint64_t end, std::uint64_t have);
  void add_tasks_between(std::uint64_t first, std::uint64_t end);
  void start(Task& task);
  Task& task_of(const SegmentTransfer& transfer);

  void on_accepted(const SegmentTransfer& transfer);
  void on_end(SegmentTransfer& transfer, Outcome outcome);
  void on_body_end(Task& task, const SegmentTransfer& transfer);
  void on_failure(Task& task, const SegmentTransfer& transfer, const Outcome& outcome);
  void note_progress(bool now);
  void finish_if_whole();

  void begin_again(Ranges ranges, std::string why);
  void begin_whole_again();
  void fail_with(Error error, Bytes bytes);
  void end_if_quiet();
  void cancel_all();
  bool resumable() const;

  Session& session_;
  const DownloadRequest& request_;
  std::size_t index_;
  DownloadMail mail_;

  State state_ = State::waiting;
  std::shared_ptr<PartFile> part_;
  RemoteFile remote_;
  Ranges ranges_ = Ranges::ask;
  bool resumed_ = false;  ///< bytes of an earlier run are in the file
  int restarts_ = 0;
  std::vector<Task> tasks_;  ///< in the order of the file, without gaps
  std::size_t on_the_way_ = 0;
  std::shared_ptr<std::atomic<std::uint64_t>> fetched_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::uint64_t noted_ = 0;  ///< bytes that were there when the note was last written

  Sha256 sha256_;
  std::uint64_t hashed_ = 0;

  // While ending: the result once the last transfer is over.
  std::optional<Error> error_;
  Bytes bytes_ = Bytes::discard;
  std::optional<Result<DownloadResult>> result_;
};

}  // namespace launch::net
