// Contents of entries of remote zips: which bytes are missing, with one request for adjacent entries.
#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "index/file_urls.hpp"
#include "index/problems.hpp"
#include "index/range_answer.hpp"
#include "index/remote_zip.hpp"

namespace launch::index {
namespace {

constexpr std::uint64_t kLocalHeader = 30;
constexpr std::uint64_t kExtraGuess = 1024;  // of a local header's extra field

/// Bytes [first, end) of the file.
struct Extent {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

std::vector<Extent> joined(std::vector<Extent> extents, std::uint64_t gap) {
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.first < b.first; });
  std::vector<Extent> result;
  for (const auto& extent : extents) {
    if (!result.empty() && extent.first <= result.back().end + gap) {
      result.back().end = std::max(result.back().end, extent.end);
    } else {
      result.push_back(extent);
    }
  }
  return result;
}

}  // namespace

/// One wish in progress: rounds of requests until every entry's bytes have arrived.
class ZipReading {
 public:
  explicit ZipReading(const RemoteZip::Wish& wish)
      : zip_(*wish.zip), entries_(wish.entries), gap_(wish.gap) {}

  net::HttpClient& http() const { return *zip_.http_; }

  /// What is still missing. The second round is for local headers longer than guessed.
  std::vector<net::HttpRequest> next() {
    std::vector<Extent> missing;
    if (error_) return {};
    for (const auto* entry : entries_) {
      auto extent = extent_of(*entry);
      if (!extent) {
        error_ = damaged_zip(extent.error(), zip_.url_);
        return {};
      }
      if (!find(extent->first, extent->end - extent->first)) missing.push_back(*extent);
    }
    std::vector<net::HttpRequest> requests;
    for (const auto& extent : joined(std::move(missing), gap_)) {
      requests.push_back({.url = zip_.url_,
                          .range = net::ByteRange{extent.first, extent.end - 1},
                          .most = extent.end - extent.first,
                          .cache = zip_.cache_});
      if (zip_.etag_) requests.back().headers.emplace_back("If-Range", *zip_.etag_);
    }
    return requests;
  }

  void take(const net::HttpRequest& request, Result<net::HttpResponse> response) {
    auto taken = response ? take_response(request, *std::move(response)) : fail(std::move(response.error()));
    if (!taken && !error_) error_ = std::move(taken.error());
  }

  Result<std::vector<std::string>> result() const {
    if (error_) return fail(*error_);
    std::vector<std::string> contents;
    for (const auto* entry : entries_) {
      auto content = content_of(*entry);
      if (!content) return fail(damaged_zip(content.error(), zip_.url_));
      contents.push_back(*std::move(content));
    }
    return contents;
  }

 private:
  std::optional<std::string_view> find(std::uint64_t first, std::uint64_t size) const {
    for (const auto* pieces : {&zip_.pieces_, &pieces_}) {
      for (const auto& piece : *pieces) {
        if (first >= piece.first && first + size <= piece.end()) {
          return std::string_view(piece.bytes).substr(first - piece.first, size);
        }
      }
    }
    return std::nullopt;
  }

  /// From the entry's header to its last byte; exact once the header has arrived. Never overlaps the next
  /// entry.
  Result<Extent> extent_of(const archive::ZipEntry& entry) const {
    const auto first = entry.header_offset;
    const auto limit = *std::upper_bound(zip_.places_.begin(), std::prev(zip_.places_.end()), first);
    auto header = kLocalHeader + entry.name.size() + kExtraGuess;
    const auto fixed = find(first, kLocalHeader);
    if (fixed) {
      TRY_ASSIGN(header, archive::local_header_size(*fixed));
    }
    if (limit < first || entry.compressed_size > limit - first) return fail(outside(entry));
    const auto room = limit - first;
    if (fixed && header > room - entry.compressed_size) return fail(outside(entry));
    return Extent{first, first + std::min(room, header + entry.compressed_size)};
  }

  static Error outside(const archive::ZipEntry& entry) {
    return environment_error(
        fmt::format("not a valid zip file: the entry \"{}\" overlaps the next one", entry.name));
  }

  Result<void> take_response(const net::HttpRequest& request, net::HttpResponse response) {
    if (request.url.local_path().empty() && !response.from_cache)
      std::atomic_ref(zip_.fetched_) += response.body.size();
    if (response.status != 206)
      return fail(unexpected_status(zip_.url_, response.status, "a part of the file (206)"));
    const auto etag = net::strong_etag(response.headers);
    if (zip_.etag_ && etag != zip_.etag_) {
      return fail(replaced_meanwhile(zip_.url_));
    }
    TRY(check_partial(response, request, zip_.size_));
    pieces_.push_back({request.range->first, std::move(response.body)});
    return {};
  }

  Result<std::string> content_of(const archive::ZipEntry& entry) const {
    TRY_ASSIGN(const auto extent, extent_of(entry));
    const auto bytes = find(extent.first, extent.end - extent.first);
    if (!bytes) return fail(outside(entry));
    TRY_ASSIGN(const auto header, archive::local_header_size(bytes->substr(0, kLocalHeader)));
    if (bytes->substr(kLocalHeader, entry.name.size()) != entry.name) {
      return fail(environment_error(fmt::format(
          "not a valid zip file: the entry \"{}\" has a different name in its local header", entry.name)));
    }
    return archive::inflate_entry(entry, bytes->substr(header, entry.compressed_size));
  }

  const RemoteZip& zip_;
  std::vector<const archive::ZipEntry*> entries_;
  std::uint64_t gap_;
  std::vector<FilePiece> pieces_;
  std::optional<Error> error_;
};

std::vector<Result<std::vector<std::string>>> RemoteZip::read_all(std::span<const Wish> wishes) {
  constexpr int kRounds = 2;
  std::vector<ZipReading> readings(wishes.begin(), wishes.end());
  for (int round = 0; round < kRounds; ++round) {
    std::vector<net::HttpRequest> requests;
    std::vector<ZipReading*> asking;
    for (auto& reading : readings) {
      for (auto& request : reading.next()) {
        requests.push_back(std::move(request));
        asking.push_back(&reading);
      }
    }
    if (requests.empty()) break;
    auto responses = fetch_with_files(readings.front().http(), requests);
    for (std::size_t i = 0; i < asking.size(); ++i) asking[i]->take(requests[i], std::move(responses[i]));
  }
  std::vector<Result<std::vector<std::string>>> results;
  results.reserve(readings.size());
  for (const auto& reading : readings) results.push_back(reading.result());
  return results;
}

}  // namespace launch::index
