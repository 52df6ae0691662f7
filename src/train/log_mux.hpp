#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/work.hpp"
#include "train/failure.hpp"

namespace launch::train {

/// Where the lines of a run go.
struct LogPlaces {
  std::filesystem::path folder;  ///< of a file for each rank and each torchrun
  std::filesystem::path all;     ///< the file of all lines, which is continued
  std::string head = {};         ///< its next line; empty: none
  /// With all.log in the same folder.
  static LogPlaces in(const std::filesystem::path& folder);
};

/// Sorts the nodes' lines: each rank's into nodeN.rankR.log, each torchrun's own into
/// nodeN.log, all in order of arrival, prefixed with "[N.R] ", into all.log and to
/// the function that shows them. Each state of a progress bar is a line of the files. Lines are in their
/// files when `flush` returns, so that they outlive this process; those that cannot be written are a warning,
/// once, and the training goes on. Safe to call from several threads.
class LogMux {
 public:
  /// A line, or a progress bar as it is now, which the next text of its stream replaces (a blank one has
  /// ended).
  enum class Shown { line, bar };
  /// Shows a text; the "[N.R]" is a separate argument. It must not wait: all nodes wait for it.
  using Show = std::function<void(Stream stream, std::string_view who, std::string_view text, Shown what)>;
  /// Called with what happens to ranks; each may be empty.
  struct Events {
    std::function<void(int node, int rank)> started = {};
    /// An exception ends the rank, which may take seconds. So far its end is that of the exception: code 1.
    std::function<void(const RankEnd&)> failed = {};
    std::function<void(const RankEnd&)> ended = {};
    /// The stacks of its threads, which it was asked for.
    std::function<void(int node, int rank, std::vector<std::string> lines)> stacks = {};
    /// What NCCL's RAS answered in a node.
    std::function<void(int node, std::vector<std::string> lines)> ras = {};
  };

  LogMux(LogPlaces places, Show show, Events events, const Work& work);

  /// A line of a node's container.
  void take(int node, Stream stream, std::string_view line);
  /// Writes the lines that were taken to their files, with one write a file.
  void flush();
  /// Stops showing lines; the files continue.
  void hush();
  /// Whether a rank has printed a line since the last call.
  bool heard() { return heard_.exchange(false, std::memory_order_relaxed); }
  /// The exception that a rank was handling when it was last asked for its stacks and told of one.
  std::optional<RankException> handling(int node, int rank) const;
  /// Last lines of a rank, or of a node's torchrun.
  std::vector<std::string> last_lines(int node, std::optional<int> rank = {}) const;

 private:
  struct LogFile {
    std::filesystem::path path;
    int more = O_TRUNC;  ///< flag of open
    Fd fd = {};
    std::string pending = {};  ///< lines to be written
    bool cut = false;          ///< it may end with a part of a line, which was the last one that failed
  };
  struct Source {
    int node = 0;
    int rank = 0;     ///< see Key
    std::string who;  ///< "[0.3]"
    LogFile file;
    std::deque<std::string> last = {};
    std::optional<Stream> bar = {};                    ///< whose progress bar is at the end of `last`
    std::map<RankLine::Kind, std::string> begun = {};  ///< unfinished lines
    std::optional<RankException> exception = {};
    std::optional<RankException> handled = {};
    std::optional<RankException> handling = {};
  };
  using Key = std::pair<int, int>;  ///< node, rank; rank -1 for torchrun

  Source& source(int node, int rank);
  void add(LogFile& file, std::string_view who, std::string_view text);
  void write(LogFile& file);
  void write_pending();
  void put_part(int node, const RankLine& said);
  void put(Source& from, Stream stream, std::string_view text, Shown what = Shown::line);
  static void keep_last(Source& from, Stream stream, std::string_view text, Shown what);
  void show(const Source& from, Stream stream, std::string_view text, Shown what);
  std::function<void()> started(int node, int rank);
  std::function<void()> failed(int node, const RankLine& said);
  std::function<void()> ended(int node, const RankLine& said);
  std::function<void()> stacks(int node, const RankLine& said);
  std::function<void()> ras(int node, const RankLine& said);
  void keep(int node, const RankLine& said, std::string_view what, const std::vector<std::string>& lines);
  bool is_quiet(const Source& from) const;

  std::filesystem::path folder_;
  Show show_;
  Events events_;
  Work work_;
  mutable std::mutex mutex_;
  std::map<Key, Source> sources_;
  std::vector<LogFile*> pending_;             ///< files that have lines to be written
  std::map<int, std::pair<int, int>> ranks_;  ///< per node: started, succeeded
  LogFile all_;
  std::atomic<bool> heard_{false};
  bool hushed_ = false;
  bool warned_ = false;
};

}  // namespace launch::train
