#include "net/http_cache.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace launch::net {
namespace {

using std::chrono::milliseconds;

/// The first line of a cache file; files of another format count as missing.
constexpr std::string_view kFormat = "launch http cache 1\n";

/// The latest time that the clock can represent.
constexpr auto kLatest =
    std::chrono::floor<milliseconds>(std::chrono::system_clock::time_point::max().time_since_epoch());

std::string to_file(const std::string& key, const HttpResponse& response,
                    std::chrono::system_clock::time_point when) {
  const auto stored = std::chrono::duration_cast<milliseconds>(when.time_since_epoch()).count();
  const nlohmann::json head = {{"key", key},
                               {"url", response.url.with_secrets()},
                               {"status", response.status},
                               {"headers", response.headers},
                               {"stored", stored},
                               {"sha256", sha256_hex(response.body)}};
  const auto line = json_text(head);
  std::string text;
  text.reserve(kFormat.size() + line.size() + 1 + response.body.size());
  text.append(kFormat).append(line).append("\n").append(response.body);
  return text;
}

std::optional<KeptResponse> from_file(std::string_view text, const std::string& key) {
  if (!text.starts_with(kFormat)) return std::nullopt;
  text.remove_prefix(kFormat.size());
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto head = parse_json<nlohmann::json>(text.substr(0, end));
  if (!head.is_object()) return std::nullopt;
  const auto body = text.substr(end + 1);
  try {
    if (head.at("key") != key || head.at("sha256") != sha256_hex(body)) return std::nullopt;
    const auto status = json_integer<int>(head.at("status"));
    const auto stored = json_integer<std::int64_t>(head.at("stored"));
    if (!status || !stored || *stored < 0 || milliseconds(*stored) > kLatest) return std::nullopt;
    KeptResponse kept;
    kept.response.status = *status;
    kept.response.headers = head.at("headers");
    kept.response.url = specs::Url::parse(head.at("url").get<std::string>()).value_or(specs::Url());
    kept.response.body = body;
    kept.response.from_cache = true;
    kept.stored = std::chrono::system_clock::time_point(milliseconds(*stored));
    return kept;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::string HttpCache::key_of(const HttpRequest& request) {
  auto key = fmt::format("{} {}", name_of(request.method), request.url.without_credentials().with_secrets());
  if (request.range) key += fmt::format(" bytes={}-{}", request.range->first, request.range->last);
  for (const auto& [name, value] : request.headers) {
    if (to_lower(name) == "accept") key += fmt::format(" accept={}", value);
  }
  return key;
}

std::filesystem::path HttpCache::file_of(const std::string& key) const {
  return folder_ / sha256_hex(key);
}

std::optional<KeptResponse> HttpCache::find(const HttpRequest& request) const {
  const auto key = key_of(request);
  const auto text = read_file(file_of(key));
  return text ? from_file(*text, key) : std::nullopt;
}

void HttpCache::keep(const HttpRequest& request, const HttpResponse& response,
                     std::chrono::system_clock::time_point stored) const {
  const auto key = key_of(request);
  const auto written = write_file(disk_, file_of(key), to_file(key, response, stored), 0600, Flush::no);
  if (!written) log_debug("cannot cache the answer of {}: {}", request.url, written.error().message());
}

void HttpCache::forget(const HttpRequest& request) const {
  disk_.remove(file_of(key_of(request)));
}

}  // namespace launch::net
