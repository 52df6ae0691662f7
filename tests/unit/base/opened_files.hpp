#pragma once

#include <array>
#include <filesystem>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.hpp"

namespace launch::test {

/// The files of a folder that anybody opens while the object lives, as the kernel reports them.
class OpenedFiles {
 public:
  explicit OpenedFiles(const std::filesystem::path& folder)
      : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    EXPECT_GE(::inotify_add_watch(events_.get(), folder.c_str(), IN_OPEN | IN_ONLYDIR), 0);
  }
  /// Since the last call.
  std::set<std::string> names() const {
    std::set<std::string> names;
    alignas(inotify_event) std::array<char, std::size_t{1} << 16> buffer{};
    for (;;) {
      const auto got = ::read(events_.get(), buffer.data(), buffer.size());
      if (got <= 0) return names;
      for (std::ptrdiff_t at = 0; at < got;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
        if (event->len > 0 && (event->mask & IN_ISDIR) == 0) names.insert(event->name);
        at += static_cast<std::ptrdiff_t>(sizeof(inotify_event) + event->len);
      }
    }
  }

 private:
  Fd events_;
};

}  // namespace launch::test
