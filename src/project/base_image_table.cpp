#include "project/base_image_table.hpp"

#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "project/toml_values.hpp"

namespace launch::project {
namespace {

Result<std::map<specs::Platform, Digest>> read_platform_digests(const TomlTable& base) {
  std::map<std::string, std::string> texts;
  TRY(base.read("platforms", texts));
  std::map<specs::Platform, Digest> digests;
  TRY_ASSIGN(const auto table, base.table("platforms"));
  for (const auto& entry : texts) {
    const auto& name = entry.first;
    const auto platform = specs::Platform::of_oci(name);
    if (!platform) {
      std::vector<std::string> known;
      for (const auto& each : specs::Platform::all()) known.push_back(in_quotes(each.oci()));
      return fail(table.wrong(name, found(join_words(known, "or"), name)));
    }
    TRY_ASSIGN(auto digest, read_digest(table, name));
    digests.emplace(*platform, std::move(digest));
  }
  return digests;
}

}  // namespace

std::string write_base_image(const BaseImage& base) {
  std::string out;
  const auto put = [&](std::string_view key, const std::string& text) {
    if (!text.empty()) out += fmt::format("{} = {}\n", key, toml_string(text));
  };
  put("image", base.name);
  put("tag", base.tag);
  put("digest", base.digest ? base.digest->text() : "");
  put("driver-floor", base.driver_floor);
  put("distribution", base.distribution);
  put("python", base.python.text());
  return out;
}

Result<BaseImage> read_base_image(const TomlTable& table) {
  BaseImage base;
  TRY_ASSIGN(base.name, required_text(table, "image", "an image's name"));
  TRY_ASSIGN(base.tag, required_text(table, "tag", "an image's tag"));
  if (table.find("digest") != nullptr) {
    TRY_ASSIGN(base.digest, read_digest(table, "digest"));
  }
  TRY_ASSIGN(base.platforms, read_platform_digests(table));
  TRY(table.read("driver-floor", base.driver_floor));
  TRY(table.read("distribution", base.distribution));
  TRY_ASSIGN(const auto text, required_text(table, "python", "a Python version"));
  const auto python = specs::Interpreter::parse(text);
  if (!python) return fail(table.wrong("python", found("a Python version such as \"3.12\"", text)));
  base.python = *python;
  return base;
}

}  // namespace launch::project
