#include "archive/source_archive.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "archive/tar.hpp"
#include "archive/zip.hpp"
#include "base/file.hpp"
#include "base/mapped_file.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostContent = std::uint64_t{16} << 20;
constexpr std::size_t kMostMembers = 500'000;

/// No text compresses to a hundredth; small archives may.
std::uint64_t most_unpacked(std::uint64_t packed) {
  constexpr std::uint64_t kAlways = std::uint64_t{256} << 20;
  constexpr std::uint64_t kNever = std::uint64_t{8} << 30;
  constexpr std::uint64_t kRatio = 100;
  return std::min(std::max(kAlways, packed * kRatio), kNever);
}

Error bad_member(std::string_view name, std::string_view reason) {
  return input_error(fmt::format("not a usable source archive: {} {}", in_quotes(name), reason));
}

bool leaves(const fs::path& path) {
  return path.is_absolute() || *path.lexically_normal().begin() == "..";
}

/// Collects what is known from the members, one after the other.
class Members {
 public:
  /// True if the member's content is wanted. Errors (input).
  Result<bool> enter(std::string_view name, bool is_file) {
    const fs::path path(name);
    if (name.empty() || name.find('\0') != std::string_view::npos || leaves(path))
      return fail(bad_member(name, "leads out of it"));
    const auto clean = path.lexically_normal();
    if (clean == ".") return false;
    const auto root = clean.begin()->string();
    if (found_.root.empty()) found_.root = root;
    if (found_.root != root) {
      return fail(input_error(fmt::format("not a usable source archive: expected one folder, found {} and {}",
                                          in_quotes(found_.root), in_quotes(root))));
    }
    if (!is_file) return false;
    const auto below = clean.lexically_relative(root);
    if (below == "setup.py") found_.has_setup_py = true;
    return below == "PKG-INFO" || below == "pyproject.toml";
  }

  void take(std::string_view name, std::string content) {
    auto& place = fs::path(name).filename() == "PKG-INFO" ? found_.pkg_info : found_.pyproject;
    place = std::move(content);
  }

  void note_time(std::int64_t time) { found_.newest = std::max(found_.newest, time); }

  Result<SourceArchive> finish() {
    if (found_.root.empty()) return fail(input_error("not a usable source archive: it is empty"));
    return std::move(found_);
  }

 private:
  SourceArchive found_;
};

Result<void> check_link(const TarEntry& entry) {
  // The target of a hard link is a member; that of a symbolic link is relative to the link.
  const auto target = entry.kind == TarEntry::Kind::link
                          ? fs::path(entry.name).parent_path() / fs::path(entry.target)
                          : fs::path(entry.target);
  if (!entry.target.empty() && !fs::path(entry.target).is_absolute() && !leaves(target)) return {};
  return fail(
      bad_member(entry.name, fmt::format("is a link to {}, which leads out of it", in_quotes(entry.target))));
}

Result<SourceArchive> read_tar(const fs::path& file, std::uint64_t packed) {
  Members members;
  const TarVisitor visitor{.enter = [&](const TarEntry& entry) -> Result<bool> {
                             using Kind = TarEntry::Kind;
                             TRY_ASSIGN(const bool wanted,
                                        members.enter(entry.name, entry.kind == Kind::file));
                             if (entry.kind == Kind::link || entry.kind == Kind::hard_link)
                               TRY(check_link(entry));
                             if (entry.kind == Kind::other)
                               return fail(bad_member(entry.name, "is a device or a pipe"));
                             if (entry.kind == Kind::file) members.note_time(entry.time);
                             return wanted;
                           },
                           .take = [&](const TarEntry& entry, std::string content) -> Result<void> {
                             members.take(entry.name, std::move(content));
                             return {};
                           }};
  TRY(read_tar_gz(file, {.bytes = most_unpacked(packed), .members = kMostMembers, .content = kMostContent},
                  visitor));
  return members.finish();
}

Result<SourceArchive> read_zip(const fs::path& file, std::uint64_t packed) {
  TRY_ASSIGN(const auto bytes, MappedFile::open(file));
  TRY_ASSIGN(const auto zip, ZipFile::open(bytes.text()));
  Members members;
  std::uint64_t unpacked = 0;
  for (const auto& entry : zip.entries()) {
    unpacked += entry.size;
    if (unpacked > most_unpacked(packed)) {
      return fail(
          input_error(fmt::format("not a usable source archive: it unpacks to more than {}, the most "
                                  "that is accepted for its size",
                                  human_bytes(most_unpacked(packed)))));
    }
    TRY_ASSIGN(const bool wanted, members.enter(entry.name, !entry.is_folder()));
    if (!wanted) continue;
    if (entry.size > kMostContent) {
      return fail(bad_member(entry.name, fmt::format("has {}, expected at most {}", human_bytes(entry.size),
                                                     human_bytes(kMostContent))));
    }
    TRY_ASSIGN(auto content, zip.read(entry));
    members.take(entry.name, std::move(content));
  }
  return members.finish();
}

}  // namespace

bool is_readable_source(std::string_view file_name) {
  return file_name.ends_with(".tar.gz") || file_name.ends_with(".tgz") || file_name.ends_with(".zip");
}

Result<SourceArchive> read_source_archive(const fs::path& file) {
  std::error_code code;
  const auto packed = fs::file_size(file, code);
  if (code) return fail(io_error("read", file, code.value()));
  const auto name = file.filename().string();
  auto found = name.ends_with(".zip") ? read_zip(file, packed) : read_tar(file, packed);
  return during(std::move(found), fmt::format("reading {}", name));
}

}  // namespace launch::archive
