#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/disk.hpp"

namespace launch::fakes {

/// The real disk, with one call failing as on a full or broken disk.
class FaultyDisk final : public RealDisk {
 public:
  /// The nth call, and all later ones, of the method `call` ("write") on a path that contains `path`; for
  /// rename, link and copy, the new path counts.
  struct Fault {
    std::string call;
    std::string path = {};
    int error = 0;
    int nth = 1;
  };

  FaultyDisk() = default;
  explicit FaultyDisk(Fault fault) : fault_(std::move(fault)) {}
  void set(Fault fault) {
    const std::scoped_lock lock(mutex_);
    fault_ = std::move(fault);
    seen_ = 0;
  }
  /// Whether the fault has occurred.
  bool struck() const {
    const std::scoped_lock lock(mutex_);
    return fault_.nth > 0 && seen_ >= fault_.nth;
  }

  int open(const Path& path, int flags, unsigned mode, Fd& file) override {
    if (const int error = error_of("open", path.string())) return error;
    const int error = RealDisk::open(path, flags, mode, file);
    remember(file, path.string());
    return error;
  }
  int open_new(std::string& pattern, Fd& file) override {
    if (const int error = error_of("open_new", pattern)) return error;
    const int error = RealDisk::open_new(pattern, file);
    remember(file, pattern);
    return error;
  }
  /// A disk that becomes full writes part of its input.
  int write(const Fd& file, std::string_view bytes) override {
    const int error = error_of("write", path_of(file));
    const int written = RealDisk::write(file, error ? bytes.substr(0, bytes.size() / 2) : bytes);
    return error ? error : written;
  }
  int write_at(const Fd& file, std::string_view bytes, std::uint64_t offset) override {
    const int error = error_of("write_at", path_of(file));
    const int written = RealDisk::write_at(file, error ? bytes.substr(0, bytes.size() / 2) : bytes, offset);
    return error ? error : written;
  }
  int reserve(const Fd& file, std::uint64_t size, bool keep_size) override {
    const int error = error_of("reserve", path_of(file));
    return error ? error : RealDisk::reserve(file, size, keep_size);
  }
  int truncate(const Fd& file, std::uint64_t size) override {
    const int error = error_of("truncate", path_of(file));
    return error ? error : RealDisk::truncate(file, size);
  }
  int set_mode(const Fd& file, unsigned mode) override {
    const int error = error_of("set_mode", path_of(file));
    return error ? error : RealDisk::set_mode(file, mode);
  }
  int flush(const Fd& file) override {
    const int error = error_of("flush", path_of(file));
    return error ? error : RealDisk::flush(file);
  }
  int rename(const Path& from, const Path& to) override {
    const int error = error_of("rename", to.string());
    return error ? error : RealDisk::rename(from, to);
  }
  int link(const Path& from, const Path& to) override {
    const int error = error_of("link", to.string());
    return error ? error : RealDisk::link(from, to);
  }
  int copy(const Path& from, const Path& to) override {
    const int error = error_of("copy", to.string());
    return error ? error : RealDisk::copy(from, to);
  }
  int symlink(const std::string& target, const Path& path) override {
    const int error = error_of("symlink", path.string());
    return error ? error : RealDisk::symlink(target, path);
  }
  int make_folder(const Path& path, unsigned mode) override {
    const int error = error_of("make_folder", path.string());
    return error ? error : RealDisk::make_folder(path, mode);
  }
  int make_folders(const Path& path) override {
    const int error = error_of("make_folders", path.string());
    return error ? error : RealDisk::make_folders(path);
  }
  int make_new_folder(std::string& pattern) override {
    const int error = error_of("make_new_folder", pattern);
    return error ? error : RealDisk::make_new_folder(pattern);
  }
  int remove(const Path& path) override {
    const int error = error_of("remove", path.string());
    return error ? error : RealDisk::remove(path);
  }
  int remove_all(const Path& path) override {
    const int error = error_of("remove_all", path.string());
    return error ? error : RealDisk::remove_all(path);
  }
  int touch(const Path& path) override {
    const int error = error_of("touch", path.string());
    return error ? error : RealDisk::touch(path);
  }
  int set_time(const Path& path, std::int64_t seconds) override {
    const int error = error_of("set_time", path.string());
    return error ? error : RealDisk::set_time(path, seconds);
  }

 private:
  int error_of(std::string_view call, std::string_view path) {
    const std::scoped_lock lock(mutex_);
    if (call != fault_.call || path.find(fault_.path) == std::string_view::npos) return 0;
    return ++seen_ >= fault_.nth ? fault_.error : 0;
  }
  void remember(const Fd& file, std::string_view path) {
    const std::scoped_lock lock(mutex_);
    if (file) paths_[file.get()] = path;
  }
  std::string path_of(const Fd& file) const {
    const std::scoped_lock lock(mutex_);
    const auto found = paths_.find(file.get());
    return found == paths_.end() ? std::string() : found->second;
  }

  mutable std::mutex mutex_;
  Fault fault_;
  int seen_ = 0;
  std::map<int, std::string> paths_;  ///< by descriptor
};

}  // namespace launch::fakes
