#include "image/project_contents.hpp"

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "archive/file_layer.hpp"
#include "base/file.hpp"
#include "base/parallel.hpp"
#include "image/project_tree.hpp"

namespace launch::image {
namespace {

std::vector<ProjectFile*> all_files(std::vector<ProjectCopy>& copies) {
  std::vector<ProjectFile*> files;
  for (auto& copy : copies) {
    for (auto& file : copy.files) {
      if (file.kind == ProjectFile::Kind::file) files.push_back(&file);
    }
  }
  return files;
}

}  // namespace

Result<store::KnownFile> read_project_file(const SteadyFile& file, const SecretTest& test) {
  std::string start;
  const auto wanted = test.wanted();
  TRY_ASSIGN(auto sums, archive::sums_of(file, [&](std::string_view piece) {
               start += piece.substr(0, wanted - start.size());
             }));
  return store::KnownFile{file.state(), std::move(sums), test.of(start)};
}

Result<void> read_project_files(std::vector<ProjectCopy>& copies, const std::filesystem::path& root,
                                store::KnownFiles& known) {
  struct Unread {
    ProjectFile* file;
    std::string path;
    SteadyFile content;
  };
  std::error_code code;
  const auto real_root = std::filesystem::canonical(root, code);
  if (code) return fail(io_error("read", root, code.value()));
  std::vector<Unread> unread;
  for (auto* file : all_files(copies)) {
    if (file->known) continue;
    TRY_ASSIGN(auto content, SteadyFile::look_at(file->source));
    auto path = path_below(file->source, real_root);
    if (const auto* found = known.find(path, content.state())) {
      file->known = *found;
    } else {
      unread.push_back({file, std::move(path), std::move(content)});
    }
  }
  TRY(try_side_by_side(unread.size(), [&](std::size_t i) -> Result<void> {
    const auto& [file, path, content] = unread[i];
    TRY_ASSIGN(file->known, read_project_file(content, SecretTest(path, content.size())));
    return {};
  }));
  for (const auto& each : unread) known.add(each.path, *each.file->known);
  return {};
}

Result<void> read_changed_files(std::vector<ProjectCopy>& copies) {
  const auto files = all_files(copies);
  return try_side_by_side(files.size(), [&](std::size_t i) -> Result<void> {
    auto& file = *files[i];
    TRY_ASSIGN(const auto content, SteadyFile::look_at(file.source));
    if (file.known && file.known->state == content.state()) return {};
    TRY_ASSIGN(auto sums, archive::sums_of(content, [](std::string_view) {}));
    file.known = store::KnownFile{content.state(), std::move(sums), false};
    return {};
  });
}

}  // namespace launch::image
