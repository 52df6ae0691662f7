#include "base/mapped_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/file.hpp"

namespace launch {

Result<Fd> create_file(Disk& disk, const std::filesystem::path& path, int access, unsigned mode) {
  Fd file;
  int error = disk.open(path, access | O_CREAT | O_TRUNC | O_NOFOLLOW, mode, file);
  if (error == 0) error = disk.set_mode(file, mode);
  if (error != 0) return fail(io_error("write", path, error));
  return file;
}

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

void MappedFile::forget() const {
  if (!bytes_.empty()) ::madvise(bytes_.data(), bytes_.size(), MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace launch
