#include "archive/layer_names.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "archive/installation.hpp"
#include "base/fold_case.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

constexpr std::size_t kLongestName = 255;

Result<void> check_part(std::string_view part, std::string_view path) {
  if (is_whiteout(part)) {
    return fail(bad_wheel(fmt::format("{} would remove files of an image: names in it cannot start with {}",
                                      in_quotes(path), kWhiteout)));
  }
  if (part.size() > kLongestName) {
    return fail(bad_wheel(fmt::format("{} has a name of {} bytes, more than the {} that file systems allow",
                                      in_quotes(path), part.size(), kLongestName)));
  }
  return {};
}

}  // namespace

Result<void> check_file_type(const ZipEntry& entry) {
  constexpr std::uint32_t kTypeMask = 0170000;
  constexpr std::uint32_t kRegular = 0100000;
  constexpr std::uint32_t kLink = 0120000;
  const std::uint32_t type = entry.external_attributes >> 16 & kTypeMask;
  if (type == 0 || type == kRegular) return {};
  return fail(bad_wheel(fmt::format("{} is {}; a wheel holds only files", in_quotes(entry.name),
                                    type == kLink ? "a symbolic link" : "not a regular file")));
}

Result<void> LayerNames::add(const std::string& path) {
  if (!is_utf8(path)) return fail(bad_wheel(fmt::format("{} is not valid UTF-8", in_quotes(path))));
  for (const auto part : split(path, '/')) TRY(check_part(part, path));
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    TRY(add_node(std::string_view(path).substr(0, slash), Kind::folder));
  }
  return add_node(path, Kind::file);
}

Result<void> LayerNames::add_node(std::string_view path, Kind kind) {
  const auto [at, is_new] = by_folded_.try_emplace(fold_case(path), Name{std::string(path), kind});
  const auto& known = at->second;
  if (is_new || (known.path == path && known.kind == Kind::folder && kind == Kind::folder)) return {};
  if (known.path != path) {
    return fail(
        bad_wheel(fmt::format("{} and {} differ only in case", in_quotes(known.path), in_quotes(path))));
  }
  return fail(bad_wheel(fmt::format("{} is {}", in_quotes(path),
                                    known.kind == kind ? "listed twice" : "both a file and a folder")));
}

}  // namespace launch::archive
