#include "train/run_list.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "train/first_few.hpp"

namespace launch::train {
namespace {

Result<RunSummary> read_summary(const RunFolder& folder) {
  TRY_ASSIGN(const auto text, read_file(folder.record()));
  return during(read_run_record(text), "reading " + folder.record().string());
}

RunState state_of(const std::string& result) {
  for (const auto state : {RunState::succeeded, RunState::failed, RunState::interrupted}) {
    if (result == state_name(state)) return state;
  }
  return RunState::lost;
}

/// Names the newest of the runs that an ID matches.
Error several_runs(const std::filesystem::path& state, std::string_view id, std::size_t matching) {
  constexpr std::size_t kNamed = 3;
  std::vector<std::string> newest;
  if (const auto list = list_runs(state)) {
    for (const auto& run : list->runs) {
      if (run.folder.run().starts_with(id)) newest.push_back(run.folder.run());
    }
  }
  return input_error(fmt::format("{} matches {} runs: {}", in_quotes(id), matching,
                                 join_words(first_few(std::move(newest), kNamed))))
      .hint("write more of the ID; \"last\" is the newest run");
}

Result<RunFolder> find_folder(const std::filesystem::path& state, std::string_view id) {
  TRY_ASSIGN(const auto folders, run_folders(state));
  std::vector<std::string> all;
  std::vector<std::string> matching;
  for (const auto& folder : folders) {
    if (folder.run() == id) return folder;
    all.push_back(folder.run());
    if (folder.run().starts_with(id)) matching.push_back(folder.run());
  }
  if (matching.size() == 1) return RunFolder(state, matching.front());
  if (matching.size() > 1) return fail(several_runs(state, id, matching.size()));
  auto error = input_error(fmt::format("run not found: {}", in_quotes(id)));
  if (const auto near = did_you_mean(id, all))
    return fail(std::move(error).hint(fmt::format("did you mean {}?", *near)));
  return fail(std::move(error).hint("run `launch runs` to list them"));
}

}  // namespace

std::string_view state_name(RunState state) {
  switch (state) {
    case RunState::running:
      return "running";
    case RunState::succeeded:
      return "succeeded";
    case RunState::failed:
      return "failed";
    case RunState::interrupted:
      return "interrupted";
    case RunState::lost:
      break;
  }
  return "lost";
}

Result<ListedRun> look_at_run(const RunFolder& folder) {
  TRY_ASSIGN(auto summary, read_summary(folder));
  if (summary.result.empty()) {
    if (folder.is_held()) return ListedRun{folder, std::move(summary), RunState::running};
    TRY_ASSIGN(summary, read_summary(folder));  // it may have ended in between
  }
  const auto state = state_of(summary.result);
  return ListedRun{folder, std::move(summary), state};
}

Result<RunList> list_runs(const std::filesystem::path& state) {
  TRY_ASSIGN(const auto folders, run_folders(state));
  RunList list;
  for (const auto& folder : folders) {
    auto run = look_at_run(folder);
    if (run) {
      list.runs.push_back(*std::move(run));
    } else {
      list.problems.push_back(std::move(run.error()));
    }
  }
  const auto age = [](const ListedRun& run) { return std::tie(run.summary.time, run.summary.started); };
  std::stable_sort(list.runs.begin(), list.runs.end(),
                   [&](const auto& a, const auto& b) { return age(a) > age(b); });
  return list;
}

Result<ListedRun> find_run(const std::filesystem::path& state, std::string_view id) {
  if (id == "last") {
    TRY_ASSIGN(auto list, list_runs(state));
    if (list.runs.empty()) return fail(input_error("no runs yet"));
    return std::move(list.runs.front());
  }
  TRY_ASSIGN(const auto folder, find_folder(state, id));
  return look_at_run(folder);
}

}  // namespace launch::train
