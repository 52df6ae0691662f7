#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "net/retry.hpp"
#include "net/status.hpp"
#include "registry/push.hpp"

namespace launch::registry {

/// What a registry's refusal means for somebody who pushes.
extern const net::StatusHints kPushHints;

enum class Fate { present, mounted, sent };

/// The upload of one blob.
class BlobUpload {
 public:
  /// `advance` is called with the number of bytes that were sent for the first time; `failed` says that
  /// another blob's upload has failed.
  BlobUpload(Session& session, const PushBlob& blob, const PushOptions& options, const Work& work,
             const std::atomic<bool>& failed, std::function<void(std::uint64_t)> advance)
      : session_(session),
        blob_(blob),
        options_(options),
        work_(work),
        failed_(failed),
        advance_(std::move(advance)) {}

  Result<Fate> run();

 private:
  enum class Step { done, again, restart };

  Result<bool> exists();
  Result<net::HttpResponse> post(const specs::Url& url);
  Result<std::optional<Fate>> begin();
  Result<Step> send_all();
  Result<Step> send_chunk();
  Result<Step> finish();
  Result<Step> ask_where();
  /// Notes how much the registry has.
  void arrived(std::uint64_t end);
  /// Waits before another try, or gives up with `error`.
  Result<void> failed_once(Error error, const net::HttpResponse* response = nullptr);
  Result<void> take_location(const net::HttpResponse& response);
  Result<void> may_go_on() const;
  void cancel();
  net::Body counted(std::uint64_t offset, std::uint64_t size);
  std::uint64_t size() const { return blob_.content->size(); }

  Session& session_;
  const PushBlob& blob_;
  const PushOptions& options_;
  const Work& work_;
  const std::atomic<bool>& failed_;
  std::function<void(std::uint64_t)> advance_;
  net::Backoff backoff_{options_.retry_base};
  specs::Url location_;       ///< of the upload
  std::uint64_t offset_ = 0;  ///< what the registry has
  bool whole_ = false;        ///< in one request
  int failures_ = 0;          ///< since the last progress
  std::uint64_t best_ = 0;    ///< the furthest that an upload of the blob ever came
  std::atomic<std::uint64_t> counted_ = 0;
};

}  // namespace launch::registry
