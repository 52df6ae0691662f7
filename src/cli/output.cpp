#include "cli/output.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace launch::cli {
namespace {

constexpr std::size_t kBuffer = 64UL * 1024;

/// Another process may have made a shared pipe non-blocking.
void wait_until_writable(int descriptor) {
  pollfd wanted{descriptor, POLLOUT, 0};
  ::poll(&wanted, 1, -1);
}

/// Returns 0 or errno.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait_until_writable(descriptor);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

void Output::write(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  buffer_ += text;
  if (buffer_.size() >= kBuffer) drain();
}

void Output::line(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  buffer_ += text;
  buffer_ += '\n';
  if (buffer_.size() >= kBuffer) drain();
}

void Output::flush() {
  const std::scoped_lock lock(mutex_);
  drain();
}

Result<void> Output::close() {
  const std::scoped_lock lock(mutex_);
  if (std::exchange(closed_, true)) return {};
  drain();
  // A network file system may report a full disk only now.
  if (::close(descriptor_) != 0 && errno != EINTR && failure_ == 0) failure_ = errno;
  if (failure_ == 0 || failure_ == EPIPE) return {};
  auto error = environment_error(
      fmt::format("cannot write to standard output: {}", std::generic_category().message(failure_)));
  if (failure_ == ENOSPC || failure_ == EDQUOT) {
    error.hint("free some disk space, or send the output to another disk");
  }
  return fail(std::move(error));
}

void Output::drain() {
  if (failure_ == 0 && !buffer_.empty()) failure_ = write_all(descriptor_, buffer_);
  buffer_.clear();
}

}  // namespace launch::cli
