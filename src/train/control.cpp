#include "train/control.hpp"

#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.hpp"

namespace launch::train {
namespace {

// The file has lines of fixed length, one per writer, overwritten in place: that needs no room on the disk.
constexpr std::size_t kLine = 96;
constexpr std::string_view kHead = "launch-control 1\n";

std::string line_of(std::string text) {
  text.resize(kLine - 1, ' ');
  return text + '\n';
}

std::string line_of(Keeper keeper, std::uint64_t beats) {
  return line_of(fmt::format("{} {}", keeper == Keeper::launch ? "launch" : "guard", beats));
}

std::uint64_t place_of(Keeper keeper) {
  return kHead.size() + kLine * (keeper == Keeper::launch ? 1 : 2);
}

}  // namespace

Result<std::unique_ptr<Control>> Control::create(Disk& disk, const std::filesystem::path& file) {
  std::unique_ptr<Control> control(new Control(disk, file));
  // It means nothing after a power failure, so nobody waits for the disk.
  TRY(write_file(disk, file,
                 std::string(kHead) + line_of("") + line_of(Keeper::launch, 0) + line_of(Keeper::guard, 0),
                 0644, Flush::no));
  if (const int error = disk.open(file, O_WRONLY, 0, control->fd_))
    return fail(io_error("open", file, error));
  TRY(control->write());
  return control;
}

Result<void> Control::stop(std::chrono::seconds grace) {
  const std::scoped_lock lock(mutex_);
  wishes_.stop = true;
  wishes_.grace = grace.count();
  return write();
}

Result<void> Control::release() {
  const std::scoped_lock lock(mutex_);
  wishes_.release = true;
  return write();
}

Result<void> Control::renew() {
  const std::scoped_lock lock(mutex_);
  wishes_.stop = wishes_.release = false;
  wishes_.grace = 0;
  ranks_ = 0;  // those whose node was removed did not report their end
  return write();
}

Result<bool> Control::signal(int number) {
  if (ranks_ <= 0) return false;
  const std::scoped_lock lock(mutex_);
  ++(number == SIGUSR1 ? wishes_.usr1 : wishes_.usr2);
  TRY(write());
  return true;
}

Result<void> Control::ask_for_stacks() {
  const std::scoped_lock lock(mutex_);
  ++wishes_.stacks;
  return write();
}

Result<void> Control::write() {
  const auto text =
      fmt::format("stop {} grace {} release {} usr1 {} usr2 {} stacks {}", wishes_.stop ? 1 : 0,
                  wishes_.grace, wishes_.release ? 1 : 0, wishes_.usr1, wishes_.usr2, wishes_.stacks);
  struct stat status {};
  const bool removed = ::fstat(fd_.get(), &status) == 0 && status.st_nlink == 0;
  const int error = removed ? ENOENT : disk_.write_at(fd_, line_of(text), kHead.size());
  if (error != 0) return fail(io_error("write", file_, error));
  return {};
}

Heartbeat::Heartbeat(std::filesystem::path file, Keeper keeper, const Work& work)
    : file_(std::move(file)),
      keeper_(keeper),
      work_(work),
      thread_([this](const std::stop_token& ended) { beat(ended); }) {}

void Heartbeat::beat(const std::stop_token& ended) {
  constexpr std::chrono::seconds kPause{1};
  constexpr int kFailures = 4;  // in a row; ranks wait for longer
  Fd fd;
  int error = work_.disk.open(file_, O_WRONLY, 0, fd);
  if (error == ENOENT) return;
  if (error == 0) (void)::flock(fd.get(), LOCK_SH);  // rank.py holds it for a moment at most
  int failures = 0;
  for (std::uint64_t beats = 1; failures < kFailures; ++beats) {
    if (fd) error = work_.disk.write_at(fd, line_of(keeper_, beats), place_of(keeper_));
    failures = error == 0 ? 0 : failures + 1;
    work_.clock.sleep(kPause, ended);
    if (ended.stop_requested()) return;
  }
  if (keeper_ == Keeper::guard) return;
  work_.disk.remove(file_);
  work_.reporter.warn(
      fmt::format("{}; the training continues, but its ranks will keep running if launch and its guard are "
                  "killed",
                  io_error("write", file_, error).message()));
}

}  // namespace launch::train
