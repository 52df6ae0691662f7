#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "train/plan.hpp"
#include "train/run_record.hpp"

namespace launch::train {

/// A node, as recorded.
struct StoryNode {
  int node = 0;
  std::string gpus;  ///< "all", "0,1"; empty: none
};

/// A rank's end, as recorded.
struct StoryRank {
  int node = 0;
  int rank = 0;
  std::optional<double> started;  ///< seconds since 1970; nullopt: unknown
  double ended = 0;               ///< the same
  int code = 0;
  int signal = 0;
  bool asked_to_end = false;
  bool killed = false;
  std::string kind;     ///< of its own failure: "exception"; empty if it ended well
  std::string message;  ///< "ValueError: no"
  std::string at;  ///< where it was when a run that hung was ended: "train.py:31 in load"; empty: unknown
};

/// An attempt that failed before the run was started again, as recorded.
struct StoryAttempt {
  double time = 0;  ///< when it began, seconds since 1970
  std::optional<double> seconds;
  std::optional<int> code;
  std::string cause;             ///< "rank 3 on node 1 raised ValueError: no"
  std::vector<StoryRank> ranks;  ///< by rank
  std::optional<int> cause_rank;
};

/// All that the record of a run tells a person.
struct RunStory {
  RunSummary summary;
  std::string ended;    ///< RFC 3339, UTC; empty while it runs
  std::string engine;   ///< "podman 4.3.1"
  std::string backend;  ///< "nccl"
  std::string image;    ///< its ID; with a mounted environment, that of its base
  std::string
      environment;        ///< the key of the mounted environment, and why there is no image; empty: an image
  std::string lock;       ///< its digest
  std::string preflight;  ///< what worked before the training; empty: it was not checked
  std::string verified;   ///< when lock and image were verified; empty: they were not
  std::vector<std::string> command;
  std::vector<Variable> variables;  ///< of every node
  std::vector<StoryNode> nodes;
  std::vector<StoryAttempt> attempts;  ///< those before the last
  std::vector<StoryRank> ranks;        ///< of the last attempt, by rank; those that reported their end
  std::vector<int> killed;
  std::map<int, std::string> frames;  ///< StoryRank::at by rank, also of those that did not report their end
  std::optional<int> cause_rank;
};

/// Reads a record of this or an older version. Pure. Errors (environment): the text is not a record.
Result<RunStory> read_run_story(std::string_view text);

}  // namespace launch::train
