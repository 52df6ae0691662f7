#include "base/temporary_folder.hpp"

#include <string>
#include <system_error>

#include "base/file.hpp"

namespace launch {

Result<TemporaryFolder> TemporaryFolder::make(Disk& disk, std::filesystem::path parent) {
  std::error_code code;
  if (parent.empty()) parent = std::filesystem::temp_directory_path(code);
  if (code) return fail(io_error("find", "the folder for temporary files", code.value()));
  auto pattern = (parent / "launch-XXXXXX").string();
  if (const int error = disk.make_new_folder(pattern))
    return fail(io_error("create the folder", pattern, error));
  return TemporaryFolder(disk, pattern);
}

TemporaryFolder::~TemporaryFolder() {
  if (!path_.empty()) disk_->remove_all(path_);
}

}  // namespace launch
