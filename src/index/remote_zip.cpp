#include "index/remote_zip.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "index/file_urls.hpp"
#include "index/problems.hpp"
#include "index/range_answer.hpp"
#include "net/content_range.hpp"

namespace launch::index {
namespace {

constexpr std::uint64_t kMostDirectory = std::uint64_t{256} << 20;

net::HttpRequest part_request(const specs::Url& url, net::ByteRange range,
                              const std::optional<std::string>& etag, bool cache) {
  net::HttpRequest request{.url = url, .range = range, .most = range.last - range.first + 1, .cache = cache};
  if (etag) request.headers.emplace_back("If-Range", *etag);
  return request;
}

}  // namespace

bool RangeMemory::refuses(const specs::Url& url) const {
  const std::lock_guard guard(mutex_);
  return origins_.contains(url.origin());
}

void RangeMemory::remember(const specs::Url& url) {
  const std::lock_guard guard(mutex_);
  origins_.insert(url.origin());
}

/// The steps from a location to a directory, one request at a time.
class ZipOpening {
 public:
  ZipOpening(net::HttpClient& http, const ZipLocation& location, std::uint64_t most_whole,
             RangeMemory* memory)
      : http_(http),
        location_(location),
        most_whole_(most_whole),
        memory_(memory),
        zip_(RemoteZip(http, location.url)) {
    if (location_.size == 0) location_.size.reset();
    begin();
  }

  /// The next request; nullopt when finished.
  std::optional<net::HttpRequest> next() const {
    switch (step_) {
      case Step::length:
        return first_request({0, 0});
      case Step::tail:
        return first_request({*known_ - std::clamp<std::uint64_t>(location_.tail, 1, *known_), *known_ - 1});
      case Step::directory:
        return part_request(zip_->url_, {end_.directory_offset, zip_->pieces_.front().first - 1}, zip_->etag_,
                            zip_->cache_);
      case Step::whole:
        return net::HttpRequest{.url = zip_->url_, .most = most_whole_, .cache = zip_->cache_};
      case Step::over:
        break;
    }
    return std::nullopt;
  }

  void take(const net::HttpRequest& request, Result<net::HttpResponse> response) {
    auto taken = response ? take_response(request, *std::move(response)) : fail(std::move(response.error()));
    if (taken) return;
    if (zip_ && zip_->from_cache_) {
      // The cached parts may be of a file that was replaced since: retry with the server only.
      location_.cache = false;
      begin();
    } else {
      give_up(std::move(taken.error()));
    }
  }

  Result<RemoteZip> result() && { return std::move(zip_); }

 private:
  enum class Step { length, tail, directory, whole, over };

  void begin() {
    zip_ = RemoteZip(http_, location_.url);
    zip_->cache_ = location_.cache;
    known_ = location_.size;
    step_ = known_ ? Step::tail : Step::length;
    if (memory_ != nullptr && memory_->refuses(location_.url)) read_whole();
  }

  void give_up(Error error) {
    zip_ = fail(std::move(error));
    step_ = Step::over;
  }

  bool too_large() const { return known_ && *known_ > most_whole_; }

  /// A request before it is known whether the server supports ranges: the answer may be the whole file.
  net::HttpRequest first_request(net::ByteRange range) const {
    auto request = part_request(zip_->url_, range, zip_->etag_, zip_->cache_);
    if (!too_large()) request.most = std::max(request.most, most_whole_);
    return request;
  }

  Result<void> take_response(const net::HttpRequest& request, net::HttpResponse response) {
    zip_->from_cache_ = zip_->from_cache_ || response.from_cache;
    const bool over_the_wire = !response.from_cache && request.url.local_path().empty();
    if (over_the_wire) zip_->fetched_ += response.body.size();
    if (response.too_long) return fail(zip_->etag_ ? replaced_meanwhile(zip_->url_) : no_parts(response));
    if (response.status == 200) return take_whole(std::move(response));
    if (step_ == Step::whole) return fail(unexpected_status(zip_->url_, response.status, "the file (200)"));
    switch (response.status) {
      case 206:
        return take_part(request, std::move(response));
      case 405:
      case 501:
        read_whole();
        return {};
      case 416:
        return fail(beyond_end(response));
      default:
        return fail(unexpected_status(zip_->url_, response.status, "a part of the file (206)"));
    }
  }

  Error beyond_end(const net::HttpResponse& response) const {
    const auto range = net::parse_content_range(response.header("content-range").value_or(""));
    const auto found = range && range->size ? count_of(*range->size, "byte") : std::string("fewer bytes");
    const auto expected = known_ ? std::to_string(*known_) : std::string("at least one");
    return environment_error(fmt::format("{} has {}, expected {}", zip_->url_, found, expected))
        .hint("the file at this address was replaced; lock again, or use another mirror");
  }

  void read_whole() {
    if (memory_ != nullptr) memory_->remember(zip_->url_);
    if (!too_large()) {
      step_ = Step::whole;
      return;
    }
    give_up(no_parts({}));
  }

  Error no_parts(const net::HttpResponse& response) const {
    if (memory_ != nullptr) memory_->remember(zip_->url_);
    const auto length = known_ ? known_ : parse_u64(response.header("content-length").value_or(""));
    return environment_error(
               fmt::format("{} cannot be read in parts: its server does not support range requests, and the "
                           "whole file has {}",
                           zip_->url_,
                           length ? human_bytes(*length) : "more than " + human_bytes(most_whole_)))
        .hint("use a mirror that supports range requests");
  }

  Result<void> take_whole(net::HttpResponse response) {
    if (zip_->etag_) return fail(replaced_meanwhile(zip_->url_));
    if (step_ != Step::whole && memory_ != nullptr) memory_->remember(zip_->url_);
    const std::uint64_t size = response.body.size();
    if (known_ && *known_ != size) {
      return fail(
          environment_error(fmt::format("{} has {} bytes, expected {}", zip_->url_, size, *known_))
              .hint("the file at this address was replaced or truncated; try again, or use another mirror"));
    }
    known_ = size;
    zip_->pieces_ = {FilePiece{0, std::move(response.body)}};
    return read_end();
  }

  Result<void> take_part(const net::HttpRequest& request, net::HttpResponse response) {
    const auto etag = net::strong_etag(response.headers);
    if (zip_->etag_ && etag != zip_->etag_) return fail(replaced_meanwhile(zip_->url_));
    TRY_ASSIGN(known_, check_partial(response, request, known_));
    zip_->etag_ = etag;
    if (step_ == Step::length) {
      step_ = Step::tail;
      return {};
    }
    if (step_ == Step::tail) {
      zip_->pieces_ = {FilePiece{request.range->first, std::move(response.body)}};
      return read_end();
    }
    auto& piece = zip_->pieces_.front();
    piece.bytes.insert(0, response.body);
    piece.first = request.range->first;
    return read_directory();
  }

  Result<void> read_end() {
    zip_->size_ = *known_;
    const auto& tail = zip_->pieces_.front();
    const auto end = archive::parse_zip_end(tail.bytes, zip_->size_);
    if (!end) return fail(damaged_zip(end.error(), zip_->url_));
    end_ = *end;
    if (end_.directory_size > kMostDirectory) {
      return fail(damaged_zip(
          environment_error(fmt::format("its directory has {}", human_bytes(end_.directory_size))),
          zip_->url_));
    }
    if (end_.directory_offset >= tail.first) return read_directory();
    step_ = Step::directory;
    return {};
  }

  Result<void> read_directory() {
    const auto& piece = zip_->pieces_.front();
    const auto bytes =
        std::string_view(piece.bytes).substr(end_.directory_offset - piece.first, end_.directory_size);
    auto entries = archive::parse_zip_directory(bytes, end_);
    if (!entries) return fail(damaged_zip(entries.error(), zip_->url_));
    zip_->entries_ = *std::move(entries);
    for (const auto& entry : zip_->entries_) zip_->places_.push_back(entry.header_offset);
    zip_->places_.push_back(end_.directory_offset);
    std::sort(zip_->places_.begin(), zip_->places_.end());
    step_ = Step::over;
    return {};
  }

  net::HttpClient& http_;
  ZipLocation location_;
  std::uint64_t most_whole_;
  RangeMemory* memory_;
  Result<RemoteZip> zip_;
  std::optional<std::uint64_t> known_;
  Step step_ = Step::over;
  archive::ZipEnd end_;
};

Result<RemoteZip> RemoteZip::open(net::HttpClient& http, specs::Url url, std::optional<std::uint64_t> size,
                                  std::uint64_t tail, std::uint64_t most_whole, RangeMemory* memory) {
  const ZipLocation location{.url = std::move(url), .size = size, .tail = tail};
  return std::move(open_all(http, {&location, 1}, most_whole, memory).front());
}

std::vector<Result<RemoteZip>> RemoteZip::open_all(net::HttpClient& http,
                                                   std::span<const ZipLocation> locations,
                                                   std::uint64_t most_whole, RangeMemory* memory) {
  std::vector<ZipOpening> openings;
  for (const auto& location : locations) openings.emplace_back(http, location, most_whole, memory);
  while (true) {
    std::vector<net::HttpRequest> requests;
    std::vector<ZipOpening*> asking;
    for (auto& opening : openings) {
      if (auto request = opening.next()) {
        requests.push_back(*std::move(request));
        asking.push_back(&opening);
      }
    }
    if (requests.empty()) break;
    auto responses = fetch_with_files(http, requests);
    for (std::size_t i = 0; i < asking.size(); ++i) asking[i]->take(requests[i], std::move(responses[i]));
  }
  std::vector<Result<RemoteZip>> zips;
  zips.reserve(openings.size());
  for (auto& opening : openings) zips.push_back(std::move(opening).result());
  return zips;
}

RemoteZip RemoteZip::known(net::HttpClient& http, specs::Url url, ZipOutline outline) {
  RemoteZip zip(http, std::move(url));
  zip.size_ = outline.size;
  zip.entries_ = std::move(outline.entries);
  zip.places_ = std::move(outline.places);
  zip.cache_ = false;
  return zip;
}

void RemoteZip::keep_only(const std::function<bool(const archive::ZipEntry&)>& wanted) {
  pieces_ = {};
  std::erase_if(entries_, [&](const archive::ZipEntry& entry) { return !wanted(entry); });
  entries_.shrink_to_fit();
  std::vector<std::uint64_t> places;
  places.reserve(2 * entries_.size());
  for (const auto& entry : entries_) {
    places.push_back(entry.header_offset);
    const auto next = std::upper_bound(places_.begin(), places_.end(), entry.header_offset);
    if (next != places_.end()) places.push_back(*next);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  places_ = std::move(places);
}

const archive::ZipEntry* RemoteZip::find(std::string_view name) const {
  const auto at = std::find_if(entries_.rbegin(), entries_.rend(),
                               [&](const archive::ZipEntry& e) { return e.name == name; });
  return at == entries_.rend() ? nullptr : &*at;
}

Result<std::vector<std::string>> RemoteZip::read(std::span<const archive::ZipEntry* const> wanted) const {
  const Wish wish{this, {wanted.begin(), wanted.end()}};
  return std::move(read_all({&wish, 1}).front());
}

}  // namespace launch::index
