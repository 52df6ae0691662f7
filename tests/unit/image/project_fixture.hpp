#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fakes/fake_reporter.hpp"
#include "fakes/files.hpp"
#include "image/project_files.hpp"
#include "unit/base/scratch.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {

using Entries = std::vector<project::CopyEntry>;

/// A project with files, of which a recipe copies some.
class ProjectFiles : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& content = "x") const {
    ASSERT_TRUE(write_file(root() / path, content));
  }
  void link(const std::string& target, const std::string& path) const {
    std::filesystem::create_directories((root() / path).parent_path());
    std::filesystem::create_symlink(target, root() / path);
  }
  std::filesystem::path root() const { return std::filesystem::canonical(scratch_.path()); }

  Result<std::vector<ProjectCopy>> find(const Entries& entries, const std::string& user = {},
                                        const std::string& base_user = {}) {
    auto recipe =
        project::test::recipe("python = \"3.12\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"numpy\"]\n");
    recipe.image.copy = entries;
    if (!user.empty()) recipe.image.user = user;
    reporter_.notes.clear();
    reporter_.warnings.clear();
    return find_project_files(recipe, root(), reporter_, base_user, known_);
  }
  std::string refusal(const Entries& entries) {
    const auto copies = find(entries);
    return copies ? "accepted" : copies.error().text();
  }
  /// The paths of the first copy: folders with "/", links with their targets.
  std::vector<std::string> paths(const Entries& entries) {
    const auto copies = find(entries);
    if (!copies) return {copies.error().text()};
    std::vector<std::string> out;
    for (const auto& file : copies->front().files) {
      const bool folder = file.kind == ProjectFile::Kind::folder;
      const bool link = file.kind == ProjectFile::Kind::link;
      out.push_back(file.path + (folder ? "/" : link ? " -> " + file.target : ""));
    }
    return out;
  }

  fakes::FakeReporter reporter_;
  store::KnownFiles known_;
  const Entries all_ = {{.from = "."}};

 private:
  launch::test::Scratch scratch_;
};

}  // namespace launch::image
