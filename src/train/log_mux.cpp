#include "train/log_mux.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "train/run_folder.hpp"

namespace launch::train {
namespace {

constexpr int kTorchrun = -1;
constexpr std::size_t kKeptLines = 60;
constexpr std::size_t kLongestLine = std::size_t{1} << 20;

std::string who_of(int node, int rank) {
  return rank == kTorchrun ? fmt::format("[{}]", node) : fmt::format("[{}.{}]", node, rank);
}

}  // namespace

LogMux::LogMux(std::filesystem::path folder, Show show, Ended ended, const Work& work)
    : folder_(std::move(folder)),
      show_(std::move(show)),
      ended_(std::move(ended)),
      work_(work),
      all_{.path = folder_ / kAllLog} {}

std::filesystem::path LogMux::log_of(int node, std::optional<int> rank) const {
  return folder_ / log_name(node, rank);
}

LogMux::Source& LogMux::source(int node, int rank) {
  const auto [at, fresh] = sources_.try_emplace({node, rank});
  auto& source = at->second;
  if (fresh) source.file.path = log_of(node, rank == kTorchrun ? std::optional<int>() : rank);
  return source;
}

void LogMux::take(int node, Stream stream, std::string_view line) {
  std::optional<RankEnd> ended;
  {
    const std::scoped_lock lock(mutex_);
    const auto said = read_rank_line(line);
    if (!said) {
      put(node, kTorchrun, stream, line);
      return;
    }
    switch (said->kind) {
      case RankLine::Kind::started:
        ++ranks_[node].first;
        break;
      case RankLine::Kind::ended:
        end(node, said->rank, said->text, ended);
        break;
      default: {
        auto& begun = source(node, said->rank).begun[said->kind];
        begun += said->text;
        if (said->goes_on && begun.size() < kLongestLine) break;
        put(node, said->rank, said->kind == RankLine::Kind::err ? Stream::err : Stream::out, begun);
        begun.clear();
      }
    }
  }
  if (ended && ended_) ended_(*ended);
}

/// torchrun's agents say goodbye through the first agent's store, and complain if it is gone before them.
/// Once all ranks of a node have succeeded, that is noise.
bool LogMux::is_quiet(int node, int rank) const {
  if (hushed_) return true;
  const auto counted = ranks_.find(node);
  return rank == kTorchrun && counted != ranks_.end() && counted->second.second == counted->second.first;
}

void LogMux::write(LogFile& file, std::string line) {
  line += '\n';
  if (file.cut) line.insert(0, 1, '\n');
  int error = 0;
  if (!file.fd) error = work_.disk.open(file.path, O_WRONLY | O_CREAT | O_TRUNC, 0666, file.fd);
  if (error == 0) {
    error = work_.disk.write(file.fd, line);
    file.cut = error != 0;
  }
  if (error == 0 || std::exchange(warned_, true)) return;
  work_.reporter.warn(fmt::format("{}; the training goes on, but its logs are incomplete",
                                  io_error("write", file.path, error).message()));
}

void LogMux::put(int node, int rank, Stream stream, std::string_view text) {
  auto& from = source(node, rank);
  write(from.file, std::string(text));
  write(all_, fmt::format("{} {}", who_of(node, rank), text));
  from.last.emplace_back(text);
  if (from.last.size() > kKeptLines) from.last.pop_front();
  if (show_ && !is_quiet(node, rank)) show_(stream, who_of(node, rank), text);
}

void LogMux::end(int node, int rank, std::string_view json, std::optional<RankEnd>& ended) {
  const auto event = read_rank_event(json);
  if (!event) return;
  const auto& from = source(node, rank);
  ended = RankEnd{node, rank, *event, {from.last.begin(), from.last.end()}};
  if (!ended->failed()) ++ranks_[node].second;
}

void LogMux::hush() {
  const std::scoped_lock lock(mutex_);
  hushed_ = true;
}

std::vector<std::string> LogMux::last_lines(int node) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sources_.find({node, kTorchrun});
  if (found == sources_.end()) return {};
  return {found->second.last.begin(), found->second.last.end()};
}

}  // namespace launch::train
