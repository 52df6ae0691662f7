#include "registry/push.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "registry/answers.hpp"
#include "registry/blob_upload.hpp"

namespace launch::registry {
namespace {

/// All repositories that blobs may be mounted from.
std::vector<std::string> mounted_from(const PushRequest& request) {
  std::set<std::string> all;
  for (const auto& blob : request.blobs) all.insert(blob.mount_from.begin(), blob.mount_from.end());
  return {all.begin(), all.end()};
}

class Push {
 public:
  Push(const PushRequest& request, net::HttpClient& http, const Work& work, const PushOptions& options)
      : request_(request),
        options_(options),
        work_(work),
        session_(http, request.place, request.access, Action::push, mounted_from(request)),
        pushed_{.digest = Digest::of(request.top.text)} {
    for (const auto& blob : request.blobs) total_ += blob.content->size();
  }

  Result<Pushed> run() {
    const auto name = request_.tag.empty() ? pushed_.digest.text() : request_.tag;
    TRY_ASSIGN(const bool there, has_manifest(name, pushed_.digest));
    if (there) {
      pushed_.present = request_.blobs.size();
      return pushed_;
    }
    TRY(push_blobs());
    for (const auto& manifest : request_.manifests)
      TRY(put_manifest(Digest::of(manifest.text).text(), manifest));
    TRY(put_manifest(name, request_.top));
    return pushed_;
  }

 private:
  Result<bool> has_manifest(const std::string& name, const Digest& digest) {
    const auto url = request_.place.manifest(name);
    TRY_ASSIGN(const auto response, session_.send({.url = url,
                                                   .method = net::Method::head,
                                                   .headers = {{"Accept", request_.top.media_type}}}));
    if (response.status == 200) return response.header("docker-content-digest") == digest.text();
    // Not all registries say 404 of a repository that does not exist yet, or of a manifest of another type.
    if (response.status == 401 || response.status == 403 || response.status >= 500)
      return fail(refused(url, response, "200 or 404", kPushHints));
    return false;
  }

  Result<void> push_blobs() {
    std::atomic<std::size_t> next = 0;
    const auto take_turns = [&] {
      for (auto i = next++; i < request_.blobs.size() && !failed_; i = next++) push_blob(request_.blobs[i]);
    };
    {
      std::vector<std::jthread> others;
      for (std::size_t i = 1; i < std::min(options_.parallel, request_.blobs.size()); ++i)
        others.emplace_back(take_turns);
      take_turns();
    }
    if (error_) return fail(*std::move(error_));
    return {};
  }

  void push_blob(const PushBlob& blob) {
    const auto size = blob.content->size();
    std::uint64_t counted = 0;
    const auto advance = [&](std::uint64_t bytes) {
      counted += bytes;
      work_.reporter.progress("pushing", done_ += bytes, total_);
    };
    const auto fate = during(BlobUpload(session_, blob, options_, work_, failed_, advance).run(),
                             fmt::format("pushing {} ({})", blob.name, blob.digest.text()));
    if (fate && counted < size) advance(size - counted);
    const std::lock_guard guard(mutex_);
    if (!fate) {
      failed_ = true;
      if (!error_) error_ = fate.error();
      return;
    }
    pushed_.present += *fate == Fate::present ? 1 : 0;
    pushed_.mounted += *fate == Fate::mounted ? 1 : 0;
    pushed_.sent += *fate == Fate::sent ? 1 : 0;
    pushed_.sent_bytes += *fate == Fate::sent ? size : 0;
  }

  Result<void> put_manifest(const std::string& name, const PushManifest& manifest) {
    if (work_.stop.stop_requested())
      return fail(environment_error(fmt::format("stopped before the manifest {} was pushed", name)));
    const auto url = request_.place.manifest(name);
    TRY_ASSIGN(const auto response, session_.send({.url = url,
                                                   .method = net::Method::put,
                                                   .headers = {{"Content-Type", manifest.media_type}},
                                                   .body = net::body_of_text(manifest.text),
                                                   .repeatable = true}));
    if (!response.ok()) return fail(refused(url, response, "201", kPushHints));
    const auto digest = Digest::of(manifest.text).text();
    const auto stored = response.header("docker-content-digest").value_or(digest);
    if (stored == digest) return {};
    return fail(garbage(url, fmt::format("it stored {}, expected {}", stored, digest)));
  }

  const PushRequest& request_;
  const PushOptions& options_;
  const Work& work_;
  Session session_;
  Pushed pushed_;
  std::uint64_t total_ = 0;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace

Result<Pushed> push(const PushRequest& request, net::HttpClient& http, const Work& work,
                    const PushOptions& options) {
  return during(Push(request, http, work, options).run(),
                fmt::format("pushing {}/{}", request.place.host, request.place.repository));
}

}  // namespace launch::registry
