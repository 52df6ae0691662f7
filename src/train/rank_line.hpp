#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace launch::train {

/// A file of the folder from which each rank is started in its container.
struct RankFile {
  std::string_view name;  ///< in that folder
  std::string_view text;
};
/// node.sh, which starts a node's torchrun; rank.py, which starts a rank, and what it needs: modules and, in
/// a folder of its own, the hook inside the rank.
std::span<const RankFile> rank_files();

/// Up one line: the end of what tqdm prints for a bar below another.
inline constexpr std::string_view kCursorUp = "\x1b[A";

/// One line in the format of rank.py.
struct RankLine {
  /// `handled` is the exception that it was handling as it called sys.exit, `handling` as it was asked.
  enum class Kind { out, err, started, failed, handled, handling, stacks, ras, ended };
  /// Of a line of out or err, what the text is: all of it; a part, to which the next line of this rank and
  /// kind belongs; all of it, but the next replaces it on a terminal; or its start, which comes again with
  /// the rest.
  enum class Extent { whole, part, replaced, start };
  int rank = 0;
  Kind kind = Kind::out;
  Extent extent = Extent::whole;
  std::string_view text;  ///< JSON unless it is a line of out or err
};

/// nullopt if rank.py did not write the line; it is then torchrun's own.
std::optional<RankLine> read_rank_line(std::string_view line);

/// An exception as Python names it: "torch.OutOfMemoryError", and its base classes likewise.
struct Raised {
  std::string type;
  std::vector<std::string> bases =
      {};  ///< its method resolution order, with itself; all that is known may be that
  std::string message = {};
};

/// An exception with which a rank failed, the last on its stderr, or one that it was handling as it left or
/// was asked.
struct RankException {
  Raised raised;
  double time = 0;                      ///< seconds since 1970
  std::vector<Raised> chain = {};       ///< those that led to it, the nearest first
  std::vector<Raised> leaves = {};      ///< of an exception group
  std::vector<std::string> lines = {};  ///< the last of its traceback
  bool uncaught = false;                ///< known to have ended the rank; false: it is only on stderr
  bool after_request = false;           ///< the rank had been asked to end
  std::vector<std::string> words = {};  ///< as those of RankEvent, when it was raised
};

/// How a rank ended, as reported by rank.py.
struct RankEvent {
  int code = 0;                      ///< 0..255, without a signal
  int signal = 0;                    ///< that killed it
  double time = 0;                   ///< seconds since 1970
  double started = 0;                ///< seconds since 1970; 0: unknown
  bool asked_to_end = false;         ///< before it ended
  bool killed = false;               ///< it was asked to end, and did not in its time
  std::optional<double> asked = {};  ///< when
  std::optional<RankException> exception = {};
  std::optional<RankException> handled = {};  ///< when it called sys.exit
  int after = 0;                              ///< lines of both streams that followed the exception on stderr
  std::optional<bool> ended_normally = {};    ///< by Python, not by os._exit; nullopt: unknown
  std::string said = {};  ///< its reason: the text of sys.exit, or a line of stderr just before the end
  std::vector<std::string> words = {};  ///< lines of stderr about its end, such as "terminate called …"
  std::optional<int> oom_kills = {};    ///< that the kernel counted in its container meanwhile
  std::optional<std::uint64_t> memory_limit = {};  ///< of its container, in bytes
  std::optional<std::string> message = {};         ///< of torchelastic's error file
};

/// nullopt if the text is not such an event.
std::optional<RankEvent> read_rank_event(std::string_view json);
std::optional<RankException> read_rank_exception(std::string_view json);
/// The lines of an event of stacks or of NCCL's RAS; empty if it is none.
std::vector<std::string> read_rank_lines(std::string_view json);

}  // namespace launch::train
