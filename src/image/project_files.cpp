#include "image/project_files.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "archive/tree.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/parallel.hpp"
#include "base/steady_file.hpp"
#include "base/text.hpp"
#include "image/project_tree.hpp"
#include "project/image_folders.hpp"
#include "specs/ignore_patterns.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;
using Kind = ProjectFile::Kind;

/// "a, b and 3 more"
std::string listed(const std::set<std::string>& all) {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> names(all.begin(), all.end());
  if (names.size() <= kMost) return join_words(names);
  const auto more = names.size() - kMost + 1;
  names.resize(kMost - 1);
  return fmt::format("{} and {} more", join(names, ", "), more);
}

/// By the rules of podman, which docker shares but for the first name.
Result<Ignored> read_ignored(const fs::path& root) {
  for (const auto* name : {".containerignore", ".dockerignore"}) {
    std::error_code ignored;
    if (!fs::is_regular_file(root / name, ignored)) continue;
    TRY_ASSIGN(const auto text, read_file(root / name));
    TRY_ASSIGN(auto patterns, specs::IgnorePatterns::parse_file(text, name));
    return Ignored{name, std::move(patterns)};
  }
  return Ignored();
}

/// "UID:GID", or the name of a user. `owner`: a user, perhaps with a group.
std::string owner_of(const std::string& owner) {
  auto user = owner.substr(0, owner.find(':'));
  if (owner == "root") return kRootOwner;
  if (!parse_u64(user)) return user;
  const auto group = owner.substr(std::min(user.size() + 1, owner.size()));
  return fmt::format("{}:{}", user, parse_u64(group) ? group : user);
}

/// By its path in the project.
bool is_of_launch(std::string_view path) {
  const auto first = path.substr(0, path.find('/'));
  return first == "recipes" || first == "images" || path == "launch.toml";
}

/// Finds what the entries of a recipe copy, and gathers what there is to say of all of them.
class Finder {
 public:
  Finder(const project::Recipe& recipe, fs::path root, const Ignored& ignored, const std::string& base_user,
         store::KnownFiles& known)
      : recipe_(recipe),
        root_(std::move(root)),
        ignored_(ignored),
        known_(known),
        user_(recipe.image.user.value_or(base_user.empty() ? "root" : base_user)) {}

  Result<ProjectCopy> find(const project::CopyEntry& entry) {
    const auto source = (root_ / entry.from).lexically_normal();
    std::error_code code;
    if (!fs::exists(source, code)) {
      return fail(copy_error(recipe_, entry, "does not exist")
                      .hint(fmt::format("expected a file or folder {}", source.string())));
    }
    const auto real = fs::canonical(source, code);
    if (code) return fail(copy_error(recipe_, entry, fmt::format("cannot be read: {}", code.message())));
    if (!is_below(real, root_))
      return fail(copy_error(recipe_, entry, fmt::format("is {}, outside the project", real.string())));
    ProjectCopy copy;
    copy.to = entry.to.ends_with('/') ? entry.to : entry.to + "/";
    copy.owner = owner_of(entry.owner.value_or(user_));
    const bool is_first = &entry == &recipe_.image.copy.front();
    copy.is_users_folder = is_first && copy.owner != kRootOwner && copy.owner == owner_of(user_);
    if (fs::is_directory(real, code)) {
      TRY(add_folder(entry, real, copy));
    } else {
      TRY(add_file(entry, real, copy));
    }
    std::sort(copy.files.begin(), copy.files.end(),
              [](const ProjectFile& a, const ProjectFile& b) { return a.path < b.path; });
    TRY(check_places(entry, copy));
    return copy;
  }

  /// Errors (input): there are secrets.
  Result<void> finish(Reporter& reporter) const {
    if (!secrets_.empty()) return fail(secrets_error());
    if (!left_out_.empty()) {
      reporter.note(
          fmt::format("not copied into the image: {}; to copy one, give it an entry of its own under copy",
                      listed(left_out_)));
    }
    if (!dangling_.empty())
      reporter.warn(fmt::format("the image has links whose targets are not copied: {}", listed(dangling_)));
    return {};
  }

 private:
  /// A folder may hold what would be in one of launch's own, if it is copied to one above.
  Result<void> check_places(const project::CopyEntry& entry, const ProjectCopy& copy) const {
    for (const auto& file : copy.files) {
      const auto own = project::own_folder_of(copy.to + file.path, recipe_.image.python);
      if (!own) continue;
      return fail(copy_error(recipe_, entry,
                             fmt::format("holds {}, which would be copied into {}, a folder of launch's own",
                                         file.path, *own))
                      .hint("set `to` to another folder"));
    }
    return {};
  }

  Result<void> add_folder(const project::CopyEntry& entry, const fs::path& folder, ProjectCopy& copy) {
    auto exclude = specs::IgnorePatterns::parse(entry.exclude);
    if (!exclude)
      return fail(copy_error(recipe_, entry, "has an invalid exclude: " + exclude.error().message()));
    TRY_ASSIGN(auto tree, find_tree({recipe_, entry, root_, folder, ignored_, *exclude, known_}));
    copy.files = std::move(tree.files);
    for (auto& file : copy.files) file.of_launch = is_of_launch(path_below(file.source, root_));
    secrets_.insert(tree.secrets.begin(), tree.secrets.end());
    left_out_.insert(tree.left_out.begin(), tree.left_out.end());
    dangling_.insert(tree.dangling.begin(), tree.dangling.end());
    return {};
  }

  /// A file that an entry names is copied whatever it looks like.
  Result<void> add_file(const project::CopyEntry& entry, const fs::path& file, ProjectCopy& copy) const {
    const auto shown = fs::path(entry.from).lexically_normal();
    std::error_code code;
    const auto status = fs::status(file, code);
    if (!fs::is_regular_file(status)) return fail(copy_error(recipe_, entry, "is neither file nor folder"));
    if (!entry.exclude.empty())
      return fail(copy_error(recipe_, entry, "is a file, but has an exclude").hint("remove exclude"));
    if (ignored_.patterns.of(shown.string()).excluded) {
      return fail(copy_error(recipe_, entry, fmt::format("is excluded by {}", ignored_.file))
                      .hint(include_hint(ignored_, shown.string())));
    }
    auto name = shown.filename().string();
    if (!entry.to.ends_with('/')) {
      name = fs::path(entry.to).filename().string();
      copy.to = entry.to.substr(0, entry.to.rfind('/') + 1);
    }
    const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    copy.files.push_back({file, name, Kind::file, executable});
    return {};
  }

  Error secrets_error() const {
    const bool one = secrets_.size() == 1;
    return input_error(fmt::format("copy under [image] in recipes/{}.toml: {} {}: {}", recipe_.name,
                                   count_of(secrets_.size(), "file"),
                                   one ? "looks like a secret" : "look like secrets", listed(secrets_)))
        .hint(fmt::format("to leave one out, list it in {} or in `exclude`", ignored_.file))
        .hint(
            fmt::format("to copy one, give it an entry of its own: {{ from = \"{}\" }}", *secrets_.begin()));
  }

  const project::Recipe& recipe_;
  fs::path root_;
  const Ignored& ignored_;
  store::KnownFiles& known_;
  std::string user_;  ///< of the image, perhaps with a group
  std::set<std::string> secrets_;
  std::set<std::string> left_out_;
  std::set<std::string> dangling_;
};

Result<std::string> digest_line(const ProjectFile& file) {
  const auto path = fmt::format("{} {}", file.path.size(), file.path);
  switch (file.kind) {
    case Kind::folder:
      return fmt::format("folder {}\n", path);
    case Kind::link:
      return fmt::format("link {} {} {}\n", path, file.target.size(), file.target);
    case Kind::file:
      break;
  }
  std::optional<Digest> content;
  if (file.known) {
    content = file.known->sums.sha256;
  } else {
    TRY_ASSIGN(content, sha256_file(file.source));
  }
  return fmt::format("file {} {:o} {}\n", path, archive::mode_of(file.executable), content->hex());
}

/// Of the files that `wanted` says.
template <class Wanted>
Result<Digest> digest_of(const std::vector<ProjectCopy>& copies, const Wanted& wanted) {
  Sha256 digest;
  for (const auto& copy : copies) {
    std::vector<const ProjectFile*> files;
    for (const auto& file : copy.files) {
      if (wanted(file)) files.push_back(&file);
    }
    digest.update(fmt::format("copy {} {} {} {}\n", files.size(), copy.owner, copy.to.size(), copy.to));
    std::vector<std::string> all(files.size());
    TRY(try_side_by_side(all.size(), [&](std::size_t i) -> Result<void> {
      TRY_ASSIGN(all[i], digest_line(*files[i]));
      return {};
    }));
    for (const auto& line : all) digest.update(line);
  }
  return digest.digest();
}

Result<void> copy_one(Disk& disk, const ProjectFile& file, const fs::path& folder) {
  switch (file.kind) {
    case Kind::folder:
      return archive::make_tree_folder(disk, folder, file.path);
    case Kind::link:
      if (const int error = disk.symlink(file.target, folder / file.path))
        return fail(io_error("create the link", folder / file.path, error));
      return {};
    case Kind::file:
      break;
  }
  TRY_ASSIGN(const auto source, SteadyFile::look_at(file.source));
  return archive::write_tree_file(disk, folder / file.path, source, file.executable);
}

}  // namespace

Result<std::vector<ProjectCopy>> find_project_files(const project::Recipe& recipe, const fs::path& root,
                                                    Reporter& reporter, const std::string& base_user,
                                                    store::KnownFiles& known) {
  std::error_code code;
  const auto real_root = fs::canonical(root, code);
  if (code) return fail(io_error("read", root, code.value()));
  TRY_ASSIGN(const auto ignored, read_ignored(real_root));
  Finder finder(recipe, real_root, ignored, base_user, known);
  std::vector<ProjectCopy> copies;
  copies.reserve(recipe.image.copy.size());
  for (const auto& entry : recipe.image.copy) {
    TRY_ASSIGN(auto copy, finder.find(entry));
    copies.push_back(std::move(copy));
  }
  TRY(finder.finish(reporter));
  return copies;
}

Result<Digest> project_digest(const std::vector<ProjectCopy>& copies) {
  return digest_of(copies, [](const ProjectFile&) { return true; });
}

Result<Digest> labelled_digest(const std::vector<ProjectCopy>& copies) {
  return digest_of(copies, [](const ProjectFile& file) { return !file.of_launch; });
}

Result<void> copy_project_files(Disk& disk, const std::vector<ProjectCopy>& copies, const fs::path& folder) {
  for (std::size_t i = 0; i < copies.size(); ++i) {
    const auto own = std::to_string(i);
    TRY(archive::make_tree_folder(disk, folder, own));
    for (const auto& file : copies[i].files) TRY(copy_one(disk, file, folder / own));
  }
  return {};
}

}  // namespace launch::image
