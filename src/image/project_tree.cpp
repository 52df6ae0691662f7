#include "image/project_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "archive/layer_names.hpp"
#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/steady_file.hpp"
#include "base/text.hpp"
#include "image/left_out.hpp"
#include "image/project_contents.hpp"
#include "image/secret_files.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : fmt::format("{}/{}", folder, name);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

fs::path normal(const fs::path& path) {
  auto text = path.lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

/// Where a link leads.
struct Destination {
  fs::path place;      ///< canonical, as far as it exists
  std::string target;  ///< the same relative to the link's folder, by the link's own text if possible
};

Destination destination_of(const fs::path& link, const fs::path& text, const fs::path& tree) {
  const auto folder = link.parent_path();
  const auto spelled = normal(folder / text);
  std::error_code code;
  auto place = fs::weakly_canonical(folder / text, code);
  place = code ? spelled : normal(place);
  // "x/.." is not the link's own folder if x is a link.
  const auto same = fs::weakly_canonical(spelled, code);
  const bool as_spelled = is_below(spelled, tree) && (code || normal(same) == place);
  return {place, (as_spelled ? spelled : place).lexically_relative(folder).string()};
}

class Walk {
 public:
  explicit Walk(const TreeRequest& request) : request_(request) {}

  struct Verdicts {
    specs::IgnorePatterns::Verdict project;
    specs::IgnorePatterns::Verdict entry;
    bool excluded() const { return project.excluded || entry.excluded; }
  };

  /// Adds what is in a folder, which has the path `path` below the tree. Returns whether anything was.
  Result<bool> add_folder(const std::string& folder, const std::string& path, const Verdicts& verdicts) {
    std::vector<std::string> items;
    std::error_code code;
    for (auto item = fs::directory_iterator(folder, code); !code && item != fs::directory_iterator();
         item.increment(code)) {
      items.push_back(item->path().native());
    }
    if (code) return fail(io_error("read", folder, code.value()));
    std::sort(items.begin(), items.end());
    bool any = false;
    for (const auto& item : items) {
      TRY_ASSIGN(const bool added, add(item, joined(path, name_of(item)), verdicts));
      any = any || added;
    }
    return any;
  }

  /// Which patterns excluded anything: ".dockerignore and exclude"; empty if none did.
  std::string excluded_by() const {
    std::vector<std::string> who;
    if (by_project_) who.push_back(request_.ignored.file);
    if (by_entry_) who.emplace_back("exclude");
    return join_words(who);
  }

  Tree take() {
    std::set<std::string> paths;
    for (const auto& file : tree_.files) paths.insert(file.path);
    for (const auto& [link, place] : links_) {
      if (place != "." && !paths.contains(place)) tree_.dangling.push_back(link);
    }
    return std::move(tree_);
  }

 private:
  Result<bool> add(const std::string& source, const std::string& path, const Verdicts& folder) {
    const auto shown = path_below(source, request_.root);
    const Verdicts verdicts{request_.ignored.patterns.of(shown, folder.project),
                            request_.exclude.of(path, folder.entry)};
    by_project_ = by_project_ || verdicts.project.excluded;
    by_entry_ = by_entry_ || verdicts.entry.excluded;
    struct stat status {};
    if (::lstat(source.c_str(), &status) != 0) return fail(io_error("read", source, errno));
    if (S_ISDIR(status.st_mode)) return add_subfolder(source, path, shown, verdicts);
    if (verdicts.excluded()) return false;
    if (const auto left_out = left_out_file(name_of(source)); left_out != LeftOut::no) {
      if (left_out == LeftOut::noted) tree_.left_out.push_back(shown);
      return false;
    }
    TRY(check_name(shown));
    if (S_ISREG(status.st_mode)) return add_file(source, path, shown, status);
    if (S_ISLNK(status.st_mode)) return add_link(source, path, shown);
    return fail(
        error(fmt::format("holds {}, which is neither file, folder nor link", shown)).hint(leave_out()));
  }

  Result<bool> add_file(const std::string& source, const std::string& path, const std::string& shown,
                        const struct stat& status) {
    const auto state = FileState::of(status);
    const auto* known = request_.known.find(shown, state);
    bool secret = known != nullptr && known->looks_secret;
    if (known == nullptr) {
      const SecretTest test(shown, state.size);
      secret = test.by_name();
      if (!secret && test.wanted() > 0) {
        TRY_ASSIGN(auto found, read_project_file(SteadyFile(source, state), test));
        secret = found.looks_secret;
        known = &request_.known.add(shown, std::move(found));
      }
    }
    if (secret) return add_secret(shown);
    const bool executable = (status.st_mode & S_IXUSR) != 0;
    tree_.files.push_back({source, path, ProjectFile::Kind::file, executable});
    if (known != nullptr) tree_.files.back().known = *known;
    return true;
  }

  /// What has an entry of its own goes where that says.
  bool add_secret(const std::string& shown) {
    if (!is_named(shown)) tree_.secrets.push_back(shown);
    return false;
  }

  /// A folder that is excluded is there for what a pattern with "!" includes in it.
  Result<bool> add_subfolder(const std::string& source, const std::string& path, const std::string& shown,
                             const Verdicts& verdicts) {
    if (verdicts.project.excluded && !request_.ignored.patterns.may_include_below(shown)) return false;
    if (verdicts.entry.excluded && !request_.exclude.may_include_below(path)) return false;
    if (const auto left_out = left_out_folder(shown, source); left_out != LeftOut::no) {
      if (left_out == LeftOut::noted && !verdicts.excluded()) tree_.left_out.push_back(shown);
      return false;
    }
    TRY_ASSIGN(const bool any, add_folder(source, path, verdicts));
    if (!any && verdicts.excluded()) return false;
    TRY(check_name(shown));
    tree_.files.push_back({source, path, ProjectFile::Kind::folder});
    return true;
  }

  Result<bool> add_link(const std::string& source, const std::string& path, const std::string& shown) {
    if (SecretTest(shown, 0).by_name()) return add_secret(shown);
    std::error_code code;
    const auto text = fs::read_symlink(source, code);
    if (code) return fail(io_error("read", source, code.value()));
    TRY(check_name(text.string()));
    const auto destination = destination_of(source, text, request_.folder);
    if (!is_below(destination.place, request_.folder)) {
      return fail(
          error(fmt::format("holds {}, a link to {} outside it", shown, text.string())).hint(leave_out()));
    }
    if (fs::exists(destination.place, code)) {
      links_.emplace_back(fmt::format("{} -> {}", shown, text.string()),
                          destination.place.lexically_relative(request_.folder).string());
    }
    tree_.files.push_back({source, path, ProjectFile::Kind::link, false, destination.target});
    return true;
  }

  /// True for what has an entry of its own, which decides where it goes.
  bool is_named(const std::string& shown) const {
    const auto& entries = request_.recipe.image.copy;
    return std::any_of(entries.begin(), entries.end(), [&](const project::CopyEntry& entry) {
      return &entry != &request_.entry && normal(entry.from) == shown;
    });
  }

  Result<void> check_name(const std::string& name) const {
    if (archive::is_whiteout(name_of(name))) {
      return fail(
          error(fmt::format("holds {}, a name by which an image layer removes a file", in_quotes(name)))
              .hint("rename it"));
    }
    const bool is_text = is_utf8(name);
    if (is_text && name.find('\n') == std::string::npos) return {};
    return fail(error(fmt::format("holds {}, a name {}", in_quotes(name),
                                  is_text ? "with a line break" : "that is not UTF-8"))
                    .hint("rename it"));
  }

  std::string leave_out() const {
    return fmt::format("to leave it out, list it in {} or in `exclude`", request_.ignored.file);
  }
  Error error(std::string_view what) const { return copy_error(request_.recipe, request_.entry, what); }

  const TreeRequest& request_;
  Tree tree_;
  bool by_project_ = false;  ///< patterns of the project have excluded something
  bool by_entry_ = false;
  std::vector<std::pair<std::string, std::string>> links_;  ///< as shown, and the path of what it leads to
};

}  // namespace

Result<Tree> find_tree(const TreeRequest& request) {
  Walk walk(request);
  Walk::Verdicts verdicts;
  const auto path = request.folder.lexically_relative(request.root).string();
  if (path != ".") verdicts.project = request.ignored.patterns.of(path);
  TRY_ASSIGN(const bool any, walk.add_folder(request.folder, {}, verdicts));
  auto tree = walk.take();
  if (!any && verdicts.project.excluded && tree.secrets.empty()) {
    return fail(
        copy_error(request.recipe, request.entry, fmt::format("is excluded by {}", request.ignored.file))
            .hint(include_hint(request.ignored, path)));
  }
  if (const auto who = walk.excluded_by(); !any && !who.empty() && tree.secrets.empty()) {
    return fail(copy_error(request.recipe, request.entry,
                           fmt::format("has nothing to copy: all of it is excluded by {}", who))
                    .hint("remove the entry from copy, or a pattern"));
  }
  return tree;
}

std::string path_below(const std::string& path, const fs::path& root) {
  const auto& above = root.native();
  return path.substr(above.ends_with('/') ? above.size() : above.size() + 1);
}

std::string include_hint(const Ignored& ignored, std::string_view path) {
  return fmt::format("add a line \"!{}\" at the end of {}", path, ignored.file);
}

Error copy_error(const project::Recipe& recipe, const project::CopyEntry& entry, std::string_view what) {
  return input_error(fmt::format("copy under [image] in recipes/{}.toml: {} {}", recipe.name,
                                 entry.from == "." ? "the project" : entry.from, what));
}

}  // namespace launch::image
