#pragma once

#include <string>
#include <string_view>

#include "train/rank_line.hpp"

namespace launch::train {

/// Whose fault an error is.
enum class Blame {
  own,      ///< of the rank that has it
  timeout,  ///< another rank came too late to a collective
  lost,     ///< another rank was gone
};

/// The blame in the words of torch, gloo and NCCL alone. A user's own words, such as "NCCL" or "timeout", are
/// none of theirs: own.
Blame blame_of_words(std::string_view words);
/// By its type where torch says it with one, else by its words.
Blame blame_of(const Raised& raised);

/// What to say of an exception with all that led to it.
struct Verdict {
  Blame blame = Blame::own;
  std::string text;     ///< "ValueError: no"
  const Raised* about;  ///< in the given exception
};
/// The first of a chain decides, since the others came of handling it: an error after a lost peer is that of
/// a victim, and a lost peer in the clean-up after an error is none. In a group, the first member of its own
/// does.
Verdict judge(const RankException& exception);

/// It only says that another process failed, such as subprocess.CalledProcessError: what that said tells why.
bool is_of_process(const Raised& raised);

/// "ValueError: no", of the message its first line.
std::string text_of(const Raised& raised);

}  // namespace launch::train
