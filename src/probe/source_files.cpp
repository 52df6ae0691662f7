#include "probe/source_files.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

namespace launch::probe {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConvert = "convert it: jupyter nbconvert --to script ";

/// What shows that a folder is a Python environment; null if nothing does.
const char* environment_mark(const fs::path& folder) {
  std::error_code ignored;
  for (const auto* mark : {"pyvenv.cfg", "conda-meta"}) {
    if (fs::exists(folder / mark, ignored)) return mark;
  }
  return nullptr;
}

bool is_passed_over(const fs::path& folder) {
  const auto name = folder.filename().string();
  return name.starts_with('.') || name == "__pycache__" || name == "node_modules";
}

class Walk {
 public:
  Walk(const ScanPath& root, LeftOut& left_out) : root_(root), left_out_(left_out) {}

  Result<std::vector<SourceFile>> run() {
    std::error_code code;
    for (fs::recursive_directory_iterator it(root_.path, code), end; !code && it != end; it.increment(code)) {
      std::error_code ignored;
      if (it->is_directory(ignored)) {
        if (!enters(it->path())) it.disable_recursion_pending();
      } else if (it->is_regular_file(ignored)) {
        file(it->path());
      }
    }
    if (code) return fail(environment_error(fmt::format("cannot list {}: {}", root_.shown, code.message())));
    std::sort(notebooks_.begin(), notebooks_.end());
    if (files_.empty()) return fail(nothing_found());
    if (!notebooks_.empty())
      left_out_.notebooks.push_back({root_.shown, notebooks_.front(), notebooks_.size()});
    std::sort(files_.begin(), files_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(files_);
  }

 private:
  std::string shown(const fs::path& path) const {
    return (fs::path(root_.shown) / path.lexically_relative(root_.path)).lexically_normal().string();
  }

  bool is_excluded(const fs::path& path) const {
    if (root_.exclude == nullptr) return false;
    const auto relative = path.lexically_relative(root_.path).string();
    // From the scanned folder on: what was named is read, whatever folders it is in.
    const auto from_root = [&](const std::string& whole) {
      specs::IgnorePatterns::Verdict verdict;
      for (auto slash = whole.find('/', whole.size() - relative.size()); slash != std::string::npos;
           slash = whole.find('/', slash + 1)) {
        verdict = root_.exclude->of(whole.substr(0, slash), verdict);
      }
      return root_.exclude->of(whole, verdict).excluded;
    };
    const auto full = shown(path);
    return from_root(relative) || (full.size() > relative.size() && from_root(full));
  }

  bool enters(const fs::path& folder) {
    if (is_passed_over(folder)) {
      if (!is_excluded(folder)) note_environment(folder);
      return false;
    }
    if (is_excluded(folder)) {
      excluded_ = true;
      return root_.exclude->may_include_below(folder.lexically_relative(root_.path).string()) ||
             root_.exclude->may_include_below(shown(folder));
    }
    return !note_environment(folder);
  }

  /// True if it is an environment, which is then among what was left out.
  bool note_environment(const fs::path& folder) {
    const auto* mark = environment_mark(folder);
    if (mark == nullptr) return false;
    left_out_.environments.push_back({shown(folder), mark});
    return true;
  }

  void file(const fs::path& path) {
    const bool source = path.extension() == ".py";
    if (!source && path.extension() != ".ipynb") return;
    if (is_excluded(path)) {
      excluded_ = true;
    } else if (source) {
      files_.push_back({path, shown(path)});
    } else {
      notebooks_.push_back(shown(path));
    }
  }

  Error nothing_found() const {
    auto error = input_error(fmt::format("no Python files (*.py) found below {}", root_.shown));
    if (!notebooks_.empty()) error.hint(kConvert + notebooks_.front());
    if (excluded_) error.hint("some are excluded: see --exclude and [verify] exclude");
    return error;
  }

  const ScanPath& root_;
  LeftOut& left_out_;
  std::vector<SourceFile> files_;
  std::vector<std::string> notebooks_;
  bool excluded_ = false;
};

}  // namespace

Result<void> require_path(const ScanPath& path) {
  std::error_code code;
  if (fs::exists(path.path, code)) return {};
  return fail(input_error(fmt::format("{}: no such file or folder", path.shown)));
}

Result<std::vector<SourceFile>> find_sources(const ScanPath& path, LeftOut& left_out) {
  TRY(require_path(path));
  std::error_code code;
  if (fs::is_directory(path.path, code)) return Walk(path, left_out).run();
  if (path.path.extension() == ".ipynb")
    return fail(input_error(fmt::format("{} is a notebook, which is not read", path.shown))
                    .hint(kConvert + path.shown));
  return std::vector<SourceFile>{{path.path, path.shown}};
}

}  // namespace launch::probe
