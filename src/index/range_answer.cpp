#include "index/range_answer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "net/content_range.hpp"

namespace launch::index {
namespace {

Error bad_part(const net::HttpRequest& request, std::string_view found) {
  return environment_error(
             fmt::format("{} returned the wrong part of the file: expected bytes {}-{}, found {}",
                         request.url, request.range->first, request.range->last, found))
      .hint("the server (or a proxy in front of it) mishandles range requests; use another mirror");
}

}  // namespace

Result<std::uint64_t> check_partial(const net::HttpResponse& response, const net::HttpRequest& request,
                                    std::optional<std::uint64_t> size) {
  const auto header = response.header("content-range");
  const auto content = header ? net::parse_content_range(*header) : std::nullopt;
  if (!content || !content->range) {
    return fail(
        bad_part(request, header ? fmt::format("Content-Range \"{}\"", *header) : "no Content-Range"));
  }
  const auto total = content->size ? content->size : size;
  if (!total) return fail(bad_part(request, "no length of the whole file"));
  if (size && *total != *size) {
    return fail(environment_error(fmt::format("{} has {} bytes, expected {}", request.url, *total, *size))
                    .hint("the file at this address was replaced; lock again, or use another mirror"));
  }
  const auto [first, last] = *content->range;
  const bool same = first == request.range->first && last == std::min(request.range->last, *total - 1);
  if (*total == 0 || !same) return fail(bad_part(request, fmt::format("{}-{}", first, last)));
  if (response.body.size() != last - first + 1)
    return fail(bad_part(request, count_of(response.body.size(), "byte")));
  return *total;
}

}  // namespace launch::index
