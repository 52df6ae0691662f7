#include "registry/blob_upload.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "net/retry.hpp"
#include "registry/answers.hpp"

namespace launch::registry {

const net::StatusHints kPushHints = {
    .refused =
        "the registry does not let this user push here: run `podman login` or `docker login` for it, and "
        "check "
        "the repository's name",
    .missing = "check the repository's name, and that the registry accepts OCI images",
    .rate_limited = "try again later: blobs that are complete are not sent again",
    .server_error = "try again later: blobs that are complete are not sent again",
};

namespace {

constexpr auto kBytes = "application/octet-stream";

/// Reports each byte that is read for the first time.
class CountedBody final : public net::BodySource {
 public:
  CountedBody(net::Body whole, std::uint64_t offset, std::function<void(std::uint64_t)> read_up_to)
      : whole_(std::move(whole)), offset_(offset), read_up_to_(std::move(read_up_to)) {}
  std::uint64_t size() const override { return whole_->size(); }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const override {
    auto got = whole_->read(offset, buffer);
    if (got) read_up_to_(offset_ + offset + *got);
    return got;
  }

 private:
  net::Body whole_;
  std::uint64_t offset_;
  std::function<void(std::uint64_t)> read_up_to_;
};

bool has_no_chunks(const net::HttpResponse& response) {
  constexpr int kNotAllowed = 405;
  constexpr int kNotImplemented = 501;
  return response.status == kNotAllowed || response.status == kNotImplemented ||
         complaint(response).starts_with("UNSUPPORTED");
}

/// The upload no longer exists, or the registry rejects its state.
bool is_lost(const net::HttpResponse& response) {
  const auto words = complaint(response);
  return response.status == 404 || words.starts_with("BLOB_UPLOAD_UNKNOWN") ||
         words.starts_with("BLOB_UPLOAD_INVALID");
}

bool is_out_of_order(const net::HttpResponse& response) {
  return response.status == 416;
}

/// How many bytes an upload has, by its header "Range: 0-99"; nullopt without one.
std::optional<std::uint64_t> received(const net::HttpResponse& response) {
  auto range = response.header("range").value_or("");
  if (range.starts_with("bytes=")) range = range.substr(6);
  if (!range.starts_with("0-")) return std::nullopt;
  const auto last = parse_u64(range.substr(2));
  if (!last) return std::nullopt;
  return *last == 0 ? 0 : *last + 1;  // "0-0" is what registries say of an empty upload
}

}  // namespace

Result<Fate> BlobUpload::run() {
  TRY_ASSIGN(const bool there, exists());
  if (there) return Fate::present;
  while (true) {
    TRY_ASSIGN(const auto fate, begin());
    if (fate) return *fate;
    auto step = send_all();
    if (!step) {
      cancel();
      return fail(std::move(step.error()));
    }
    if (*step == Step::done) return Fate::sent;
    cancel();
  }
}

Result<bool> BlobUpload::exists() {
  const auto url = session_.place().blob(blob_.digest);
  TRY_ASSIGN(const auto response, session_.send({.url = url, .method = net::Method::head}));
  if (response.status == 404) return false;
  if (response.status != 200) return fail(refused(url, response, "200 or 404", kPushHints));
  const auto found = response.header("content-length").value_or(fmt::to_string(size()));
  if (parse_u64(found) != size())
    return fail(garbage(url, fmt::format("it has {} bytes, expected {}", found, size())));
  return true;
}

/// Asks for an upload until the registry grants or refuses it.
Result<net::HttpResponse> BlobUpload::post(const specs::Url& url) {
  while (true) {
    TRY(may_go_on());
    auto response = session_.send({.url = url, .method = net::Method::post});
    if (response && !net::is_retryable_status(response->status)) return response;
    auto error =
        response ? refused(url, *response, "an upload (202)", kPushHints) : std::move(response.error());
    TRY(failed_once(std::move(error), response ? &*response : nullptr));
  }
}

/// Starts an upload; a fate if there is nothing to send.
Result<std::optional<Fate>> BlobUpload::begin() {
  constexpr int kCreated = 201;
  constexpr int kAccepted = 202;
  const auto uploads = session_.place().base.extend_path("/blobs/uploads/");
  for (const auto& from : blob_.mount_from) {
    const auto url = uploads.with_parameter("mount", blob_.digest.text()).with_parameter("from", from);
    TRY_ASSIGN(const auto response, post(url));
    if (response.status == kCreated) return Fate::mounted;
    if (response.status != kAccepted) continue;
    TRY(take_location(response));
    if (&from == &blob_.mount_from.back()) return std::nullopt;
    cancel();  // the next repository may have it
  }
  TRY_ASSIGN(const auto response, post(uploads));
  if (response.status != kAccepted) return fail(refused(uploads, response, "an upload (202)", kPushHints));
  TRY(take_location(response));
  return std::nullopt;
}

Result<BlobUpload::Step> BlobUpload::send_all() {
  const bool in_chunks = !whole_ && size() > options_.chunk;
  while (in_chunks && offset_ < size()) {
    TRY(may_go_on());
    TRY_ASSIGN(const auto step, send_chunk());
    if (step == Step::restart) return step;
  }
  TRY(may_go_on());
  return finish();
}

Result<BlobUpload::Step> BlobUpload::send_chunk() {
  const auto count = std::min(options_.chunk, size() - offset_);
  net::HttpRequest request{.url = location_, .method = net::Method::patch, .body = counted(offset_, count)};
  request.headers = {{"Content-Type", kBytes},
                     {"Content-Range", fmt::format("{}-{}", offset_, offset_ + count - 1)}};
  auto response = session_.send(std::move(request));
  if (!response) {
    TRY(failed_once(std::move(response.error())));
    return ask_where();
  }
  if (response->ok()) {
    TRY(take_location(*response));
    const auto end = received(*response).value_or(offset_ + count);
    if (end > offset_ + count || end <= offset_) {
      TRY(failed_once(garbage(
          location_, fmt::format("it has {} bytes of the upload, expected {}", end, offset_ + count))));
      return Step::restart;
    }
    arrived(end);
    return Step::again;
  }
  auto error = refused(location_, *response, "202", kPushHints);
  if (has_no_chunks(*response) && offset_ == 0) {
    log_debug("{} takes no chunks; sending blobs whole", session_.place().host);
    whole_ = true;
    return Step::restart;
  }
  if (is_lost(*response)) {
    TRY(failed_once(std::move(error), &*response));
    return Step::restart;
  }
  if (!is_out_of_order(*response) && !net::is_retryable_status(response->status))
    return fail(std::move(error));
  TRY(failed_once(std::move(error), &*response));
  return ask_where();
}

/// Asks what arrived of a chunk that failed.
Result<BlobUpload::Step> BlobUpload::ask_where() {
  const auto response = session_.send({.url = location_});
  if (!response || !response->ok()) return Step::restart;
  const auto end = received(*response);
  if (!end || *end > size()) return Step::restart;
  if (response->header("location")) {
    TRY(take_location(*response));
  }
  arrived(*end);
  return Step::again;
}

void BlobUpload::arrived(std::uint64_t end) {
  offset_ = end;
  if (end <= best_) return;
  best_ = end;
  failures_ = 0;
}

/// Closes the upload, with the whole blob if it was not sent in chunks.
Result<BlobUpload::Step> BlobUpload::finish() {
  const bool chunked = offset_ == size() && size() > 0;
  net::HttpRequest request{.url = location_.with_parameter("digest", blob_.digest.text()),
                           .method = net::Method::put,
                           .headers = {{"Content-Type", kBytes}}};
  if (!chunked) request.body = counted(0, size());
  auto response = session_.send(std::move(request));
  if (response && response->ok()) {
    const auto stored = response->header("docker-content-digest").value_or(blob_.digest.text());
    if (stored == blob_.digest.text()) return Step::done;
    return fail(garbage(location_, fmt::format("it stored {}, expected {}", stored, blob_.digest.text())));
  }
  const bool again = !response || net::is_retryable_status(response->status) || is_lost(*response) ||
                     is_out_of_order(*response) || complaint(*response).starts_with("DIGEST_INVALID");
  auto error = response ? refused(location_, *response, "201", kPushHints) : std::move(response.error());
  if (!again) return fail(std::move(error));
  TRY(failed_once(std::move(error), response ? &*response : nullptr));
  TRY_ASSIGN(const bool there, exists());  // the answer may have been lost
  return there ? Step::done : Step::restart;
}

Result<void> BlobUpload::failed_once(Error error, const net::HttpResponse* response) {
  if (work_.stop.stop_requested() || ++failures_ >= options_.tries) return fail(std::move(error));
  log_debug("pushing {}: {}; trying again", blob_.name, error.message());
  const auto header = response == nullptr ? std::nullopt : response->header("retry-after");
  const auto asked = header ? net::parse_retry_after(*header, work_.clock.now()) : std::nullopt;
  work_.clock.sleep(backoff_.wait(failures_ - 1, asked), work_.stop);
  return {};
}

Result<void> BlobUpload::take_location(const net::HttpResponse& response) {
  const auto from = location_.empty() ? session_.place().base : location_;
  const auto base = response.url.empty() ? from : response.url;
  const auto location = base.resolve(response.header("location").value_or(""));
  if (!response.header("location") || !location || !location->is_http())
    return fail(garbage(base, "expected the address of the upload (Location)"));
  if (base.scheme() == "https" && location->scheme() != "https")
    return fail(garbage(base, fmt::format("it wants the upload sent to {} without encryption", *location)));
  location_ = *location;
  return {};
}

Result<void> BlobUpload::may_go_on() const {
  if (!failed_ && !work_.stop.stop_requested()) return {};
  return fail(environment_error(fmt::format("stopped before {} was pushed", blob_.name)));
}

/// Asks the registry to discard the upload. A failure does no harm.
void BlobUpload::cancel() {
  if (location_.empty()) return;
  const auto ignored = session_.send({.url = std::exchange(location_, {}), .method = net::Method::remove});
  offset_ = 0;
}

net::Body BlobUpload::counted(std::uint64_t offset, std::uint64_t size) {
  return std::make_shared<CountedBody>(net::body_part(blob_.content, offset, size), offset,
                                       [this](std::uint64_t end) {
                                         if (end <= counted_) return;
                                         advance_(end - counted_);
                                         counted_ = end;
                                       });
}

}  // namespace launch::registry
