#include "train/run_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include "train/preflight_line.hpp"
#include "train/rank_line.hpp"

namespace launch::train {
namespace {

constexpr const char* kRuns = "runs";

}  // namespace

std::string log_name(int node, std::optional<int> rank) {
  return rank ? fmt::format("node{}.rank{}.log", node, *rank) : fmt::format("node{}.log", node);
}

RunFolder::RunFolder(const std::filesystem::path& state, const std::string& run)
    : path_(state / kRuns / run) {}

RunFolder RunFolder::for_commands(const std::filesystem::path& state) {
  return RunFolder(state / "dry-run");
}

Result<void> RunFolder::make(Disk& disk) const {
  return make_folder(disk, logs());
}

std::filesystem::path RunFolder::logs_of_attempt(int attempt) const {
  return attempt == 1 ? logs() : logs() / fmt::format("attempt{}", attempt);
}

int RunFolder::attempts() const {
  int count = 1;
  std::error_code code;
  while (std::filesystem::exists(logs_of_attempt(count + 1), code)) ++count;
  return count;
}

Result<void> RunFolder::make_attempt(Disk& disk, int attempt) const {
  return make_folder(disk, logs_of_attempt(attempt));
}

Result<void> RunFolder::write_node_files(Disk& disk) const {
  TRY(make_folder(disk, path_));
  for (const auto& file : rank_files()) {
    const auto folder = (node_folder() / file.name).parent_path();
    // The nodes' users may be others than this one, whatever the umask.
    if (const int error = disk.make_folder(folder, 0755); error != 0 && error != EEXIST)
      return fail(io_error("create the folder", folder, error));
  }
  // After a crash of the machine nobody needs them, and flushing each delays the start.
  for (const auto files : {rank_files(), preflight_files()}) {
    for (const auto& file : files)
      TRY(write_file(disk, node_folder() / file.name, file.text, 0644, Flush::no));
  }
  return {};
}

Result<FileLock> RunFolder::hold(Disk& disk) const {
  return FileLock::acquire(disk, lock());
}

bool RunFolder::is_held() const {
  const Fd file(::open(lock().c_str(), O_RDONLY | O_CLOEXEC));
  return file && ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

bool RunFolder::is_cleared() const {
  std::error_code code;
  return !std::filesystem::exists(control(), code) && !code;
}

Result<void> RunFolder::request_stop(Disk& disk) const {
  return write_file(disk, stop(), "", 0644, Flush::no);
}

bool RunFolder::stop_requested() const {
  std::error_code code;
  return std::filesystem::exists(stop(), code);
}

Result<std::vector<RunFolder>> run_folders(const std::filesystem::path& state) {
  std::vector<RunFolder> found;
  std::error_code code;
  std::filesystem::directory_iterator at(state / kRuns, code);
  if (code == std::errc::no_such_file_or_directory) return found;
  for (; !code && at != std::filesystem::directory_iterator(); at.increment(code)) {
    auto folder = RunFolder::at(at->path());
    std::error_code ignored;
    if (std::filesystem::exists(folder.record(), ignored)) found.push_back(std::move(folder));
  }
  if (code) return fail(io_error("read", state / kRuns, code.value()));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path() < b.path(); });
  return found;
}

}  // namespace launch::train
