#include "index/index_client.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "index/page_file.hpp"
#include "net/status.hpp"
#include "specs/name.hpp"

namespace launch::index {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJsonType = "application/vnd.pypi.simple.v1+json";
constexpr std::string_view kHtmlType = "application/vnd.pypi.simple.v1+html";

net::HttpRequest page_request(specs::Url url) {
  return {.url = std::move(url),
          .headers = {{"Accept", fmt::format("{}, {};q=0.2, text/html;q=0.1", kJsonType, kHtmlType)}},
          .cache = true};
}

Error bad_status(const specs::Url& url, int status) {
  constexpr net::StatusHints kHints = {
      .refused =
          "check the credentials for this index (netrc or proxy) and its address: `launch doctor` shows "
          "where it comes from",
      .missing = "check the address of the index: `launch doctor` shows where it comes from",
      .rate_limited = "try again later, or set another one (LAUNCH_INDEX_URL, pip's index-url)",
      .server_error = "try again later, or set another index (LAUNCH_INDEX_URL, pip's index-url)",
  };
  return environment_error(fmt::format("the index page {} returned {}, expected 200", url, status))
      .hint(net::status_hint(status, "index", kHints));
}

enum class PageForm { json, html, unknown };

PageForm form_of(const net::HttpResponse& response) {
  const auto header = response.header("content-type").value_or("");
  const auto type = to_lower(trim(std::string_view(header).substr(0, header.find(';'))));
  if (type == kJsonType || type == "application/json") return PageForm::json;
  if (type == kHtmlType || type == "text/html") return PageForm::html;
  const auto body = trim(response.body);
  if (body.starts_with('{')) return PageForm::json;
  return body.starts_with('<') ? PageForm::html : PageForm::unknown;
}

/// Detects a body shorter than its Content-Length; only for bodies that were not compressed in transit.
Result<void> check_length(const net::HttpResponse& response, const specs::Url& url) {
  const auto header = response.header("content-length");
  if (!header || response.header("content-encoding")) return {};
  const auto length = parse_u64(trim(*header));
  if (!length || response.body.size() >= *length) return {};
  return fail(
      bad_page(url, fmt::format("truncated: it has {} bytes, expected {}", response.body.size(), *length)));
}

Result<ProjectPage> parse_page(const net::HttpResponse& response, const specs::Url& asked,
                               const std::string& project) {
  const auto& url = response.url.empty() ? asked : response.url;
  TRY(check_length(response, url));
  switch (form_of(response)) {
    case PageForm::json:
      return parse_simple_json(response.body, url, project);
    case PageForm::html:
      return parse_simple_html(response.body, url, project);
    case PageForm::unknown:
      break;
  }
  const auto type = response.header("content-type");
  return fail(bad_page(
      url, fmt::format("not an index page: expected JSON or HTML, found {}", type ? *type : "neither")));
}

std::vector<IndexFile> list_folder(const fs::path& folder) {
  std::vector<IndexFile> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    std::error_code ignored;
    if (!is_distribution(name) || !at->is_regular_file(ignored)) continue;
    IndexFile file{.file_name = name, .url = specs::Url::of_file(at->path())};
    file.size = at->file_size(ignored);
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.file_name < b.file_name; });
  return files;
}

Result<std::vector<IndexFile>> read_local_links(const fs::path& given) {
  std::error_code error;
  const auto path = fs::absolute(given, error).lexically_normal();
  if (fs::is_directory(path, error)) return list_folder(path);
  if (fs::is_regular_file(path, error)) {
    TRY_ASSIGN(const auto page, read_file(path));
    return parse_links(page, specs::Url::of_file(path));
  }
  log_debug("find-links: {} does not exist; ignored", path.string());
  return std::vector<IndexFile>();
}

Result<std::vector<IndexFile>> read_links(net::HttpClient& http, const std::string& place) {
  const auto address = specs::Url::parse(place);
  if (!address || !address->is_http()) {
    return read_local_links(address && address->is_file() ? address->local_path() : fs::path(place));
  }
  TRY_ASSIGN(const auto response, http.fetch(page_request(*address)));
  if (response.status == 404) {
    log_debug("find-links: {} returned 404; ignored", *address);
    return std::vector<IndexFile>();
  }
  if (response.status != 200) return fail(bad_status(*address, response.status));
  const auto& url = response.url.empty() ? *address : response.url;
  TRY(check_length(response, url));
  return parse_links(response.body, url);
}

}  // namespace

IndexClient::IndexClient(net::HttpClient& http, IndexSource source)
    : http_(&http), source_(std::move(source)) {
  source_.url = source_.url.without_end_slashes();
}

specs::Url IndexClient::page_url(const std::string& project) const {
  return source_.url.child(specs::normalize_name(project)).extend_path("/");
}

Result<std::optional<ProjectPage>> IndexClient::page(const std::string& project) {
  return std::move(pages({&project, 1}).front());
}

std::vector<Result<std::optional<ProjectPage>>> IndexClient::pages(std::span<const std::string> projects) {
  std::vector<net::HttpRequest> requests;
  for (const auto& project : projects) requests.push_back(page_request(page_url(project)));
  const auto responses = http_->fetch_all(requests);
  // Large pages first, so that none is waited for alone at the end.
  std::vector<std::size_t> order(projects.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto length = [&](std::size_t i) { return responses[i] ? responses[i]->body.size() : 0; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return length(a) > length(b); });
  std::vector<Result<std::optional<ProjectPage>>> pages(projects.size(), std::nullopt);
  side_by_side(order.size(), [&](std::size_t place) {
    const auto i = order[place];
    pages[i] = read_page(projects[i], responses[i]);
  });
  for (std::size_t i = 0; i < projects.size(); ++i) {
    if (responses[i] && responses[i]->status == 403) refused_.insert(projects[i]);
    pages[i] = during(add_linked(projects[i], std::move(pages[i])),
                      fmt::format("asking the index for {}", projects[i]));
  }
  return pages;
}

Result<std::optional<ProjectPage>> IndexClient::read_page(const std::string& project,
                                                          const Result<net::HttpResponse>& response) const {
  if (!response) return fail(response.error());
  const auto status = response->status;
  if (status == 404 || (status == 403 && source_.forbidden_is_missing)) return std::nullopt;
  if (status != 200) return fail(bad_status(page_url(project), status));
  auto parsed = parse_page(*response, page_url(project), project);
  if (!parsed && response->from_cache) {
    // The cached copy may itself be truncated, so ask the index directly.
    auto request = page_request(page_url(project));
    request.cache = false;
    const auto again = http_->fetch(request);
    if (again && again->status == 200) parsed = parse_page(*again, page_url(project), project);
  }
  return parsed;
}

Result<std::optional<ProjectPage>> IndexClient::add_linked(const std::string& project,
                                                           Result<std::optional<ProjectPage>> given) {
  TRY_ASSIGN(auto page, std::move(given));
  TRY_ASSIGN(const auto linked, linked_files());
  if (linked.empty()) return page;
  const auto name = specs::normalize_name(project);
  std::set<std::string_view> known;
  if (page) {
    for (const auto& file : page->files) known.insert(file.file_name);
  }
  std::vector<IndexFile> more;
  for (const auto& file : linked) {
    if (is_file_of(file.file_name, name) && !known.contains(file.file_name)) more.push_back(file);
  }
  if (!page && !more.empty()) page = ProjectPage{name, {}};
  if (page) std::move(more.begin(), more.end(), std::back_inserter(page->files));
  return page;
}

Result<std::span<const IndexFile>> IndexClient::linked_files() {
  if (!linked_) {
    std::vector<IndexFile> files;
    for (const auto& place : source_.find_links) {
      TRY_ASSIGN(auto more, during(read_links(*http_, place),
                                   fmt::format("reading the find-links {}", specs::redacted_url(place))));
      std::move(more.begin(), more.end(), std::back_inserter(files));
    }
    linked_ = std::move(files);
  }
  return std::span<const IndexFile>(*linked_);
}

}  // namespace launch::index
