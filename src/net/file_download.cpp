#include "net/file_download.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace launch::net {
namespace {

constexpr int kMostRestarts = 3;
constexpr std::uint64_t kHashAtOnce = std::uint64_t{4} << 20;
constexpr std::uint64_t kNoteEvery = std::uint64_t{16} << 20;
/// A transfer that received this much before it failed gets its full number of tries again.
constexpr std::uint64_t kProgress = std::uint64_t{1} << 20;

}  // namespace

FileDownload::FileDownload(Session& session, const DownloadRequest& request, std::size_t index,
                           DownloadMail mail)
    : session_(session), request_(request), index_(index), mail_(std::move(mail)) {
  auto probe = session_.exchange(request_.url);
  if (!probe) fail_with(std::move(probe.error()), Bytes::discard);
}

bool FileDownload::try_open() {
  auto part = PartFile::open(session_.disk, request_.destination);
  if (!part) {
    fail_with(std::move(part.error()), Bytes::discard);
    return true;
  }
  if (!*part) return false;
  part_ = std::make_shared<PartFile>(*std::move(*part));
  state_ = State::running;
  if (take_what_is_there()) return true;
  const auto note = part_->note();
  const bool same_file = note && (!request_.size || *request_.size == note->size) && note->size > 0;
  const bool same_digest = note && request_.sha256 && note->sha256 == request_.sha256;
  const bool same_place = note && note->url == request_.url.text();
  if (same_file && (same_digest || (same_place && !request_.sha256 && !note->validator.empty()))) {
    plan_from_note(*note);
    if (!same_place) remote_.validator.clear();
  } else {
    plan_from_start();
  }
  return true;
}

/// Another process may have finished the file while this one waited.
bool FileDownload::take_what_is_there() {
  std::error_code code;
  const auto size = std::filesystem::file_size(request_.destination, code);
  if (!request_.sha256 || code || (request_.size && size != *request_.size)) return false;
  const auto digest = sha256_file(request_.destination);
  if (!digest || *digest != *request_.sha256) return false;
  part_->discard();
  part_.reset();
  state_ = State::finished;
  result_ = DownloadResult{.size = size, .sha256 = *request_.sha256, .fetched = 0};
  return true;
}

void FileDownload::plan_from_start() {
  tasks_.clear();
  remote_ = {};
  resumed_ = false;
  hashed_ = noted_ = 0;
  sha256_ = Sha256();
  if (auto cleared = part_->clear(); !cleared) return fail_with(std::move(cleared.error()), Bytes::discard);
  add_task(0, ranges_ == Ranges::ask ? session_.options.segment : kUnknownEnd, 0);
}

void FileDownload::plan_from_note(const PartNote& note) {
  remote_ = {.size = note.size, .validator = note.validator};
  resumed_ = true;
  std::uint64_t place = 0;
  for (const auto& [first, count] : note.pieces) {
    add_tasks_between(place, first);
    add_task(first, first + count, count);
    place = first + count;
  }
  add_tasks_between(place, note.size);
  log_debug("{}: resuming at {} of {}", request_.url, human_bytes(done()), human_bytes(note.size));
  const bool missing =
      std::ranges::any_of(tasks_, [](const Task& task) { return !task.segment->complete(); });
  // With nothing left to request, only a digest can show that the file is still the same.
  if (!missing && !request_.sha256) plan_from_start();
}

void FileDownload::add_task(std::uint64_t first, std::uint64_t end, std::uint64_t have) {
  auto segment = std::make_shared<Segment>();
  segment->first = first;
  segment->end = end;
  segment->have = have;
  tasks_.push_back({.segment = std::move(segment)});
}

void FileDownload::add_tasks_between(std::uint64_t first, std::uint64_t end) {
  const auto step = session_.options.segment;
  for (; first < end; first += std::min(step, end - first))
    add_task(first, first + std::min(step, end - first), 0);
}

bool FileDownload::start_one(Instant now) {
  if (state_ != State::running) return false;
  const auto next = std::ranges::find_if(tasks_, [&](const Task& task) {
    return !task.running && !task.segment->complete() && task.not_before <= now;
  });
  if (next == tasks_.end()) return false;
  start(*next);
  return true;
}

std::optional<FileDownload::Instant> FileDownload::next_start() const {
  std::optional<Instant> first;
  if (state_ != State::running) return first;
  for (const auto& task : tasks_) {
    if (task.running || task.segment->complete()) continue;
    first = std::min(first.value_or(task.not_before), task.not_before);
  }
  return first;
}

void FileDownload::start_without_delay() {
  for (auto& task : tasks_) task.not_before = Instant::min();
}

void FileDownload::start(Task& task) {
  auto transfer = std::make_shared<SegmentTransfer>();
  transfer->segment = task.segment;
  transfer->part = part_;
  transfer->ranged = ranges_ == Ranges::ask;
  transfer->first = task.segment->first + task.segment->have;
  transfer->last = task.segment->end - 1;
  transfer->known = remote_;
  transfer->wanted_size = request_.size;
  transfer->fetched = fetched_;
  transfer->on_bytes = [mail = mail_] { mail->nudge(); };

  auto exchange = session_.exchange(request_.url);
  exchange->bulk = true;
  exchange->headers = request_.headers;
  exchange->trust = request_.trust;
  if (ranges_ == Ranges::ask) {
    exchange->range = ByteRange{transfer->first, transfer->last};
    if (!remote_.validator.empty()) exchange->headers.emplace_back("If-Range", remote_.validator);
  }
  // The sink keeps the transfer alive; its own callbacks must not, or it would never be freed.
  transfer->on_accepted = [mail = mail_, file = index_, self = std::weak_ptr(transfer)] {
    mail->put({.file = file, .transfer = self.lock(), .outcome = {}});
  };
  exchange->sink = [transfer](const Head& head, std::string_view bytes) {
    return transfer->take(head, bytes);
  };
  task.running = true;
  task.have_before = task.segment->have;
  ++on_the_way_;
  task.ticket =
      session_.wire.start(*std::move(exchange), [mail = mail_, file = index_, transfer](Outcome outcome) {
        mail->put({.file = file, .transfer = transfer, .outcome = std::move(outcome)});
      });
}

FileDownload::Task& FileDownload::task_of(const SegmentTransfer& transfer) {
  return *std::ranges::find(tasks_, transfer.segment, &Task::segment);
}

void FileDownload::take(const DownloadNews& news) {
  if (!news.outcome) {
    if (state_ == State::running) on_accepted(*news.transfer);
    return;
  }
  --on_the_way_;
  task_of(*news.transfer).running = false;
  if (state_ == State::running) on_end(*news.transfer, *news.outcome);
  if (state_ == State::ending) end_if_quiet();
}

/// The first answer shows the file's length and whether the server supports ranges.
void FileDownload::on_accepted(const SegmentTransfer& transfer) {
  if (remote_.size || transfer.known.size) return;
  remote_ = transfer.found;
  auto& segment = *transfer.segment;
  if (remote_.in_parts) {
    segment.end = std::min(segment.end, *remote_.size);
    add_tasks_between(segment.end, *remote_.size);
  } else {
    segment.end = remote_.size.value_or(kUnknownEnd);
  }
  if (remote_.size) {
    if (auto room = part_->reserve(*remote_.size); !room)
      return fail_with(std::move(room.error()), Bytes::discard);
  }
}

void FileDownload::on_end(SegmentTransfer& transfer, Outcome outcome) {
  using Verdict = SegmentTransfer::Verdict;
  if (transfer.verdict == Verdict::none && !outcome.failure) {
    transfer.on_accepted = {};
    transfer.judge(outcome.head);
  }
  auto& task = task_of(transfer);
  if (transfer.verdict == Verdict::part && !outcome.failure && task.segment->have < transfer.limit) {
    outcome.failure = Failure{.reason = "the server sent fewer bytes than announced", .again = true};
  }
  const auto& url = request_.url;
  switch (transfer.verdict) {
    case Verdict::no_ranges:
      return begin_again(Ranges::none, "the server answers range requests with the wrong bytes");
    case Verdict::changed:
      return begin_again(restarts_ == 0 ? Ranges::ask : Ranges::none,
                         "the file on the server keeps changing");
    case Verdict::wrong_size:
      return fail_with(environment_error(fmt::format("{} has {} bytes, expected {}", url,
                                                     *transfer.found.size, *request_.size)),
                       Bytes::discard);
    case Verdict::too_long:
      return fail_with(environment_error(fmt::format("{} sent more bytes than it announced", url)),
                       Bytes::discard);
    case Verdict::disk_failed:
      return fail_with(io_error("write", part_->path(), transfer.disk_error), Bytes::discard);
    default:
      break;
  }
  const bool success = !outcome.failure && (outcome.head.status == 200 || outcome.head.status == 203 ||
                                            outcome.head.status == 206);
  if (success) {
    on_body_end(task, transfer);
  } else {
    on_failure(task, transfer, outcome);
  }
}

void FileDownload::on_body_end(Task& task, const SegmentTransfer& transfer) {
  if (transfer.verdict != SegmentTransfer::Verdict::part) {
    task.segment->end = task.segment->have;
    remote_.size = task.segment->have;
    if (request_.size && *request_.size != *remote_.size) {
      return fail_with(environment_error(fmt::format("{} has {} bytes, expected {}", request_.url,
                                                     *remote_.size, *request_.size)),
                       Bytes::discard);
    }
  }
  note_progress(true);
  finish_if_whole();
}

void FileDownload::on_failure(Task& task, const SegmentTransfer& transfer, const Outcome& outcome) {
  // Every byte of the part has arrived; whatever went wrong after them, there is nothing to try again.
  if (transfer.verdict == SegmentTransfer::Verdict::part && task.segment->complete())
    return on_body_end(task, transfer);
  if (transfer.ranged && task.segment->have - task.have_before >= kProgress) task.failures = 0;
  if (const auto wait = session_.wait_before_retry(outcome, task.failures)) {
    log_debug("{}: {}; trying again in {} ms", request_.url,
              outcome.failure ? outcome.failure->reason : fmt::format("status {}", outcome.head.status),
              wait->count());
    ++task.failures;
    task.not_before = session_.clock.steady() + *wait;
    if (transfer.verdict == SegmentTransfer::Verdict::whole) begin_whole_again();
    return note_progress(true);
  }
  if (outcome.failure)
    return fail_with(failure_error("download", request_.url, *outcome.failure), Bytes::keep);
  auto error = environment_error(
      fmt::format("cannot download {}: the server answered {}", request_.url, outcome.head.status));
  if (outcome.head.status == 401) error.hint("add the user and password of that host to ~/.netrc");
  fail_with(std::move(error), Bytes::keep);
}

/// The only transfer failed and cannot be resumed.
void FileDownload::begin_whole_again() {
  auto& task = tasks_.front();
  task.segment->have = 0;
  task.segment->end = kUnknownEnd;
  remote_ = {};
  ranges_ = Ranges::none;
  hashed_ = noted_ = 0;
  sha256_ = Sha256();
}

bool FileDownload::resumable() const {
  return ranges_ == Ranges::ask && remote_.size && (request_.sha256 || !remote_.validator.empty()) &&
         done() > 0;
}

void FileDownload::note_progress(bool now) {
  const auto there = done();
  if (!resumable() || there == noted_ || (!now && there < noted_ + kNoteEvery)) return;
  noted_ = there;
  PartNote note{.url = request_.url.text(),
                .sha256 = request_.sha256,
                .validator = remote_.validator,
                .size = *remote_.size,
                .pieces = {}};
  for (const auto& task : tasks_) {
    const std::uint64_t first = task.segment->first;
    const std::uint64_t have = task.segment->have;
    if (have == 0) continue;
    if (!note.pieces.empty() && note.pieces.back().first + note.pieces.back().second == first) {
      note.pieces.back().second += have;
    } else {
      note.pieces.emplace_back(first, have);
    }
  }
  part_->write_note(note);
}

bool FileDownload::hash_some() {
  if (state_ != State::running) return false;
  std::uint64_t there = 0;
  for (const auto& task : tasks_) {
    there = task.segment->first + task.segment->have;
    if (!task.segment->complete()) break;
  }
  const auto end = std::min(there, hashed_ + kHashAtOnce);
  if (hashed_ == end) return false;
  const auto begin = hashed_;
  std::vector<char> buffer(std::size_t{256} << 10);
  while (hashed_ < end) {
    const auto size = std::min<std::uint64_t>(buffer.size(), end - hashed_);
    const std::span<char> piece(buffer.data(), size);
    if (auto got = part_->read(hashed_, piece); !got) {
      fail_with(std::move(got.error()), Bytes::discard);
      return true;
    }
    sha256_.update({piece.data(), piece.size()});
    hashed_ += size;
  }
  part_->begin_flush(begin, end - begin);
  note_progress(false);
  finish_if_whole();
  return true;
}

void FileDownload::finish_if_whole() {
  if (state_ != State::running || on_the_way_ > 0 || !remote_.size || hashed_ != *remote_.size) return;
  if (!std::ranges::all_of(tasks_, [](const Task& task) { return task.segment->complete(); })) return;
  auto digest = sha256_.digest();
  if (request_.sha256 && digest != *request_.sha256) {
    if (resumed_) return begin_again(ranges_, "the bytes of an earlier run have the wrong digest");
    auto error = environment_error(fmt::format("wrong digest of {} from {}: expected sha256 {}, got {}",
                                               request_.destination.filename().string(), request_.url,
                                               request_.sha256->hex(), digest.hex()))
                     .hint("the server's file is not the expected one; nothing was kept");
    if (!request_.way_out.empty()) error.hint(request_.way_out);
    return fail_with(std::move(error), Bytes::discard);
  }
  if (auto named = part_->finish(hashed_); !named) return fail_with(std::move(named.error()), Bytes::discard);
  part_.reset();
  state_ = State::finished;
  result_ = DownloadResult{
      .size = hashed_, .sha256 = std::move(digest), .fetched = *fetched_, .validator = remote_.validator};
}

void FileDownload::begin_again(Ranges ranges, std::string why) {
  log_debug("{}: {}; starting over", request_.url, why);
  if (++restarts_ > kMostRestarts) {
    return fail_with(environment_error(fmt::format("cannot download {}: {}, {} times in a row", request_.url,
                                                   why, restarts_)),
                     Bytes::discard);
  }
  ranges_ = ranges;
  state_ = State::ending;
  cancel_all();
  end_if_quiet();
}

void FileDownload::fail_with(Error error, Bytes bytes) {
  error_ = std::move(error);
  bytes_ = bytes;
  state_ = State::ending;
  cancel_all();
  end_if_quiet();
}

void FileDownload::stop() {
  if (state_ == State::finished) return;
  auto error = environment_error(fmt::format("stopped before {} was complete", request_.url));
  if (part_ && resumable()) error.hint("the partial file is kept; the next run resumes from it");
  fail_with(std::move(error), Bytes::keep);
}

void FileDownload::cancel_all() {
  for (const auto& task : tasks_) {
    if (task.running) session_.wire.cancel(task.ticket);
  }
}

void FileDownload::end_if_quiet() {
  if (on_the_way_ > 0) return;
  if (!error_) {
    state_ = State::running;
    return plan_from_start();
  }
  if (part_ && bytes_ == Bytes::keep && resumable()) {
    note_progress(true);
  } else if (part_) {
    part_->discard();
  }
  part_.reset();
  state_ = State::finished;
  result_ = fail(*std::move(error_));
}

std::uint64_t FileDownload::done() const {
  if (result_ && *result_) return (*result_)->size;
  std::uint64_t sum = 0;
  for (const auto& task : tasks_) sum += task.segment->have;
  return sum;
}

std::optional<std::uint64_t> FileDownload::total() const {
  if (result_ && *result_) return (*result_)->size;
  return remote_.size ? remote_.size : request_.size;
}

}  // namespace launch::net
