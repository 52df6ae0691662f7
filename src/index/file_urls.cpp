#include "index/file_urls.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"

namespace launch::index {
namespace {

Result<std::string> read_part(int fd, const std::filesystem::path& path, std::uint64_t offset,
                              std::uint64_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto count =
        ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(io_error("read", path, errno));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

Result<net::HttpResponse> answer_from_disk(const net::HttpRequest& request) {
  const auto path = request.url.local_path();
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(io_error("read", path, errno));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail(io_error("read", path, errno));
  if (!S_ISREG(info.st_mode))
    return fail(environment_error(fmt::format("cannot read {}: not a file", path.string())));
  const auto size = static_cast<std::uint64_t>(info.st_size);
  net::HttpResponse response;
  response.url = request.url;
  response.status = request.range ? 206 : 200;
  std::uint64_t first = 0;
  std::uint64_t end = size;
  if (request.range) {
    first = request.range->first;
    end = std::min(size, request.range->last + 1);
    if (first >= size) {
      response.status = 416;
      response.headers.emplace_back("content-range", fmt::format("bytes */{}", size));
      return response;
    }
    response.headers.emplace_back("content-range", fmt::format("bytes {}-{}/{}", first, end - 1, size));
  }
  if (end - first > request.most) {
    return fail(environment_error(fmt::format("{} has {}, more than the limit of {}", path.string(),
                                              human_bytes(end - first), human_bytes(request.most))));
  }
  TRY_ASSIGN(response.body, read_part(fd.get(), path, first, end - first));
  return response;
}

}  // namespace

std::vector<Result<net::HttpResponse>> fetch_with_files(net::HttpClient& http,
                                                        std::span<const net::HttpRequest> requests) {
  std::vector<net::HttpRequest> remote;
  std::copy_if(requests.begin(), requests.end(), std::back_inserter(remote),
               [](const net::HttpRequest& request) { return request.url.local_path().empty(); });
  auto responses = http.fetch_all(remote);
  std::vector<Result<net::HttpResponse>> all;
  all.reserve(requests.size());
  auto next = responses.begin();
  for (const auto& request : requests) {
    if (request.url.local_path().empty()) {
      all.push_back(std::move(*next++));
    } else {
      all.push_back(answer_from_disk(request));
    }
  }
  return all;
}

}  // namespace launch::index
