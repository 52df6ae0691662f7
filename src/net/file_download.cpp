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
/// A transfer that brought so much before it failed has a full number of tries again.
constexpr std::uint64_t kProgress = std::uint64_t{1} << 20;

}  // namespace

FileDownload::FileDownload(Shared& shared, const DownloadRequest& request, std::size_t index,
                           DownloadMail mail)
    : shared_(shared), request_(request), index_(index), mail_(std::move(mail)) {
  auto probe = shared_.exchange(request_.url);
  if (!probe) fail_with(std::move(probe.error()), false);
}

bool FileDownload::try_open() {
  auto part = PartFile::open(shared_.disk, request_.destination);
  if (!part) {
    fail_with(std::move(part.error()), false);
    return true;
  }
  if (!*part) return false;
  part_ = std::make_shared<PartFile>(*std::move(*part));
  state_ = State::running;
  if (take_what_is_there()) return true;
  const auto note = part_->note();
  const bool same_file = note && (!request_.size || *request_.size == note->size) && note->size > 0;
  const bool same_digest = note && request_.sha256 && note->sha256 == *request_.sha256;
  const bool same_place = note && note->url == redact(request_.url);
  if (same_file && (same_digest || (same_place && !request_.sha256 && !note->validator.empty()))) {
    plan_from_note(*note);
    if (!same_place) remote_.validator.clear();
  } else {
    plan_from_start();
  }
  return true;
}

/// Another process may have brought the file while this one waited.
bool FileDownload::take_what_is_there() {
  std::error_code code;
  const auto size = std::filesystem::file_size(request_.destination, code);
  if (!request_.sha256 || code || (request_.size && size != *request_.size)) return false;
  const auto digest = sha256_file(request_.destination);
  if (!digest || *digest != *request_.sha256) return false;
  part_->discard();
  part_.reset();
  state_ = State::finished;
  result_ = DownloadResult{.size = size, .sha256 = *digest, .fetched = 0};
  return true;
}

void FileDownload::plan_from_start() {
  tasks_.clear();
  remote_ = {};
  resumed_ = false;
  hashed_ = noted_ = 0;
  sha256_ = Sha256();
  if (auto cleared = part_->clear(); !cleared) return fail_with(std::move(cleared.error()), false);
  add_task(0, ranges_ ? shared_.options.segment : kUnknownEnd, 0);
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
  log_debug("{}: going on with {} of {}", redact(request_.url), human_bytes(done()), human_bytes(note.size));
  const bool missing =
      std::ranges::any_of(tasks_, [](const Task& task) { return !task.stretch->complete(); });
  // With nothing left to ask for, only a digest could tell that the file is still the same.
  if (!missing && !request_.sha256) plan_from_start();
}

void FileDownload::add_task(std::uint64_t first, std::uint64_t end, std::uint64_t have) {
  auto stretch = std::make_shared<Stretch>();
  stretch->first = first;
  stretch->end = end;
  stretch->have = have;
  tasks_.push_back({.stretch = std::move(stretch)});
}

void FileDownload::add_tasks_between(std::uint64_t first, std::uint64_t end) {
  const auto step = shared_.options.segment;
  for (; first < end; first += std::min(step, end - first))
    add_task(first, first + std::min(step, end - first), 0);
}

bool FileDownload::start_one(Instant now) {
  if (state_ != State::running) return false;
  const auto next = std::ranges::find_if(tasks_, [&](const Task& task) {
    return !task.running && !task.stretch->complete() && task.not_before <= now;
  });
  if (next == tasks_.end()) return false;
  start(*next);
  return true;
}

std::optional<FileDownload::Instant> FileDownload::next_start() const {
  std::optional<Instant> first;
  if (state_ != State::running) return first;
  for (const auto& task : tasks_) {
    if (task.running || task.stretch->complete()) continue;
    first = std::min(first.value_or(task.not_before), task.not_before);
  }
  return first;
}

void FileDownload::start_without_delay() {
  for (auto& task : tasks_) task.not_before = Instant::min();
}

void FileDownload::start(Task& task) {
  auto incoming = std::make_shared<Incoming>();
  incoming->stretch = task.stretch;
  incoming->part = part_;
  incoming->ranged = ranges_;
  incoming->first = task.stretch->first + task.stretch->have;
  incoming->last = task.stretch->end - 1;
  incoming->known = remote_;
  incoming->wanted_size = request_.size;
  incoming->fetched = fetched_;
  incoming->on_bytes = [mail = mail_] { mail->nudge(); };

  auto exchange = shared_.exchange(request_.url);
  exchange->bulk = true;
  if (ranges_) {
    exchange->range = ByteRange{incoming->first, incoming->last};
    if (!remote_.validator.empty()) exchange->headers.emplace_back("If-Range", remote_.validator);
  }
  // The sink keeps the transfer alive; the news of its own must not, or it would never go.
  incoming->on_accepted = [mail = mail_, file = index_, self = std::weak_ptr(incoming)] {
    mail->put({.file = file, .incoming = self.lock(), .outcome = {}});
  };
  exchange->sink = [incoming](const Head& head, std::string_view bytes) {
    return incoming->take(head, bytes);
  };
  task.running = true;
  task.have_before = task.stretch->have;
  ++on_the_way_;
  task.ticket =
      shared_.wire.start(*std::move(exchange), [mail = mail_, file = index_, incoming](Outcome outcome) {
        mail->put({.file = file, .incoming = incoming, .outcome = std::move(outcome)});
      });
}

FileDownload::Task& FileDownload::task_of(const Incoming& incoming) {
  return *std::ranges::find(tasks_, incoming.stretch, &Task::stretch);
}

void FileDownload::take(const DownloadNews& news) {
  if (!news.outcome) {
    if (state_ == State::running) on_accepted(*news.incoming);
    return;
  }
  --on_the_way_;
  task_of(*news.incoming).running = false;
  if (state_ == State::running) on_end(*news.incoming, *news.outcome);
  if (state_ == State::ending) end_if_quiet();
}

/// The first answer says how long the file is and whether it can be had in parts.
void FileDownload::on_accepted(const Incoming& incoming) {
  if (remote_.size || incoming.known.size) return;
  remote_ = incoming.found;
  auto& stretch = *incoming.stretch;
  if (remote_.in_parts) {
    stretch.end = std::min(stretch.end, *remote_.size);
    add_tasks_between(stretch.end, *remote_.size);
  } else {
    stretch.end = remote_.size.value_or(kUnknownEnd);
  }
  if (remote_.size) {
    if (auto room = part_->reserve(*remote_.size); !room) return fail_with(std::move(room.error()), false);
  }
}

void FileDownload::on_end(Incoming& incoming, Outcome outcome) {
  using Verdict = Incoming::Verdict;
  if (incoming.verdict == Verdict::none && !outcome.failure) {
    incoming.on_accepted = {};
    incoming.judge(outcome.head);
  }
  auto& task = task_of(incoming);
  if (incoming.verdict == Verdict::part && !outcome.failure && task.stretch->have < incoming.limit) {
    outcome.failure = Failure{.reason = "fewer bytes came than were announced", .again = true};
  }
  const auto url = redact(request_.url);
  switch (incoming.verdict) {
    case Verdict::no_ranges:
      return begin_again(false, "it does not answer range requests with the bytes asked for");
    case Verdict::changed:
      return begin_again(restarts_ == 0, "it is not the file that it was before");
    case Verdict::wrong_size:
      return fail_with(
          world_error(fmt::format("{} has {} bytes, expected {}", url, *incoming.found.size, *request_.size)),
          false);
    case Verdict::too_long:
      return fail_with(world_error(fmt::format("{} sent more bytes than it announced", url)), false);
    case Verdict::disk_failed:
      return fail_with(io_error("write", part_->path(), incoming.disk_error), false);
    default:
      break;
  }
  const bool success = !outcome.failure && (outcome.head.status == 200 || outcome.head.status == 203 ||
                                            outcome.head.status == 206);
  if (success) {
    on_body_end(task, incoming);
  } else {
    on_failure(task, incoming, outcome);
  }
}

void FileDownload::on_body_end(Task& task, const Incoming& incoming) {
  if (incoming.verdict != Incoming::Verdict::part) {
    task.stretch->end = task.stretch->have;
    remote_.size = task.stretch->have;
    if (request_.size && *request_.size != *remote_.size) {
      return fail_with(world_error(fmt::format("{} has {} bytes, expected {}", redact(request_.url),
                                               *remote_.size, *request_.size)),
                       false);
    }
  }
  note_progress(true);
  finish_if_whole();
}

void FileDownload::on_failure(Task& task, const Incoming& incoming, const Outcome& outcome) {
  if (incoming.ranged && task.stretch->have - task.have_before >= kProgress) task.failures = 0;
  if (const auto wait = shared_.wait_before_retry(outcome, task.failures)) {
    log_debug("{}: {}; trying again in {} ms", redact(request_.url),
              outcome.failure ? outcome.failure->reason : fmt::format("status {}", outcome.head.status),
              wait->count());
    ++task.failures;
    task.not_before = shared_.clock.steady() + *wait;
    if (incoming.verdict == Incoming::Verdict::whole) begin_whole_again();
    return note_progress(true);
  }
  if (outcome.failure) return fail_with(failure_error("download", request_.url, *outcome.failure), true);
  auto error = world_error(
      fmt::format("cannot download {}: the server answered {}", redact(request_.url), outcome.head.status));
  if (outcome.head.status == 401) error.hint("put the user and the password of that host into ~/.netrc");
  fail_with(std::move(error), true);
}

/// The only transfer broke and cannot be taken up in the middle.
void FileDownload::begin_whole_again() {
  auto& task = tasks_.front();
  task.stretch->have = 0;
  task.stretch->end = kUnknownEnd;
  remote_ = {};
  ranges_ = false;
  hashed_ = noted_ = 0;
  sha256_ = Sha256();
}

bool FileDownload::resumable() const {
  return ranges_ && remote_.size && (request_.sha256 || !remote_.validator.empty()) && done() > 0;
}

void FileDownload::note_progress(bool now) {
  const auto there = done();
  if (!resumable() || there == noted_ || (!now && there < noted_ + kNoteEvery)) return;
  noted_ = there;
  PartNote note{.url = redact(request_.url),
                .sha256 = request_.sha256.value_or(""),
                .validator = remote_.validator,
                .size = *remote_.size,
                .pieces = {}};
  for (const auto& task : tasks_) {
    const std::uint64_t first = task.stretch->first;
    const std::uint64_t have = task.stretch->have;
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
    there = task.stretch->first + task.stretch->have;
    if (!task.stretch->complete()) break;
  }
  const auto end = std::min(there, hashed_ + kHashAtOnce);
  if (hashed_ == end) return false;
  const auto begin = hashed_;
  std::vector<char> buffer(std::size_t{256} << 10);
  while (hashed_ < end) {
    const auto size = std::min<std::uint64_t>(buffer.size(), end - hashed_);
    const std::span<char> piece(buffer.data(), size);
    if (auto got = part_->read(hashed_, piece); !got) {
      fail_with(std::move(got.error()), false);
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
  if (!std::ranges::all_of(tasks_, [](const Task& task) { return task.stretch->complete(); })) return;
  auto digest = sha256_.hex();
  if (request_.sha256 && digest != *request_.sha256) {
    if (resumed_) return begin_again(ranges_, "the bytes of an earlier run were wrong");
    return fail_with(
        world_error(fmt::format("wrong digest of {} from {}: expected sha256 {}, got {}",
                                request_.destination.filename().string(), redact(request_.url),
                                *request_.sha256, digest))
            .hint("the bytes behind this name are not those that were asked for; nothing was kept"),
        false);
  }
  if (auto named = part_->finish(hashed_); !named) return fail_with(std::move(named.error()), false);
  part_.reset();
  state_ = State::finished;
  result_ = DownloadResult{.size = hashed_, .sha256 = std::move(digest), .fetched = *fetched_};
}

void FileDownload::begin_again(bool with_ranges, std::string why) {
  log_debug("{}: {}; beginning again", redact(request_.url), why);
  if (++restarts_ > kMostRestarts) {
    return fail_with(world_error(fmt::format("cannot download {}: {}, {} times in a row",
                                             redact(request_.url), why, restarts_)),
                     false);
  }
  ranges_ = with_ranges;
  state_ = State::ending;
  cancel_all();
  end_if_quiet();
}

void FileDownload::fail_with(Error error, bool keep) {
  error_ = std::move(error);
  keep_ = keep;
  state_ = State::ending;
  cancel_all();
  end_if_quiet();
}

void FileDownload::stop() {
  if (state_ == State::finished) return;
  auto error = world_error(fmt::format("stopped before {} was whole", redact(request_.url)));
  if (part_ && resumable()) error.hint("what is there already is kept: the next run goes on from there");
  fail_with(std::move(error), true);
}

void FileDownload::cancel_all() {
  for (const auto& task : tasks_) {
    if (task.running) shared_.wire.cancel(task.ticket);
  }
}

void FileDownload::end_if_quiet() {
  if (on_the_way_ > 0) return;
  if (!error_) {
    state_ = State::running;
    return plan_from_start();
  }
  if (part_ && keep_ && resumable()) {
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
  for (const auto& task : tasks_) sum += task.stretch->have;
  return sum;
}

std::optional<std::uint64_t> FileDownload::total() const {
  if (result_ && *result_) return (*result_)->size;
  return remote_.size ? remote_.size : request_.size;
}

}  // namespace launch::net
