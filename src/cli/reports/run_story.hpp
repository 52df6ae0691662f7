#pragma once

#include <string>

#include "commands/runs.hpp"

namespace launch::cli {

/// A run's story on one screen: what it was, how it ended and why, its environment with reasons, and each
/// rank's end, the failed first. Without a newline at the end.
std::string run_story_text(const commands::RunStoryDocument& document);
/// The same as a page that needs nothing else, with a timeline of the ranks.
std::string run_story_html(const commands::RunStoryDocument& document);

// What text and page have in common.
/// "failed with code 1 after 12.3 s"
std::string run_end_text(const commands::RunStoryDocument& document);
/// "exception: ValueError: no", "ended with code 0", "killed by SIGTERM, after it was asked to end"
std::string rank_end_text(const train::StoryRank& rank);
/// "failed with code 7 after 2.1 s: rank 3 on node 1 exited with code 7"
std::string attempt_text(const train::StoryAttempt& attempt);
/// "rank 0 and rank 3"
std::string killed_text(const train::RunStory& story);
/// "image ID sha256:…", "mounted environment sha256:… (--env mounted)"
std::string run_files_text(const train::RunStory& story);
/// "verified 2026-11-26T…", "not verified"
std::string run_verified_text(const train::RunStory& story);

}  // namespace launch::cli
