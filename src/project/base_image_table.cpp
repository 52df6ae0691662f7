#include "project/base_image_table.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "project/dated_archive.hpp"
#include "project/toml_values.hpp"
#include "specs/image_reference.hpp"

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

/// True for "20250606T080910Z". It becomes a part of a shell script.
bool is_snapshot(std::string_view text) {
  constexpr std::string_view kExample = "20250606T080910Z";
  return std::equal(text.begin(), text.end(), kExample.begin(), kExample.end(), [](char c, char wanted) {
    return wanted == 'T' || wanted == 'Z' ? c == wanted : c >= '0' && c <= '9';
  });
}

/// A name of a user or group, or a number. It becomes a part of a shell script.
bool is_account(std::string_view text) {
  constexpr std::size_t kMost = 32;
  return !text.empty() && text.size() <= kMost && text.front() != '-' &&
         consists_of(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
}

}  // namespace

std::optional<std::string> base_user(const std::string& text) {
  const auto parts = split(text, ':');
  if (text.empty() || parts[0] == "root" || parts[0] == "0") return std::string();
  if (parts.size() > 2 || !std::all_of(parts.begin(), parts.end(), is_account)) return std::nullopt;
  return text;
}

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
  put("snapshot", base.snapshot.value_or(""));
  put("archive", base.archive.value_or(""));
  put("user", base.user);
  put("python", base.python.text());
  return out;
}

Result<BaseImage> read_base_image(const TomlTable& table) {
  BaseImage base;
  TRY_ASSIGN(base.name, required_text(table, "image", "an image's name"));
  TRY_ASSIGN(base.tag, required_text(table, "tag", "an image's tag"));
  const auto reference = specs::ImageReference::parse(fmt::format("{}:{}", base.name, base.tag));
  if (!reference) return fail(table.wrong("image", reference.error().message()));
  if (reference->name() != base.name)
    return fail(table.wrong("image", found(in_quotes(reference->name()), base.name)));
  if (reference->tag != base.tag || reference->digest)
    return fail(table.wrong("tag", found("an image's tag", base.tag)));
  if (table.find("digest") != nullptr) {
    TRY_ASSIGN(base.digest, read_digest(table, "digest"));
  }
  TRY_ASSIGN(base.platforms, read_platform_digests(table));
  TRY(table.read("driver-floor", base.driver_floor));
  TRY(table.read("distribution", base.distribution));
  TRY(table.read("snapshot", base.snapshot));
  if (base.snapshot && !is_snapshot(*base.snapshot))
    return fail(table.wrong("snapshot", found("a time such as \"20250606T080910Z\"", *base.snapshot)));
  TRY(table.read("archive", base.archive));
  if (base.archive && base.archive != kLiveArchive && !is_dated_archive(*base.archive))
    return fail(table.wrong("archive", found(expected_archive(), *base.archive)));
  TRY(table.read("user", base.user));
  if (base_user(base.user) != base.user)
    return fail(table.wrong("user", found("a user other than root, such as \"1000:1000\"", base.user)));
  TRY_ASSIGN(const auto text, required_text(table, "python", "a Python version"));
  const auto python = specs::Interpreter::parse(text);
  if (!python) return fail(table.wrong("python", found("a Python version such as \"3.12\"", text)));
  base.python = *python;
  return base;
}

}  // namespace launch::project
