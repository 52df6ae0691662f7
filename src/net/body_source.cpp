#include "net/body_source.hpp"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"

namespace launch::net {
namespace {

class TextBody final : public BodySource {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const override {
    if (offset >= text_.size()) return 0;
    return text_.copy(buffer.data(), buffer.size(), offset);
  }

 private:
  std::string text_;
};

class FileBody final : public BodySource {
 public:
  FileBody(Fd file, std::filesystem::path path, std::uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const override {
    if (offset >= size_) return 0;
    const auto most = std::min<std::uint64_t>(buffer.size(), size_ - offset);
    while (true) {
      const auto got = ::pread(file_.get(), buffer.data(), most, static_cast<off_t>(offset));
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0) return fail(environment_error(path_.string() + " became shorter while it was read"));
      if (errno != EINTR) return fail(io_error("read", path_, errno));
    }
  }

 private:
  Fd file_;
  std::filesystem::path path_;
  std::uint64_t size_;
};

class PartBody final : public BodySource {
 public:
  PartBody(Body whole, std::uint64_t offset, std::uint64_t size)
      : whole_(std::move(whole)),
        offset_(std::min(offset, whole_->size())),
        size_(std::min(size, whole_->size() - offset_)) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const override {
    if (offset >= size_) return 0;
    return whole_->read(offset_ + offset,
                        buffer.first(std::min<std::uint64_t>(buffer.size(), size_ - offset)));
  }

 private:
  Body whole_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

class LazyBody final : public BodySource {
 public:
  LazyBody(std::uint64_t size, std::function<Result<Body>()> open) : size_(size), open_(std::move(open)) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const override {
    TRY_ASSIGN(const auto body, opened());
    return body->read(offset, buffer);
  }

 private:
  Result<Body> opened() const {
    const std::lock_guard lock(mutex_);
    if (!body_) {
      TRY_ASSIGN(body_, open_());
    }
    return body_;
  }

  std::uint64_t size_;
  std::function<Result<Body>()> open_;
  mutable std::mutex mutex_;
  mutable Body body_;
};

}  // namespace

Body body_of_text(std::string text) {
  return std::make_shared<TextBody>(std::move(text));
}

Result<Body> body_of_file(const std::filesystem::path& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status = {};
  if (!file || ::fstat(file.get(), &status) != 0) return fail(io_error("read", path, errno));
  return std::make_shared<FileBody>(std::move(file), path, static_cast<std::uint64_t>(status.st_size));
}

Body lazy_body(std::uint64_t size, std::function<Result<Body>()> open) {
  return std::make_shared<LazyBody>(size, std::move(open));
}

Body body_part(Body whole, std::uint64_t offset, std::uint64_t size) {
  return std::make_shared<PartBody>(std::move(whole), offset, size);
}

}  // namespace launch::net
