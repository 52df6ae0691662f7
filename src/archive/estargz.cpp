#include "archive/estargz.hpp"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "archive/deflate.hpp"
#include "archive/gzip.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"

namespace launch::archive {
namespace {

using Json = nlohmann::ordered_json;

Json entry_json(const TocEntry& entry) {
  constexpr int kFile = 0644;
  constexpr int kExecutable = 0755;
  const auto& member = entry.member;
  Json json{{"name", member.is_folder ? member.path + '/' : member.path},
            {"type", member.is_folder ? "dir" : "reg"}};
  if (member.size > 0) json["size"] = member.size;
  if (member.time != 0) {
    json["modtime"] = utc_timestamp(member.time);
  }
  json["mode"] = member.is_folder || member.executable ? kExecutable : kFile;
  json["uid"] = 0;
  json["gid"] = 0;
  if (entry.offset > 0) json["offset"] = entry.offset;
  if (entry.digest) json["digest"] = entry.digest->text();
  if (entry.digest && member.size > 0) json["chunkDigest"] = entry.digest->text();
  return json;
}

}  // namespace

std::string toc_text(std::span<const TocEntry> entries) {
  auto list = Json::array();
  for (const auto& entry : entries) list.push_back(entry_json(entry));
  return json_text(Json{{"version", 1}, {"entries", std::move(list)}});
}

std::string toc_footer(std::uint64_t toc_offset) {
  constexpr char kHasExtra = 4;
  std::string out(kGzipHeader);
  out[3] = kHasExtra;
  out += std::string_view("\x1a\0SG\x16\0", 6);  // lengths of the extra field and of its part "SG"
  out += fmt::format("{:016x}STARGZ", toc_offset);
  out += stored_block_header(0, true);
  return out + gzip_trailer(0, 0);
}

}  // namespace launch::archive
