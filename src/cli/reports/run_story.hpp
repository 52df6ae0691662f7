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
/// "raised ValueError: no", "ended with code 0", "killed: it did not end in its time"
std::string rank_end_text(const train::StoryRank& rank);
/// "image sha256:…", "mounted environment sha256:… (--env mounted)"
std::string run_files_text(const train::RunStory& story);
/// "verified 2026-11-26T…", "not verified"
std::string run_verified_text(const train::RunStory& story);

}  // namespace launch::cli
