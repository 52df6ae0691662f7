#include <fmt/format.h>

#include "base/parallel.hpp"
#include "net/download.hpp"
#include "net/fetch.hpp"
#include "net/freshness.hpp"
#include "net/http_cache.hpp"

namespace launch::net {
namespace {

Error not_kept(const specs::Url& url) {
  return environment_error(fmt::format("cannot fetch {}: offline and not in the cache", url))
      .hint("run the command once without --offline to fill the cache");
}

class CurlHttpClient final : public HttpClient {
 public:
  CurlHttpClient(HttpOptions options, const Environment& environment, Clock& clock, Disk& disk)
      : session_(std::move(options), environment, clock, disk) {
    if (!session_.options.cache.empty()) cache_.emplace(session_.options.cache, disk);
  }

  Result<HttpResponse> fetch(const HttpRequest& request) override {
    return std::move(fetch_all({&request, 1}).front());
  }

  std::vector<Result<HttpResponse>> fetch_all(std::span<const HttpRequest> requests) override {
    std::vector<std::optional<Result<HttpResponse>>> answers(requests.size());
    std::vector<Question> open;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      // Answers from the cache are never requested, but the links in them use the same credentials.
      session_.credentials.learn(requests[i].url);
      Question question{.index = i, .kept = kept_for(requests[i])};
      if (auto answer = answer_without_asking(requests[i], question.kept)) {
        answers[i] = *std::move(answer);
      } else {
        open.push_back(std::move(question));
      }
    }
    std::vector<HttpRequest> asked;
    asked.reserve(open.size());
    for (const auto& question : open)
      asked.push_back(with_validators(requests[question.index], question.kept));
    auto brought = exchange_all(session_, asked);
    side_by_side(open.size(), [&](std::size_t i) {
      answers[open[i].index] = take(requests[open[i].index], std::move(open[i].kept), std::move(brought[i]));
    });
    std::vector<Result<HttpResponse>> out;
    out.reserve(answers.size());
    for (auto& answer : answers) out.push_back(*std::move(answer));
    return out;
  }

  std::vector<Result<DownloadResult>> download(std::span<const DownloadRequest> requests,
                                               std::string_view what, Reporter& reporter,
                                               std::stop_token stop) override {
    if (!session_.options.offline) return download_all(session_, requests, what, reporter, stop);
    std::vector<Result<DownloadResult>> out;
    for (const auto& request : requests) {
      out.emplace_back(fail(environment_error(fmt::format("cannot download {}: offline", request.url))));
    }
    return out;
  }

 private:
  struct Question {
    std::size_t index = 0;
    std::optional<KeptResponse> kept;
  };

  bool uses_cache(const HttpRequest& request) const { return cache_ && request.cache; }

  std::optional<KeptResponse> kept_for(const HttpRequest& request) const {
    auto kept = uses_cache(request) ? cache_->find(request) : std::nullopt;
    if (kept && kept->response.body.size() > request.most) kept.reset();
    return kept;
  }

  std::optional<Result<HttpResponse>> answer_without_asking(const HttpRequest& request,
                                                            const std::optional<KeptResponse>& kept) const {
    const auto& options = session_.options;
    if (options.offline) {
      if (kept) return kept->response;
      return fail(not_kept(request.url));
    }
    if (!kept || options.refresh) return std::nullopt;
    if (!is_fresh(kept->response, kept->stored, session_.clock.now(), options.default_freshness))
      return std::nullopt;
    return kept->response;
  }

  static HttpRequest with_validators(HttpRequest request, const std::optional<KeptResponse>& kept) {
    if (kept) {
      for (auto& header : revalidation_headers(kept->response)) request.headers.push_back(std::move(header));
    }
    return request;
  }

  Result<HttpResponse> take(const HttpRequest& request, std::optional<KeptResponse> kept,
                            Result<HttpResponse> brought) const {
    if (!brought || !uses_cache(request)) return brought;
    const auto now = session_.clock.now();
    if (brought->status == 304 && kept) {
      renew(kept->response, *brought);
      cache_->keep(request, kept->response, now);
      return std::move(kept->response);
    }
    if (may_be_kept(*brought)) {
      cache_->keep(request, *brought, now);
    } else if (brought->status < 500) {
      cache_->forget(request);
    }
    return brought;
  }

  Session session_;
  std::optional<HttpCache> cache_;
};

}  // namespace

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::remove:
      return "DELETE";
  }
  return "GET";
}

bool has_body(Method method) {
  return method == Method::post || method == Method::put || method == Method::patch;
}

bool only_reads(Method method) {
  return method == Method::get || method == Method::head;
}

std::unique_ptr<HttpClient> make_http_client(HttpOptions options, const Environment& environment,
                                             Clock& clock, Disk& disk) {
  return std::make_unique<CurlHttpClient>(std::move(options), environment, clock, disk);
}

}  // namespace launch::net
