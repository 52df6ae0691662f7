#include "fakes/index_server.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "specs/name.hpp"

namespace launch::fakes {
namespace {

constexpr std::string_view kFiles = "/files/";
constexpr std::string_view kSidecar = ".metadata";
constexpr std::string_view kJsonType = "application/vnd.pypi.simple.v1+json";

std::string encoded(const std::string& file_name) {
  return replace_all(file_name, "+", "%2B");
}

std::string escaped(std::string text) {
  for (const auto& [from, to] : {std::pair{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}}) {
    text = replace_all(text, from, to);
  }
  return text;
}

}  // namespace

IndexServer::IndexServer(IndexStyle style)
    : style_(std::move(style)), server_(std::make_unique<HttpServer>()) {
  server_->otherwise([this](const SeenRequest& request) -> Reply {
    const std::lock_guard guard(mutex_);
    const std::string_view path = std::string_view(request.path).substr(0, request.path.find('?'));
    if (path.starts_with(kFiles)) {
      return file(replace_all(std::string(path.substr(kFiles.size())), "%2B", "+"));
    }
    const auto root = style_.root + "/";
    if (path.starts_with(root) && path.ends_with("/") && path.size() > root.size()) {
      return page(std::string(path.substr(root.size(), path.size() - root.size() - 1)), request);
    }
    return {.status = style_.missing, .body = "not here\n"};
  });
}

std::string IndexServer::url() const {
  return server_->url(style_.root);
}

std::string IndexServer::file_url(const std::string& file_name) const {
  return server_->url(fmt::format("{}{}", kFiles, encoded(file_name)));
}

std::string IndexServer::add(const WheelSpec& spec) {
  auto file_name = wheel_file_name(spec);
  File file;
  file.project = specs::normalize_name(spec.name);
  file.bytes = make_wheel(spec);
  file.metadata = wheel_metadata(spec);
  file.requires_python = spec.requires_python;
  offer(file_name, std::move(file));
  return file_name;
}

void IndexServer::add_file(const std::string& project, const std::string& file_name, std::string bytes) {
  File file;
  file.project = specs::normalize_name(project);
  file.bytes = std::move(bytes);
  offer(file_name, std::move(file));
}

void IndexServer::offer(const std::string& file_name, File file) {
  file.sha256 = sha256_hex(file.bytes);
  file.size = file.bytes.size();
  const std::lock_guard guard(mutex_);
  files_[file_name] = std::move(file);
}

void IndexServer::hide(const std::string& file_name) {
  const std::lock_guard guard(mutex_);
  files_.at(file_name).hidden = true;
}

void IndexServer::yank(const std::string& file_name, const std::string& reason) {
  const std::lock_guard guard(mutex_);
  files_.at(file_name).yanked = reason;
}

void IndexServer::set_upload_time(const std::string& file_name, const std::string& time) {
  const std::lock_guard guard(mutex_);
  files_.at(file_name).upload_time = time;
}

const std::string& IndexServer::bytes(const std::string& file_name) const {
  const std::lock_guard guard(mutex_);
  return files_.at(file_name).bytes;
}

std::string IndexServer::sha256(const std::string& file_name) const {
  return sha256_hex(bytes(file_name));
}

void IndexServer::replace_bytes(const std::string& file_name, std::string bytes) {
  const std::lock_guard guard(mutex_);
  files_.at(file_name).bytes = std::move(bytes);
}

void IndexServer::fail_page(const std::string& project, Reply reply) {
  const std::lock_guard guard(mutex_);
  failing_pages_[project] = std::move(reply);
}

void IndexServer::fail_file(const std::string& file_name, Reply reply) {
  const std::lock_guard guard(mutex_);
  failing_files_[file_name] = std::move(reply);
}

void IndexServer::truncate_page(const std::string& project) {
  const std::lock_guard guard(mutex_);
  truncated_.insert(project);
}

void IndexServer::recover() {
  const std::lock_guard guard(mutex_);
  failing_pages_.clear();
  failing_files_.clear();
  truncated_.clear();
}

Reply IndexServer::page(const std::string& project, const SeenRequest& request) const {
  if (const auto failing = failing_pages_.find(project); failing != failing_pages_.end())
    return failing->second;
  bool known = false;
  for (const auto& [name, file] : files_) known = known || file.project == project;
  if (!known) return {.status = style_.missing, .body = "not here\n"};
  const bool json = style_.json && request.header("accept").value_or("").find(kJsonType) != std::string::npos;
  Reply reply{.body = json ? json_page(project) : html_page(project),
              .content_type = json ? std::string(kJsonType) : "text/html"};
  if (truncated_.contains(project)) reply.body.resize(reply.body.size() / 2);
  return reply;
}

Reply IndexServer::file(const std::string& file_name) const {
  if (const auto failing = failing_files_.find(file_name); failing != failing_files_.end())
    return failing->second;
  if (file_name.ends_with(kSidecar) && style_.sidecars) {
    const auto wheel = files_.find(file_name.substr(0, file_name.size() - kSidecar.size()));
    if (wheel != files_.end()) return {.body = wheel->second.metadata};
  }
  const auto found = files_.find(file_name);
  if (found == files_.end()) return {.status = style_.missing, .body = "not here\n"};
  return {.headers = {{"ETag", fmt::format("\"{}\"", sha256_hex(found->second.bytes).substr(0, 16))}},
          .body = found->second.bytes,
          .ranges = style_.ranges};
}

std::string IndexServer::json_page(const std::string& project) const {
  auto files = nlohmann::json::array();
  for (const auto& [name, file] : files_) {
    if (file.project != project || file.hidden) continue;
    nlohmann::json entry{{"filename", name},
                         {"url", fmt::format("{}{}", kFiles, encoded(name))},
                         {"hashes", nlohmann::json::object()},
                         {"size", file.size}};
    if (style_.hashes) entry["hashes"]["sha256"] = file.sha256;
    if (!file.requires_python.empty()) entry["requires-python"] = file.requires_python;
    if (!file.upload_time.empty()) entry["upload-time"] = file.upload_time;
    if (file.yanked)
      entry["yanked"] = file.yanked->empty() ? nlohmann::json(true) : nlohmann::json(*file.yanked);
    if (style_.sidecars && !file.metadata.empty())
      entry["core-metadata"]["sha256"] = sha256_hex(file.metadata);
    files.push_back(std::move(entry));
  }
  const nlohmann::json page{{"meta", {{"api-version", "1.1"}}}, {"name", project}, {"files", files}};
  return page.dump();
}

std::string IndexServer::html_page(const std::string& project) const {
  std::string page = fmt::format("<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for {}</h1>\n", project);
  for (const auto& [name, file] : files_) {
    if (file.project == project && !file.hidden) page += anchor(name, file);
  }
  return page + "  </body>\n</html>\n";
}

std::string IndexServer::anchor(const std::string& file_name, const File& file) const {
  std::string attributes;
  const auto add = [&](std::string_view name, const std::string& value) {
    attributes += fmt::format(" {}=\"{}\"", name, escaped(value));
  };
  if (!file.requires_python.empty()) add("data-requires-python", file.requires_python);
  if (!file.upload_time.empty()) add("data-upload-time", file.upload_time);
  if (file.yanked) add("data-yanked", *file.yanked);
  if (style_.sidecars && !file.metadata.empty())
    add("data-core-metadata", "sha256=" + sha256_hex(file.metadata));
  return fmt::format("    <a href=\"{}{}{}\"{}>{}</a><br/>\n", kFiles, encoded(file_name),
                     style_.hashes ? "#sha256=" + file.sha256 : "", attributes, file_name);
}

}  // namespace launch::fakes
