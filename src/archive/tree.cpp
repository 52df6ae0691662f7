#include "archive/tree.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

constexpr mode_t kFolder = 0755;
constexpr mode_t kProgram = 0755;
constexpr mode_t kFile = 0644;

Result<Fd> create_file(const std::filesystem::path& path, int access, bool executable) {
  Fd file(::open(path.c_str(), access | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kFile));
  if (!file) return fail(io_error("write", path, errno));
  if (::fchmod(file.get(), executable ? kProgram : kFile) != 0) return fail(io_error("write", path, errno));
  return file;
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail(io_error("read", path, errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fail(io_error("read", path, errno));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return MappedFile({});
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (bytes == MAP_FAILED) return fail(io_error("read", path, errno));
  return MappedFile({static_cast<char*>(bytes), size});
}

Result<MappedFile> MappedFile::create(const std::filesystem::path& path, std::uint64_t size,
                                      bool executable) {
  TRY_ASSIGN(const Fd file, create_file(path, O_RDWR, executable));
  if (size == 0) return MappedFile({});
  if (const int code = ::posix_fallocate(file.get(), 0, static_cast<off_t>(size)); code != 0) {
    return fail(io_error("write", path, code));
  }
  void* bytes = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (bytes == MAP_FAILED) return fail(io_error("write", path, errno));
  return MappedFile({static_cast<char*>(bytes), size});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

Result<void> make_tree_folder(const std::filesystem::path& root, std::string_view path) {
  std::filesystem::path folder = root;
  for (const auto part : split(path, '/')) {
    folder /= part;
    if (::mkdir(folder.c_str(), kFolder) != 0) {
      if (errno == EEXIST) continue;
      return fail(io_error("make the folder", folder, errno));
    }
    if (::chmod(folder.c_str(), kFolder) != 0) return fail(io_error("make the folder", folder, errno));
  }
  return {};
}

Result<void> write_tree_file(const std::filesystem::path& path, std::string_view content, bool executable) {
  TRY_ASSIGN(const Fd file, create_file(path, O_WRONLY, executable));
  while (!content.empty()) {
    const auto put = ::write(file.get(), content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(io_error("write", path, errno));
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace launch::archive
