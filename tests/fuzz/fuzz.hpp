#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/http.hpp"

namespace launch::fuzz {

/// A parser of bytes from outside; NAME_fuzz.cpp defines fuzz_NAME, and CMake makes the table.
struct Target {
  std::string_view name;
  void (*run)(std::string_view bytes);
};

/// Ends the program, with the texts, if the property does not hold.
void require(bool holds, std::string_view property, std::string_view one = {}, std::string_view other = {});

/// An error's text must be safe to print.
void check_error(const Error& error);
/// The value, if there is one; a checked error otherwise.
template <class T>
bool parsed(const Result<T>& result) {
  if (!result) check_error(result.error());
  return result.has_value();
}

/// What is printed must be read again, and printed the same. Returns the value that was read.
template <class Parse, class Print>
void check_reads_back(const std::string& printed, const Parse& parse, const Print& print) {
  const auto again = parse(std::string_view(printed));
  require(again.has_value(), "what was printed is read again", printed);
  if (again) require(print(*again) == printed, "what was read again prints the same", printed, print(*again));
}

/// The parts of an input for a parser of several texts, separated by lines "%%". Never empty.
std::vector<std::string_view> parts_of(std::string_view bytes);

/// True for a relative path that stays below its folder, as a file system resolves it.
bool stays_below(std::string_view path);

/// A new folder in TMPDIR, for parsers of files; removed with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// Writes a file in it, and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

/// A server that gives its answers in order, whatever is asked, and then fails.
class Answers final : public net::HttpClient {
 public:
  explicit Answers(std::vector<net::HttpResponse> answers) : answers_(std::move(answers)) {}
  Result<net::HttpResponse> fetch(const net::HttpRequest& request) override;
  std::vector<Result<net::HttpResponse>> fetch_all(std::span<const net::HttpRequest> requests) override;
  std::vector<Result<net::DownloadResult>> download(std::span<const net::DownloadRequest> requests,
                                                    std::string_view what, Reporter& reporter,
                                                    std::stop_token stop) override;

 private:
  std::vector<net::HttpResponse> answers_;
  std::size_t next_ = 0;
};

/// "NAME: value" lines, with names in lower case, as net::Wire passes them on.
net::Headers headers_of(std::string_view text);

}  // namespace launch::fuzz
