#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/http_server.hpp"
#include "fakes/wheel.hpp"

namespace launch::fakes {

/// How an IndexServer presents its files.
struct IndexStyle {
  bool json = true;              ///< PEP 691 to who asks for it; else PEP 503 HTML only
  bool hashes = true;            ///< gives the wheels' sha256
  bool sidecars = false;         ///< PEP 658: METADATA at URL.metadata, with its digest on the page
  bool ranges = true;            ///< answers range requests
  int missing = 404;             ///< status for what is not there (the PyTorch channel says 403)
  std::string root = "/simple";  ///< path of the index: "/nightly/cu128"
};

/// A package index on 127.0.0.1, with valid wheels created in memory.
///
///   IndexServer index;
///   index.add({.name = "demo", .version = "1.0", .requires_dist = {"leaf>=2"}});
///   index.add({.name = "leaf", .version = "2.1"});
///   …give index.url() to the program…
///   index.fail_page("leaf", {.status = 500});
class IndexServer {
 public:
  explicit IndexServer(IndexStyle style = {});

  /// Base of the index, before "/PROJECT/".
  std::string url() const;
  /// The address of a file.
  std::string file_url(const std::string& file_name) const;
  /// The underlying server, for a test's own requests and faults.
  HttpServer& server() { return *server_; }

  /// Creates a wheel and offers it; returns its file name. Adding it again replaces its bytes.
  std::string add(const WheelSpec& spec);
  /// Offers a file with these bytes under a project.
  void add_file(const std::string& project, const std::string& file_name, std::string bytes);
  /// Removes a file from its project's page; its bytes remain, as on real indexes.
  void hide(const std::string& file_name);
  /// Marks a file as yanked (PEP 592).
  void yank(const std::string& file_name, const std::string& reason);
  void set_upload_time(const std::string& file_name, const std::string& time);

  const std::string& bytes(const std::string& file_name) const;
  std::string sha256(const std::string& file_name) const;

  /// Serves other bytes for a file, while its page still claims the old digest and size.
  void replace_bytes(const std::string& file_name, std::string bytes);
  /// Sets the answer of a project's page, or of a file: {.status = 500}, garbage as body, .cut_after = 100.
  void fail_page(const std::string& project, Reply reply);
  void fail_file(const std::string& file_name, Reply reply);
  /// Truncates the page; its Content-Length matches.
  void truncate_page(const std::string& project);
  /// Undoes fail_… and truncate_page.
  void recover();

 private:
  struct File {
    std::string project;
    std::string bytes;
    std::string sha256;  ///< that the page claims
    std::size_t size = 0;
    std::string metadata;
    std::string requires_python;
    std::optional<std::string> yanked;
    std::string upload_time;
    bool hidden = false;
  };

  void offer(const std::string& file_name, File file);
  Reply page(const std::string& project, const SeenRequest& request) const;
  Reply file(const std::string& file_name) const;
  std::string json_page(const std::string& project) const;
  std::string html_page(const std::string& project) const;
  std::string anchor(const std::string& file_name, const File& file) const;

  IndexStyle style_;
  mutable std::mutex mutex_;
  std::map<std::string, File> files_;
  std::map<std::string, Reply> failing_pages_;
  std::map<std::string, Reply> failing_files_;
  std::set<std::string> truncated_;
  std::unique_ptr<HttpServer> server_;  // last: its threads end before what they use
};

}  // namespace launch::fakes
