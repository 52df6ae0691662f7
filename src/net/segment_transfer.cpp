#include "net/segment_transfer.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "net/content_range.hpp"

namespace launch::net {
namespace {
constexpr std::uint64_t kLongestErrorPage = std::uint64_t{1} << 20;
constexpr std::uint64_t kAnnounceEvery = std::uint64_t{1} << 20;
}  // namespace

std::string validator_of(const Head& head) {
  if (auto etag = strong_etag(head.headers)) return *std::move(etag);
  return head.header("last-modified").value_or("");
}

void SegmentTransfer::judge(const Head& head) {
  verdict = verdict_on(head);
  if ((verdict == Verdict::part || verdict == Verdict::whole) && on_accepted) on_accepted();
}

SegmentTransfer::Verdict SegmentTransfer::verdict_on(const Head& head) {
  if (head.status == 206) return ranged ? verdict_on_part(head) : Verdict::no_ranges;
  if (head.status == 200 || head.status == 203) return verdict_on_whole(head);
  if (head.status == 416 && ranged) return first == 0 ? Verdict::no_ranges : Verdict::changed;
  return Verdict::error;
}

SegmentTransfer::Verdict SegmentTransfer::verdict_on_part(const Head& head) {
  const auto content = parse_content_range(head.header("content-range").value_or(""));
  if (!content || !content->range || !content->size) return Verdict::no_ranges;
  const auto range = *content->range;
  if (range.first != first || range.last != std::min(last, *content->size - 1)) return Verdict::no_ranges;
  found = {.size = content->size, .validator = validator_of(head), .in_parts = true};
  if (wanted_size && found.size != wanted_size) return Verdict::wrong_size;
  if (known.size && known.size != found.size) return Verdict::changed;
  if (!known.validator.empty() && !found.validator.empty() && known.validator != found.validator) {
    return Verdict::changed;
  }
  limit = range.last + 1 - segment->first;
  return Verdict::part;
}

SegmentTransfer::Verdict SegmentTransfer::verdict_on_whole(const Head& head) {
  if (ranged && (first != 0 || known.size)) return Verdict::no_ranges;
  found = {.size = std::nullopt, .validator = validator_of(head), .in_parts = false};
  if (!head.header("content-encoding")) found.size = parse_u64(head.header("content-length").value_or(""));
  if (wanted_size && found.size && found.size != wanted_size) return Verdict::wrong_size;
  limit = found.size.value_or(wanted_size.value_or(kUnknownEnd));
  return Verdict::whole;
}

bool SegmentTransfer::take(const Head& head, std::string_view bytes) {
  if (verdict == Verdict::none) judge(head);
  switch (verdict) {
    case Verdict::part:
    case Verdict::whole:
      return write(bytes);
    case Verdict::error:
      return (swallowed_ += bytes.size()) <= kLongestErrorPage;
    default:
      return false;
  }
}

bool SegmentTransfer::write(std::string_view bytes) {
  const auto have = segment->have.load();
  if (bytes.size() > limit - have) {
    verdict = Verdict::too_long;
    return false;
  }
  if (const int error = part->write(segment->first + have, bytes); error != 0) {
    verdict = Verdict::disk_failed;
    disk_error = error;
    return false;
  }
  segment->have = have + bytes.size();
  *fetched += bytes.size();
  unannounced_ += bytes.size();
  if (unannounced_ >= kAnnounceEvery && on_bytes) {
    unannounced_ = 0;
    on_bytes();
  }
  return true;
}

}  // namespace launch::net
