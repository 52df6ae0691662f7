#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/part_file.hpp"
#include "net/wire.hpp"

namespace launch::net {

constexpr std::uint64_t kUnknownEnd = std::numeric_limits<std::uint64_t>::max();

/// A segment of a file and how much of it, from its beginning, is in the part file.
struct Segment {
  std::uint64_t first = 0;
  std::uint64_t end = 0;               ///< one past the last byte; kUnknownEnd until the server says
  std::atomic<std::uint64_t> have{0};  ///< written by the wire's thread while a transfer is on the way

  bool complete() const { return have == end - first; }
};

/// What is known of the file after the first answer.
struct RemoteFile {
  std::optional<std::uint64_t> size;
  std::string validator;  ///< strong ETag or Last-Modified; empty if the server sends none
  bool in_parts = false;  ///< the server answered a range request with that range
};

/// The value of If-Range for a response.
std::string validator_of(const Head& head);

/// One transfer of a download: checks the answer, then writes its body into the part file. All of it belongs
/// to the wire's thread from the start of the exchange to its end.
struct SegmentTransfer {
  enum class Verdict {
    none,         ///< no answer so far
    part,         ///< the requested bytes
    whole,        ///< the whole file
    error,        ///< a status that is not a success
    no_ranges,    ///< the whole file or something useless instead of the requested part
    changed,      ///< a part of another file than before
    wrong_size,   ///< a length other than expected
    too_long,     ///< more bytes than announced
    disk_failed,  ///< see `disk_error`
  };

  std::shared_ptr<Segment> segment;
  std::shared_ptr<PartFile> part;
  bool ranged = true;                        ///< a range was requested
  std::uint64_t first = 0;                   ///< the first requested byte
  std::uint64_t last = 0;                    ///< and the last one
  RemoteFile known;                          ///< before this answer
  std::optional<std::uint64_t> wanted_size;  ///< what the caller of the download expects
  std::function<void()> on_accepted;  ///< the answer was accepted; `found` is filled in and does not change
  std::function<void()> on_bytes;     ///< another megabyte has arrived
  std::shared_ptr<std::atomic<std::uint64_t>> fetched;

  Verdict verdict = Verdict::none;
  RemoteFile found;
  std::uint64_t limit = kUnknownEnd;  ///< most bytes that the segment may hold
  int disk_error = 0;

  /// The sink of the exchange.
  bool take(const Head& head, std::string_view bytes);
  void judge(const Head& head);

 private:
  Verdict verdict_on(const Head& head);
  Verdict verdict_on_part(const Head& head);
  Verdict verdict_on_whole(const Head& head);
  bool write(std::string_view bytes);
  std::uint64_t swallowed_ = 0;
  std::uint64_t unannounced_ = 0;
};

}  // namespace launch::net
