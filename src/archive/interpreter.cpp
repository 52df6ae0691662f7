#include "archive/interpreter.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>

#include "archive/layer_names.hpp"
#include "archive/tar.hpp"
#include "archive/tree.hpp"
#include "base/file.hpp"
#include "base/mapped_file.hpp"
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

/// What every member must be, whether it is unpacked or becomes part of a layer.
class Rules {
 public:
  /// The member's path. Errors (input).
  Result<fs::path> check(const TarEntry& entry) {
    const auto path = fs::path(entry.name).lexically_normal();
    if (std::any_of(path.begin(), path.end(), [](auto& part) { return is_whiteout(part.native()); }))
      return fail(bad_member(entry.name, "would remove files of an image"));
    if (entry.name.find('\0') != std::string::npos || !is_below_root(path))
      return fail(bad_member(entry.name, "is not below python/"));
    using Kind = TarEntry::Kind;
    if (entry.kind == Kind::other) return fail(bad_member(entry.name, "is a device or a pipe"));
    TRY(require_real_folders(path, entry.name));
    if (entry.kind == Kind::link) TRY(check_link(path, entry));
    if (entry.kind == Kind::hard_link) TRY(check_hard_link(entry));
    if (entry.kind == Kind::file || entry.kind == Kind::hard_link) files_.insert(path.string());
    return path;
  }

  /// Errors (input): the interpreter itself is missing. To be called after the last member.
  Result<void> finish(const std::string& file_name) const {
    const auto program = fmt::format("{}/bin/python3", kRoot);
    if (files_.contains(program) || links_.contains(program)) return {};
    return fail(input_error(fmt::format("{} is not a usable interpreter: it has no {}", file_name, program)));
  }

 private:
  /// Nothing is below a link of the archive, and nothing takes the place of one.
  Result<void> require_real_folders(const fs::path& path, std::string_view name) const {
    fs::path place;
    for (const auto& part : path) {
      if (links_.contains(place.string())) return fail(bad_member(name, "is below a link"));
      place /= part;
    }
    if (links_.contains(place.string())) return fail(bad_member(name, "takes the place of a link"));
    return {};
  }
  Result<void> check_link(const fs::path& path, const TarEntry& entry) {
    if (entry.target.empty() || fs::path(entry.target).is_absolute() ||
        !is_below_root((path.parent_path() / entry.target).lexically_normal())) {
      return fail(bad_member(entry.name,
                             fmt::format("is a link to {}, which leads out of it", in_quotes(entry.target))));
    }
    links_.insert(path.string());
    return {};
  }
  Result<void> check_hard_link(const TarEntry& entry) const {
    if (files_.contains(fs::path(entry.target).lexically_normal().string())) return {};
    return fail(bad_member(entry.name,
                           fmt::format("is a hard link to {}, which is not an earlier file of the archive",
                                       in_quotes(entry.target))));
  }

  std::set<std::string> files_;
  std::set<std::string> links_;
};

/// Writes member after member.
class Unpacker {
 public:
  Unpacker(fs::path folder, const Work& work, Attributes attributes)
      : folder_(std::move(folder)), work_(work), attributes_(attributes) {}

  Result<bool> enter(const TarEntry& entry) {
    if (work_.stop.stop_requested()) return fail(environment_error("interrupted"));
    TRY_ASSIGN(const auto path, rules_.check(entry));
    using Kind = TarEntry::Kind;
    TRY(make_tree_folder(work_.disk, folder_,
                         entry.kind == Kind::folder ? path.string() : path.parent_path().string()));
    if (entry.kind == Kind::link) TRY(link(path, entry));
    if (entry.kind == Kind::hard_link) TRY(copy(path, entry));
    if (entry.kind == Kind::folder) folders_.emplace_back(path, entry.mode);
    return entry.kind == Kind::file;
  }

  Result<void> take(const TarEntry& entry, std::string_view content) {
    const auto place = folder_ / fs::path(entry.name).lexically_normal();
    if (attributes_ == Attributes::plain)
      return write_tree_file(work_.disk, place, content, entry.executable);
    {
      TRY_ASSIGN(const Fd file, create_file(work_.disk, place, O_WRONLY, entry.mode));
      if (const int error = work_.disk.write(file, content)) return fail(io_error("write", place, error));
    }
    if (const int error = work_.disk.set_time(place, entry.time))
      return fail(io_error("write", place, error));
    return {};
  }
  /// To be called after the last member.
  Result<void> finish() const {
    if (attributes_ == Attributes::plain) return {};
    for (const auto& [path, mode] : folders_) {
      constexpr unsigned kOwner = 0700;  // it can be read and removed
      Fd folder;
      int error = work_.disk.open(folder_ / path, O_RDONLY | O_DIRECTORY, 0, folder);
      if (error == 0) error = work_.disk.set_mode(folder, mode | kOwner);
      if (error != 0) return fail(io_error("write", folder_ / path, error));
    }
    return {};
  }
  const Rules& rules() const { return rules_; }

 private:
  Result<void> link(const fs::path& path, const TarEntry& entry) {
    if (const int error = work_.disk.symlink(entry.target, folder_ / path))
      return fail(io_error("create the link", folder_ / path, error));
    return {};
  }
  Result<void> copy(const fs::path& path, const TarEntry& entry) {
    const auto target = folder_ / fs::path(entry.target).lexically_normal();
    if (attributes_ == Attributes::archived) {
      if (const int error = work_.disk.link(target, folder_ / path))
        return fail(io_error("create the link", folder_ / path, error));
      return {};
    }
    TRY_ASSIGN(const auto content, read_file(target));
    std::error_code ignored;
    const auto permissions = fs::status(target, ignored).permissions();
    return write_tree_file(work_.disk, folder_ / path, content,
                           (permissions & fs::perms::owner_exec) != fs::perms::none);
  }

  fs::path folder_;
  const Work& work_;
  Attributes attributes_;
  Rules rules_;
  std::vector<std::pair<fs::path, unsigned>> folders_;
};

constexpr TarLimits kLimits{
    .bytes = std::uint64_t{2} << 30, .members = 200'000, .content = std::uint64_t{512} << 20};

}  // namespace

Result<void> unpack_interpreter(const fs::path& file, const fs::path& folder, const Work& work,
                                Attributes attributes) {
  Unpacker unpacker(folder, work, attributes);
  const TarVisitor visitor{.enter = [&](const TarEntry& entry) { return unpacker.enter(entry); },
                           .take = [&](const TarEntry& entry,
                                       const std::string& content) { return unpacker.take(entry, content); }};
  const auto name = file.filename().string();
  TRY(during(read_tar_gz(file, kLimits, visitor), fmt::format("unpacking {}", name)));
  TRY(unpacker.finish());
  return unpacker.rules().finish(name);
}

Result<void> check_interpreter(const fs::path& file, const Work& work) {
  Rules rules;
  const TarVisitor visitor{.enter = [&](const TarEntry& entry) -> Result<bool> {
                             if (work.stop.stop_requested()) return fail(environment_error("interrupted"));
                             TRY(rules.check(entry));
                             return false;
                           },
                           .take = {}};
  const auto name = file.filename().string();
  TRY(during(read_tar_gz(file, kLimits, visitor), fmt::format("reading {}", name)));
  return rules.finish(name);
}

}  // namespace launch::archive
