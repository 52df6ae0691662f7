#include "index/range_answer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::index {
namespace {

Error bad_part(const net::HttpRequest& request, std::string_view found) {
  return world_error(fmt::format("{} answers a wrong part of the file: expected bytes {}-{}, found {}",
                                 net::redact(request.url), request.range->first, request.range->last, found))
      .hint("the server (or a proxy before it) mishandles range requests; use another mirror");
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  const auto parts = split(text.substr(kUnit.size()), '/');
  if (parts.size() != 2) return std::nullopt;
  ContentRange result;
  if (parts[1] != "*") {
    result.size = parse_u64(parts[1]);
    if (!result.size) return std::nullopt;
  }
  if (parts[0] == "*") return result;
  const auto ends = split(parts[0], '-');
  if (ends.size() != 2) return std::nullopt;
  const auto first = parse_u64(ends[0]);
  const auto last = parse_u64(ends[1]);
  if (!first || !last || *last < *first) return std::nullopt;
  result.range = net::ByteRange{*first, *last};
  return result;
}

std::string strong_etag(const net::HttpResponse& response) {
  const auto etag = response.header("etag").value_or("");
  return etag.starts_with('"') ? etag : std::string();
}

Result<std::uint64_t> check_partial(const net::HttpResponse& response, const net::HttpRequest& request,
                                    std::optional<std::uint64_t> size) {
  const auto header = response.header("content-range");
  const auto content = header ? parse_content_range(*header) : std::nullopt;
  if (!content || !content->range) {
    return fail(bad_part(
        request, header ? fmt::format("Content-Range \"{}\"", printable(*header)) : "no Content-Range"));
  }
  const auto total = content->size ? content->size : size;
  if (!total) return fail(bad_part(request, "no length of the whole file"));
  if (size && *total != *size) {
    return fail(
        world_error(fmt::format("{} has {} bytes, expected {}", net::redact(request.url), *total, *size))
            .hint("the file behind this address was replaced; lock again, or use another mirror"));
  }
  const auto [first, last] = *content->range;
  const bool same = first == request.range->first && last == std::min(request.range->last, *total - 1);
  if (*total == 0 || !same) return fail(bad_part(request, fmt::format("{}-{}", first, last)));
  if (response.body.size() != last - first + 1)
    return fail(bad_part(request, count_of(response.body.size(), "byte")));
  return *total;
}

}  // namespace launch::index
