#include <algorithm>

#include <fmt/format.h>

#include "archive/zip.hpp"
#include "fuzz/fuzz.hpp"
#include "index/remote_zip.hpp"

namespace launch::fuzz {
namespace {

/// A server that has one file, and sends parts of it.
class FileServer final : public net::HttpClient {
 public:
  explicit FileServer(std::string_view bytes) : bytes_(bytes) {}

  Result<net::HttpResponse> fetch(const net::HttpRequest& request) override {
    net::HttpResponse response{.status = 200, .headers = {{"etag", "\"1\""}}, .body = std::string(bytes_)};
    if (!request.range) return response;
    if (request.range->first >= bytes_.size())
      return net::HttpResponse{.status = 416, .headers = {}, .body = {}};
    const auto last = std::min<std::uint64_t>(request.range->last, bytes_.size() - 1);
    response.status = 206;
    response.body = bytes_.substr(request.range->first, last - request.range->first + 1);
    response.headers.emplace_back("content-range",
                                  fmt::format("bytes {}-{}/{}", request.range->first, last, bytes_.size()));
    return response;
  }

  std::vector<Result<net::HttpResponse>> fetch_all(std::span<const net::HttpRequest> requests) override {
    std::vector<Result<net::HttpResponse>> responses;
    responses.reserve(requests.size());
    for (const auto& request : requests) responses.push_back(fetch(request));
    return responses;
  }

  std::vector<Result<net::DownloadResult>> download(std::span<const net::DownloadRequest> /*requests*/,
                                                    std::string_view /*what*/, Reporter& /*reporter*/,
                                                    std::stop_token /*stop*/) override {
    return {};
  }

 private:
  std::string_view bytes_;
};

void check_contents(const archive::ZipFile& whole, const index::RemoteZip& remote) {
  require(whole.entries().size() == remote.entries().size(), "both have the same entries");
  for (std::size_t i = 0; i < whole.entries().size(); ++i) {
    const auto& entry = remote.entries()[i];
    require(entry.name == whole.entries()[i].name, "both name an entry alike", entry.name);
    const auto* const wanted = &entry;
    const auto read = remote.read({&wanted, 1});
    const auto expected = whole.read(whole.entries()[i]);
    if (!parsed(read) || !expected) continue;
    require(read->front() == *expected, "both have the same content", entry.name);
  }
}

}  // namespace

/// A zip file on a server, read in parts, which must agree with the same file read as a whole.
void fuzz_remote_zip(std::string_view bytes) {
  const auto whole = archive::ZipFile::open(bytes);
  FileServer server(bytes);
  const auto url = *specs::Url::parse("https://pypi.example/a.whl");
  for (const std::uint64_t tail : {std::uint64_t{1}, std::uint64_t{64}, index::kTail}) {
    const auto remote = index::RemoteZip::open(server, url, std::nullopt, tail);
    if (parsed(remote) && whole) check_contents(*whole, *remote);
    if (tail == index::kTail)
      require(remote.has_value() == whole.has_value(), "both accept the file, or neither",
              whole ? "" : whole.error().message(), remote ? "" : remote.error().message());
  }
}

}  // namespace launch::fuzz
