#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.hpp"

namespace launch::fuzz {

namespace fs = std::filesystem;

void require(bool holds, std::string_view property, std::string_view one, std::string_view other) {
  if (holds) return;
  const auto text = std::string(property) + "\n  " + printable(one) + "\n  " + printable(other) + "\n";
  std::fputs(("does not hold: " + text).c_str(), stderr);
  std::abort();
}

void check_error(const Error& error) {
  const auto text = error.text();
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t';
  };
  require(is_utf8(text), "an error is UTF-8", text);
  require(std::none_of(text.begin(), text.end(), is_control), "an error has no control characters", text);
}

std::vector<std::string_view> parts_of(std::string_view bytes) {
  constexpr std::string_view kBetween = "\n%%\n";
  std::vector<std::string_view> parts;
  for (auto at = bytes.find(kBetween); at != std::string_view::npos; at = bytes.find(kBetween)) {
    parts.push_back(bytes.substr(0, at));
    bytes.remove_prefix(at + kBetween.size());
  }
  parts.push_back(bytes);
  return parts;
}

bool stays_below(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos) return false;
  const auto parts = split(path, '/');
  return std::find(parts.begin(), parts.end(), "..") == parts.end();
}

Folder::Folder() {
  auto pattern = (fs::temp_directory_path() / "launch-fuzz-XXXXXX").string();
  require(::mkdtemp(pattern.data()) != nullptr, "a temporary folder can be made", pattern);
  path_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path Folder::write(std::string_view name, std::string_view content) const {
  const auto path = path_ / name;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

Result<net::HttpResponse> Answers::fetch(const net::HttpRequest& request) {
  if (next_ == answers_.size()) return fail(environment_error("no more answers"));
  auto answer = answers_[next_++];
  answer.url = request.url;
  // As the client does: the body of a range is dropped if it is too long, any other is an error.
  if (answer.body.size() > request.most) {
    if (!request.range) return fail(environment_error("too long"));
    answer.body.clear();
    answer.too_long = true;
  }
  return answer;
}

std::vector<Result<net::HttpResponse>> Answers::fetch_all(std::span<const net::HttpRequest> requests) {
  std::vector<Result<net::HttpResponse>> answers;
  answers.reserve(requests.size());
  for (const auto& request : requests) answers.push_back(fetch(request));
  return answers;
}

std::vector<Result<net::DownloadResult>> Answers::download(std::span<const net::DownloadRequest> requests,
                                                           std::string_view /*what*/, Reporter& /*reporter*/,
                                                           std::stop_token /*stop*/) {
  return {requests.size(), fail(environment_error("no downloads"))};
}

net::Headers headers_of(std::string_view text) {
  net::Headers headers;
  for (const auto line : lines(text)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    headers.emplace_back(to_lower(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1))));
  }
  return headers;
}

}  // namespace launch::fuzz
