#include "archive/interpreter.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "archive/tar.hpp"
#include "archive/tree.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRoot = "python";

Error bad_member(std::string_view name, std::string_view reason) {
  return input_error(fmt::format("not a usable interpreter: {} {}", in_quotes(name), reason));
}

bool is_below_root(const fs::path& path) {
  return !path.empty() && !path.is_absolute() && path.begin()->string() == kRoot;
}

/// Writes member after member.
class Unpacker {
 public:
  Unpacker(fs::path folder, const Work& work) : folder_(std::move(folder)), work_(work) {}

  Result<bool> enter(const TarEntry& entry) {
    if (work_.stop.stop_requested()) return fail(environment_error("interrupted"));
    const auto path = fs::path(entry.name).lexically_normal();
    if (std::any_of(path.begin(), path.end(), [](auto& part) { return part.native().starts_with(".wh."); }))
      return fail(bad_member(entry.name, "would remove files of an image"));
    if (entry.name.find('\0') != std::string::npos || !is_below_root(path))
      return fail(bad_member(entry.name, "is not below python/"));
    using Kind = TarEntry::Kind;
    if (entry.kind == Kind::other) return fail(bad_member(entry.name, "is a device or a pipe"));
    TRY(require_real_folders(path.parent_path(), entry.name));
    TRY(make_tree_folder(work_.disk, folder_,
                         entry.kind == Kind::folder ? path.string() : path.parent_path().string()));
    if (entry.kind == Kind::link) TRY(link(path, entry));
    if (entry.kind == Kind::hard_link) TRY(copy(path, entry));
    return entry.kind == Kind::file;
  }

  Result<void> take(const TarEntry& entry, std::string_view content) {
    return write_tree_file(work_.disk, folder_ / fs::path(entry.name).lexically_normal(), content,
                           entry.executable);
  }

 private:
  /// Nothing is written through a link of the archive.
  Result<void> require_real_folders(const fs::path& path, std::string_view name) const {
    auto place = folder_;
    for (const auto& part : path) {
      place /= part;
      std::error_code ignored;
      if (fs::is_symlink(place, ignored)) return fail(bad_member(name, "is below a link"));
    }
    return {};
  }
  Result<void> link(const fs::path& path, const TarEntry& entry) {
    if (entry.target.empty() || fs::path(entry.target).is_absolute() ||
        !is_below_root((path.parent_path() / entry.target).lexically_normal())) {
      return fail(bad_member(entry.name,
                             fmt::format("is a link to {}, which leads out of it", in_quotes(entry.target))));
    }
    if (const int error = work_.disk.symlink(entry.target, folder_ / path))
      return fail(io_error("create the link", folder_ / path, error));
    return {};
  }
  Result<void> copy(const fs::path& path, const TarEntry& entry) {
    const auto target = fs::path(entry.target).lexically_normal();
    std::error_code ignored;
    if (!is_below_root(target) || !fs::is_regular_file(fs::symlink_status(folder_ / target, ignored)))
      return fail(bad_member(entry.name,
                             fmt::format("is a hard link to {}, which is not an earlier file of the archive",
                                         in_quotes(entry.target))));
    TRY(require_real_folders(target.parent_path(), entry.name));
    TRY_ASSIGN(const auto content, read_file(folder_ / target));
    const auto permissions = fs::status(folder_ / target, ignored).permissions();
    return write_tree_file(work_.disk, folder_ / path, content,
                           (permissions & fs::perms::owner_exec) != fs::perms::none);
  }

  fs::path folder_;
  const Work& work_;
};

}  // namespace

Result<void> unpack_interpreter(const fs::path& file, const fs::path& folder, const Work& work) {
  constexpr TarLimits kLimits{
      .bytes = std::uint64_t{2} << 30, .members = 200'000, .content = std::uint64_t{512} << 20};
  Unpacker unpacker(folder, work);
  const TarVisitor visitor{.enter = [&](const TarEntry& entry) { return unpacker.enter(entry); },
                           .take = [&](const TarEntry& entry,
                                       const std::string& content) { return unpacker.take(entry, content); }};
  TRY(during(read_tar_gz(file, kLimits, visitor), fmt::format("unpacking {}", file.filename().string())));
  std::error_code ignored;
  if (fs::exists(folder / kRoot / "bin/python3", ignored)) return {};
  return fail(input_error(
      fmt::format("{} is not a usable interpreter: it has no python/bin/python3", file.filename().string())));
}

}  // namespace launch::archive
