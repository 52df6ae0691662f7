#include "train/log_mux.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "train/run_folder.hpp"

namespace launch::train {
namespace {

constexpr int kNoRank = -1;  ///< torchrun's own lines
constexpr std::size_t kKeptLines = 60;
constexpr std::size_t kLongestLine = std::size_t{1} << 20;
constexpr std::size_t kMostPending = std::size_t{1} << 20;

std::string who_of(int node, int rank) {
  return rank == kNoRank ? fmt::format("[{}]", node) : fmt::format("[{}.{}]", node, rank);
}

}  // namespace

LogPlaces LogPlaces::in(const std::filesystem::path& folder) {
  return {folder, folder / kAllLog};
}

LogMux::LogMux(LogPlaces places, Show show, Events events, const Work& work)
    : folder_(std::move(places.folder)),
      show_(std::move(show)),
      events_(std::move(events)),
      work_(work),
      all_{.path = std::move(places.all), .more = O_APPEND} {
  if (!places.head.empty()) add(all_, {}, places.head);
}

LogMux::Source& LogMux::source(int node, int rank) {
  const auto found = sources_.find({node, rank});
  if (found != sources_.end()) return found->second;
  Source source{.node = node,
                .rank = rank,
                .who = who_of(node, rank),
                .file = {.path = folder_ / log_name(node, rank == kNoRank ? std::optional<int>() : rank)}};
  return sources_.emplace(Key{node, rank}, std::move(source)).first->second;
}

void LogMux::take(int node, Stream stream, std::string_view line) {
  std::function<void()> tell;  // after the lock is released
  {
    const std::scoped_lock lock(mutex_);
    const auto said = read_rank_line(line);
    if (!said) {
      put(source(node, kNoRank), stream, line);
      return;
    }
    switch (said->kind) {
      case RankLine::Kind::started:
        tell = started(node, said->rank);
        break;
      case RankLine::Kind::failed:
        tell = failed(node, *said);
        break;
      case RankLine::Kind::handled:
        source(node, said->rank).handled = read_rank_exception(said->text);
        break;
      case RankLine::Kind::handling:
        source(node, said->rank).handling = read_rank_exception(said->text);
        break;
      case RankLine::Kind::stacks:
        tell = stacks(node, *said);
        break;
      case RankLine::Kind::ras:
        tell = ras(node, *said);
        break;
      case RankLine::Kind::ended:
        tell = ended(node, *said);
        break;
      case RankLine::Kind::out:
      case RankLine::Kind::err:
        put_part(node, *said);
    }
  }
  if (tell) tell();
}

/// A line of a rank, or a part of one.
void LogMux::put_part(int node, const RankLine& said) {
  using Extent = RankLine::Extent;
  heard_.store(true, std::memory_order_relaxed);
  const auto stream = said.kind == RankLine::Kind::err ? Stream::err : Stream::out;
  const auto what = said.extent == Extent::replaced ? Shown::bar : Shown::line;
  auto& from = source(node, said.rank);
  if (said.extent == Extent::start) {
    if (show_ && !is_quiet(from)) show(from, stream, said.text, Shown::bar);
    return;
  }
  const auto begun = from.begun.find(said.kind);
  if (begun == from.begun.end() && said.extent != Extent::part) return put(from, stream, said.text, what);
  auto line = begun == from.begun.end() ? std::string() : std::move(begun->second);
  line += said.text;
  if (said.extent == Extent::part && line.size() < kLongestLine) {
    from.begun.insert_or_assign(said.kind, std::move(line));
    return;
  }
  from.begun.erase(said.kind);
  put(from, stream, line, what);
}

/// torchrun's agents say goodbye through the first agent's store, and complain if it is gone before them.
/// Once all ranks of a node have succeeded, that is noise.
bool LogMux::is_quiet(const Source& from) const {
  if (hushed_ || from.rank != kNoRank) return hushed_;
  const auto counted = ranks_.find(from.node);
  return counted != ranks_.end() && counted->second.second == counted->second.first;
}

void LogMux::add(LogFile& file, std::string_view who, std::string_view text) {
  if (file.pending.empty()) pending_.push_back(&file);
  if (!who.empty()) file.pending.append(who).append(1, ' ');
  file.pending.append(text).append(1, '\n');
}

void LogMux::write(LogFile& file) {
  if (file.cut) file.pending.insert(0, 1, '\n');
  int error = 0;
  if (!file.fd) error = work_.disk.open(file.path, O_WRONLY | O_CREAT | file.more, 0666, file.fd);
  if (error == 0) {
    error = work_.disk.write(file.fd, file.pending);
    file.cut = error != 0;
  }
  file.pending.clear();
  if (error == 0 || std::exchange(warned_, true)) return;
  work_.reporter.warn(fmt::format("{}; the training goes on, but its logs are incomplete",
                                  io_error("write", file.path, error).message()));
}

void LogMux::flush() {
  const std::scoped_lock lock(mutex_);
  write_pending();
}

void LogMux::write_pending() {
  for (auto* file : pending_) write(*file);
  pending_.clear();
}

void LogMux::put(Source& from, Stream stream, std::string_view text, Shown what) {
  if (what == Shown::bar && text.empty()) return;  // a carriage return at the start of a line
  add(from.file, {}, text);
  add(all_, from.who, text);
  if (all_.pending.size() >= kMostPending) write_pending();
  keep_last(from, stream, text, what);
  if (show_ && !is_quiet(from)) show(from, stream, text, what);
}

/// Keeps what a terminal would: a text replaces a progress bar of its stream.
void LogMux::keep_last(Source& from, Stream stream, std::string_view text, Shown what) {
  if (from.bar == stream && !from.last.empty()) {
    from.last.back() = text;
  } else if (from.last.size() < kKeptLines) {
    from.last.emplace_back(text);
  } else {
    auto oldest = std::move(from.last.front());  // its memory is used again
    from.last.pop_front();
    oldest = text;
    from.last.push_back(std::move(oldest));
  }
  from.bar = what == Shown::bar ? std::optional(stream) : std::nullopt;
}

void LogMux::show(const Source& from, Stream stream, std::string_view text, Shown what) {
  if (what == Shown::bar && text.ends_with(kCursorUp)) text.remove_suffix(kCursorUp.size());
  show_(stream, from.who, text, what);
}

std::function<void()> LogMux::started(int node, int rank) {
  ++ranks_[node].first;
  if (!events_.started) return {};
  return [this, node, rank] { events_.started(node, rank); };
}

std::function<void()> LogMux::failed(int node, const RankLine& said) {
  auto exception = read_rank_exception(said.text);
  if (!exception) return {};
  auto& from = source(node, said.rank);
  from.exception = std::move(exception);
  if (!events_.failed || !from.exception->uncaught) return {};
  RankEnd end{node, said.rank, {.code = 1, .time = from.exception->time, .exception = from.exception}, {}};
  end.event.asked_to_end = from.exception->after_request;
  if (end.event.asked_to_end) end.event.asked = end.event.time;
  end.event.words = from.exception->words;
  return [this, end = std::move(end)] { events_.failed(end); };
}

std::function<void()> LogMux::ended(int node, const RankLine& said) {
  auto event = read_rank_event(said.text);
  if (!event) return {};
  auto& from = source(node, said.rank);
  event->exception = std::move(from.exception);
  event->handled = std::move(from.handled);
  RankEnd end{node, said.rank, *std::move(event), {from.last.begin(), from.last.end()}};
  if (!end.failed()) ++ranks_[node].second;
  if (!events_.ended) return {};
  return [this, end = std::move(end)] { events_.ended(end); };
}

/// Answers to questions of launch, which nobody asked for on the screen.
void LogMux::keep(int node, const RankLine& said, std::string_view what,
                  const std::vector<std::string>& lines) {
  auto& from = source(node, said.rank);
  const auto put_line = [&](std::string_view text) {
    add(from.file, {}, text);
    add(all_, from.who, text);
  };
  put_line(what);
  for (const auto& line : lines) put_line(line);
}

std::function<void()> LogMux::stacks(int node, const RankLine& said) {
  auto lines = read_rank_lines(said.text);
  keep(node, said, "the stacks of its threads:", lines);
  if (!events_.stacks) return {};
  return [this, node, rank = said.rank, lines = std::move(lines)] { events_.stacks(node, rank, lines); };
}

std::function<void()> LogMux::ras(int node, const RankLine& said) {
  auto lines = read_rank_lines(said.text);
  if (!lines.empty()) keep(node, said, "NCCL's RAS:", lines);
  if (!events_.ras) return {};
  return [this, node, lines = std::move(lines)] { events_.ras(node, lines); };
}

void LogMux::hush() {
  const std::scoped_lock lock(mutex_);
  hushed_ = true;
  for (const auto& [key, from] : sources_) {
    if (show_ && from.bar) show(from, *from.bar, "", Shown::bar);
  }
}

std::optional<RankException> LogMux::handling(int node, int rank) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sources_.find({node, rank});
  return found == sources_.end() ? std::nullopt : found->second.handling;
}

std::vector<std::string> LogMux::last_lines(int node, std::optional<int> rank) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sources_.find({node, rank.value_or(kNoRank)});
  if (found == sources_.end()) return {};
  return {found->second.last.begin(), found->second.last.end()};
}

}  // namespace launch::train
