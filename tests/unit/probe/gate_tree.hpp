#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "fakes/files.hpp"
#include "probe/judgement.hpp"

namespace launch::probe {

using Files = std::map<std::string, std::string>;

/// A scanned tree, in a folder of its own.
class GateTree {
 public:
  explicit GateTree(const Files& files)
      : root_(std::filesystem::temp_directory_path() / fmt::format("launch-test-gates-{}", ::getpid())) {
    std::filesystem::remove_all(root_);
    for (const auto& [name, text] : files) {
      std::filesystem::create_directories((root_ / name).parent_path());
      EXPECT_TRUE(write_file(root_ / name, text));
    }
  }
  GateTree(const GateTree&) = delete;
  GateTree& operator=(const GateTree&) = delete;
  ~GateTree() { std::filesystem::remove_all(root_); }

  TreeScan scan() const {
    const ScanPath path{root_, "."};
    return *scan_tree({&path, 1}, {"torch"});
  }

  /// "FILE:LINE" of uses that fail with a version, followed by the lines of the gates that let them run.
  std::vector<std::string> failures(const std::string& version) const {
    const auto scan = this->scan();
    const bool is_new = !version.starts_with("2.4") && !version.starts_with("2.5");
    const auto verdict = [&](const pysource::Requirement& name) {
      const bool is_name = name.name == "new" || name.name.starts_with("new.") || name.keyword == "new";
      if (name.module == "torch.new" || is_name)
        return is_new ? pysource::Verdict::yes : pysource::Verdict::no;
      if (name.module == "torch.old") return is_new ? pysource::Verdict::no : pysource::Verdict::yes;
      return pysource::Verdict::yes;
    };
    GateContext context{.symbols = scan.symbols.get(), .calls = scan.calls.get()};
    context.facts.roots = {"torch"};
    context.facts.versions["torch"] = version;
    context.facts.module_versions["torch"] = version + "+cu124";
    for (const auto& name : scan.questions) context.facts.answers[name] = verdict(name);
    std::vector<pysource::Answer> answers;
    for (const auto& name : scan.names) answers.push_back({verdict(name.requirement), ""});
    std::vector<std::string> failing;
    for (const auto& name : judge(scan.names, answers, std::move(context))) {
      for (const auto& use : name.uses) {
        if (!use.fails()) continue;
        failing.push_back(fmt::format("{}:{}", use.use.file, use.use.line));
        for (const auto line : use.passed_lines) failing.back() += fmt::format(" {}", line);
      }
    }
    std::sort(failing.begin(), failing.end());
    return failing;
  }

 private:
  std::filesystem::path root_;
};

/// Right on both sides.
inline void expect_correct(const std::vector<Files>& all) {
  for (const auto& files : all) {
    const GateTree tree(files);
    for (const std::string version : {"2.5.1", "2.6.0"})
      EXPECT_THAT(tree.failures(version), testing::IsEmpty()) << version << "\n" << files.rbegin()->second;
  }
}

/// What fails with torch 2.5.1.
struct Failing {
  Files files;
  std::vector<std::string> failures;
};

inline void expect_failing(const std::vector<Failing>& all) {
  for (const auto& [files, failures] : all) {
    const GateTree tree(files);
    EXPECT_THAT(tree.failures("2.5.1"), testing::ElementsAreArray(failures)) << files.rbegin()->second;
    EXPECT_THAT(tree.failures("2.6.0"), testing::IsEmpty()) << files.rbegin()->second;
  }
}

}  // namespace launch::probe
