#include <filesystem>

#include "base/digest.hpp"
#include "containers/engine_type.hpp"
#include "containers/probe_cache.hpp"
#include "fuzz/fuzz.hpp"
#include "net/http_cache.hpp"
#include "net/part_file.hpp"
#include "store/layout.hpp"
#include "train/run_record.hpp"
#include "train/run_story.hpp"

namespace launch::fuzz {
namespace {

namespace fs = std::filesystem;

/// The text with the digest of its body, as an attacker of the cache would write it.
std::string with_digest(std::string_view bytes) {
  std::string text(bytes);
  const auto body = text.find('\n', text.find('\n') == std::string::npos ? text.size() : text.find('\n') + 1);
  const auto mark = text.find("@DIGEST@");
  if (body == std::string::npos || mark > body) return text;
  return text.replace(mark, 8, sha256_hex(std::string_view(text).substr(body + 1)));
}

void check_cache(const Folder& folder, RealDisk& disk, std::string_view bytes) {
  const net::HttpRequest request{.url = *specs::Url::parse("https://pypi.example/simple/torch/")};
  const net::HttpCache cache(folder.path() / "http", disk);
  static const auto kFile = [&] {
    cache.keep(request, {.status = 200, .headers = {}, .body = {}}, {});
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "http"))
      if (entry.is_regular_file()) return fs::relative(entry.path(), folder.path()).string();
    return std::string();
  }();
  folder.write(kFile, with_digest(bytes));
  const auto kept = cache.find(request);
  if (!kept) return;
  cache.keep(request, kept->response, kept->stored);
  const auto again = cache.find(request);
  require(again && again->response.body == kept->response.body && again->stored == kept->stored,
          "a kept answer is kept again");
}

void check_part(const Folder& folder, RealDisk& disk, std::string_view bytes) {
  folder.write("a.whl.part", "0123456789");
  folder.write("a.whl.part.note", bytes);
  auto part = net::PartFile::open(disk, folder.path() / "a.whl");
  const auto note = (*part)->note();
  if (!note) return;
  std::uint64_t end = 0;
  for (const auto& [first, count] : note->pieces) {
    require(first >= end && first <= note->size && count <= note->size - first,
            "pieces are apart and in the file");
    end = first + count;
  }
  require(end <= 10, "pieces are in the part");
}

void check_probe(std::string_view bytes) {
  for (const auto* type : containers::engine_types()) {
    const auto info = containers::read_probe(bytes, "abc", *type);
    if (!info) continue;
    const auto again = containers::read_probe(containers::write_probe(*info, "abc"), "abc", *type);
    require(again && again->version == info->version && again->features == info->features,
            "a probe's results are read again");
  }
}

void check_record(std::string_view bytes) {
  const auto summary = train::read_run_record(bytes);
  require(train::read_run_story(bytes).has_value() == summary.has_value(), "a record has a story");
  const auto lost = train::with_lost_end(bytes, "2026-11-24T05:55:12Z");
  require(summary.has_value() == lost.has_value(), "a record is one for both");
  if (!parsed(summary)) return;
  const auto again = train::read_run_record(*lost);
  require(again.has_value() && !again->run.empty(), "a completed record is a record", *lost);
}

}  // namespace

/// Files that launch wrote itself, and another process changed: a kept answer, the note of a partial
/// download, the results of a probe, the record of a run.
void fuzz_kept_files(std::string_view bytes) {
  static const Folder kFolder;
  RealDisk disk;
  check_cache(kFolder, disk, bytes);
  check_part(kFolder, disk, bytes);
  check_probe(bytes);
  check_record(bytes);
  fs::create_directories(kFolder.path() / "store");
  kFolder.write("store/roots/abc", bytes);
  (void)parsed(store::read_roots(kFolder.path() / "store"));
}

}  // namespace launch::fuzz
