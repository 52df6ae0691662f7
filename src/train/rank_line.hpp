#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace launch::train {

/// The text of rank.py, which starts each rank in its container.
std::string_view rank_script();

/// One line in the format of rank.py.
struct RankLine {
  enum class Kind { out, err, started, ended };
  int rank = 0;
  Kind kind = Kind::out;
  bool goes_on = false;   ///< the next line of this rank and kind belongs to it
  std::string_view text;  ///< JSON for started and ended
};

/// nullopt if rank.py did not write the line; it is then torchrun's own.
std::optional<RankLine> read_rank_line(std::string_view line);

/// How a rank ended, as reported by rank.py.
struct RankEvent {
  int code = 0;                             ///< 0..255, without a signal
  int signal = 0;                           ///< that killed it
  double time = 0;                          ///< seconds since 1970
  std::optional<double> failed = {};        ///< when its last traceback began
  bool asked_to_end = false;                ///< before it ended
  bool killed = false;                      ///< it was asked to end, and did not in its time
  std::optional<std::string> message = {};  ///< of torchelastic's error file
};

/// nullopt if the text is not such an event.
std::optional<RankEvent> read_rank_event(std::string_view json);

}  // namespace launch::train
