#include "train/log_reader.hpp"

#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"

namespace launch::train {
namespace {

/// Reads what has been written since the last call.
class Tail {
 public:
  explicit Tail(std::filesystem::path path) : path_(std::move(path)) {}

  Result<void> read(const std::function<void(std::string_view)>& on_line) {
    if (!file_) file_ = Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file_ && errno == ENOENT) return {};
    if (!file_) return fail(io_error("read", path_, errno));
    std::array<char, std::size_t{1} << 16> buffer{};
    for (;;) {
      const auto count = ::read(file_.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(io_error("read", path_, errno));
      if (count == 0) return {};
      take({buffer.data(), static_cast<std::size_t>(count)}, on_line);
    }
  }

  /// Passes on a last line without a newline.
  void finish(const std::function<void(std::string_view)>& on_line) const {
    if (!begun_.empty()) on_line(begun_);
  }

 private:
  void take(std::string_view bytes, const std::function<void(std::string_view)>& on_line) {
    for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n')) {
      begun_ += bytes.substr(0, at);
      on_line(begun_);
      begun_.clear();
      bytes.remove_prefix(at + 1);
    }
    begun_ += bytes;
  }

  std::filesystem::path path_;
  Fd file_;
  std::string begun_;
};

}  // namespace

Result<void> read_log(const std::filesystem::path& file, const std::function<bool()>& grows, Clock& clock,
                      const std::stop_token& stop, const std::function<void(std::string_view)>& on_line) {
  constexpr std::chrono::milliseconds kPause{100};
  Tail tail(file);
  for (;;) {
    const bool more = grows();  // checked first, so that everything written before the end is read
    TRY(tail.read(on_line));
    if (!more) break;
    clock.sleep(kPause, stop);
    if (stop.stop_requested()) return {};
  }
  tail.finish(on_line);
  return {};
}

Result<RankName> parse_rank(std::string_view text) {
  constexpr std::uint64_t kMost = 1U << 24;
  const auto parts = split(text, '.');
  std::vector<int> numbers;
  for (const auto part : parts) {
    const auto number = parse_u64(part);
    if (number && *number <= kMost) numbers.push_back(static_cast<int>(*number));
  }
  if (numbers.size() != parts.size() || parts.size() > 2) {
    return fail(input_error(
        fmt::format("{} is not a rank: expected a rank such as 3, or 1.3 with its node", in_quotes(text))));
  }
  if (numbers.size() == 1) return RankName{std::nullopt, numbers[0]};
  return RankName{numbers[0], numbers[1]};
}

}  // namespace launch::train
