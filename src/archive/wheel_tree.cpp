#include "archive/wheel_tree.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>

#include "archive/earlier_wheel.hpp"
#include "archive/installation.hpp"
#include "archive/tree.hpp"
#include "archive/wheel_contents.hpp"
#include "archive/zip.hpp"
#include "archive/zip_stream.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/mapped_file.hpp"
#include "base/parallel.hpp"

namespace launch::archive {
namespace {

constexpr std::uint64_t kLarge = std::uint64_t{4} << 20;  // files from this size are written in pieces
constexpr std::uint64_t kKept = std::uint64_t{16} << 20;  // bytes of a wheel in memory

/// A wheel being unpacked.
struct Wheel {
  std::filesystem::path file;
  std::filesystem::path prefix;
  MappedFile bytes;
  ZipFile zip;
  WheelContents contents;
  std::vector<std::optional<TreeFile>> files;  ///< first those of the contents, in their order
  std::optional<EarlierWheel> earlier = {};    ///< which is installed as …
  const InstalledWheel* installed = nullptr;   ///< … this

  const ZipEntry& entry(std::size_t file) const { return zip.entries()[contents.files[file].entry]; }
  std::string step() const { return step_of(file); }
  static std::string step_of(const std::filesystem::path& file) {
    return fmt::format("unpacking {}", file.filename().string());
  }
  void forget() const {
    bytes.forget();
    if (earlier) earlier->forget();
  }
};

/// Installs wheels for one interpreter.
class Installer {
 public:
  Installer(Disk& disk, InstallPaths paths, std::string_view interpreter)
      : disk_(disk), paths_(std::move(paths)), interpreter_(interpreter) {}

  Result<Wheel> open(const WheelPlace& place) const;
  /// Makes the wheel's folders.
  Result<void> begin(const Wheel& wheel) const;
  /// Unpacks one of the wheel's files.
  Result<void> write(Wheel& wheel, std::size_t file) const;
  /// Writes scripts, INSTALLER and RECORD, after all other files.
  Result<void> finish(Wheel& wheel) const;

 private:
  std::optional<TreeFile> link_earlier(const Wheel& wheel, std::size_t file) const;
  Result<Fd> create(const Wheel& wheel, const std::string& path, bool executable) const;
  Result<TreeFile> write_small(const Wheel& wheel, const std::string& path, std::string_view content,
                               bool executable) const;
  Result<TreeFile> write_large(const Wheel& wheel, std::size_t file) const;
  Result<void> add(Wheel& wheel, const std::string& path, std::string_view content, bool executable) const;

  Disk& disk_;
  InstallPaths paths_;
  std::string interpreter_;
};

std::string folder_of(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/')));
}

Result<Wheel> Installer::open(const WheelPlace& place) const {
  TRY_ASSIGN(auto bytes, MappedFile::open(place.wheel));
  TRY_ASSIGN(auto zip, ZipFile::open(bytes.text()));
  Wheel wheel{place.wheel, place.prefix, std::move(bytes), std::move(zip), {}, {}};
  TRY_ASSIGN(wheel.contents, read_wheel_contents(wheel.zip, paths_));
  wheel.files.resize(wheel.contents.files.size());
  if (place.earlier) {
    if (auto earlier = EarlierWheel::open(place.earlier->wheel, paths_)) wheel.earlier = *std::move(earlier);
    wheel.installed = &*place.earlier;
  }
  return wheel;
}

Result<void> Installer::begin(const Wheel& wheel) const {
  std::set<std::string> folders = {wheel.contents.dist_info};
  for (const auto& file : wheel.contents.files) {
    if (file.path.find('/') != std::string::npos) folders.insert(folder_of(file.path));
  }
  if (!wheel.contents.scripts.empty()) folders.insert(paths_.scripts);
  TRY(make_tree_folder(disk_, wheel.prefix.parent_path(), wheel.prefix.filename().string()));
  for (const auto& folder : folders) TRY(make_tree_folder(disk_, wheel.prefix, folder));
  return {};
}

/// nullopt if there is no such file, or it cannot be linked.
std::optional<TreeFile> Installer::link_earlier(const Wheel& wheel, std::size_t file) const {
  const auto& plan = wheel.contents.files[file];
  if (!wheel.earlier || !wheel.earlier->has(wheel.zip, plan)) return std::nullopt;
  const auto found = wheel.installed->files.find(plan.path);
  if (found == wheel.installed->files.end()) return std::nullopt;
  if (disk_.link(wheel.installed->prefix / plan.path, wheel.prefix / plan.path) != 0) return std::nullopt;
  return TreeFile{plan.path, wheel.entry(file).size, found->second};
}

/// A file to write into. What has its path may be a link to a file of the tree of another wheel.
Result<Fd> Installer::create(const Wheel& wheel, const std::string& path, bool executable) const {
  const auto place = wheel.prefix / path;
  if (wheel.installed == nullptr) return create_file(disk_, place, O_WRONLY, mode_of(executable));
  const int error = disk_.remove(place);
  if (error != 0 && error != ENOENT) return fail(io_error("write", place, error));
  return create_file(disk_, place, O_WRONLY | O_EXCL, mode_of(executable));
}

Result<TreeFile> Installer::write_small(const Wheel& wheel, const std::string& path, std::string_view content,
                                        bool executable) const {
  TRY_ASSIGN(const Fd out, create(wheel, path, executable));
  if (const int error = disk_.write(out, content)) return fail(io_error("write", wheel.prefix / path, error));
  return TreeFile{path, content.size(), Digest::of(content)};
}

Result<TreeFile> Installer::write_large(const Wheel& wheel, std::size_t file) const {
  const auto& plan = wheel.contents.files[file];
  const auto& entry = wheel.entry(file);
  const auto place = wheel.prefix / plan.path;
  TRY_ASSIGN(const auto compressed, wheel.zip.compressed(entry));
  TRY_ASSIGN(const Fd out, create(wheel, plan.path, plan.executable));
  // A full disk is an error now, and not after most of the work.
  int error = disk_.reserve(out, entry.size, /*keep_size=*/true);
  if (error != 0) return fail(io_error("write", place, error));
  Sha256 digest;
  std::uint64_t since = 0;
  TRY(EntryReader().read(entry, compressed, [&](std::string_view piece) {
    digest.update(piece);
    error = disk_.write(out, piece);
    if ((since += piece.size()) >= kKept) {
      wheel.bytes.forget();
      since = 0;
    }
    return error == 0;
  }));
  if (error != 0) return fail(io_error("write", place, error));
  return TreeFile{plan.path, entry.size, digest.digest()};
}

Result<void> Installer::write(Wheel& wheel, std::size_t file) const {
  const auto& plan = wheel.contents.files[file];
  const auto& entry = wheel.entry(file);
  if (auto linked = link_earlier(wheel, file)) {
    wheel.files[file] = *std::move(linked);
    return {};
  }
  if (entry.size >= kLarge && !plan.is_script) {
    TRY_ASSIGN(wheel.files[file], write_large(wheel, file));
    return {};
  }
  TRY_ASSIGN(const auto compressed, wheel.zip.compressed(entry));
  const auto buffer = std::make_unique_for_overwrite<char[]>(entry.size);
  const std::span<char> content(buffer.get(), entry.size);
  TRY(inflate_into(entry, compressed, content));
  std::string_view text(content.data(), content.size());
  std::string script;
  if (plan.is_script) text = script = script_text(std::string(text), interpreter_);
  TRY_ASSIGN(wheel.files[file], write_small(wheel, plan.path, text, plan.executable));
  return {};
}

Result<void> Installer::add(Wheel& wheel, const std::string& path, std::string_view content,
                            bool executable) const {
  TRY_ASSIGN(auto file, write_small(wheel, path, content, executable));
  wheel.files.emplace_back(std::move(file));
  return {};
}

Result<void> Installer::finish(Wheel& wheel) const {
  for (const auto& script : wheel.contents.scripts) {
    TRY_ASSIGN(const auto text, console_script_text(script, interpreter_));
    TRY(add(wheel, fmt::format("{}/{}", paths_.scripts, script.name), text, true));
  }
  TRY(add(wheel, wheel.contents.dist_info + "/INSTALLER", kInstaller, false));
  std::vector<RecordRow> rows;
  for (const auto& file : wheel.files)
    rows.push_back({record_path(file->path, paths_.purelib), record_digest(file->digest), file->size});
  const auto record = wheel.contents.dist_info + "/RECORD";
  rows.push_back({record_path(record, paths_.purelib), "", std::nullopt});
  return add(wheel, record, record_text(std::move(rows)), false);
}

/// A file to unpack.
struct Task {
  std::size_t wheel;
  std::size_t file;
  std::uint64_t size;
};

/// Wheel by wheel, so that an interrupt finds most of them whole, and the largest first in each, so that no
/// core is left with a large one at the end.
std::vector<Task> tasks_of(const std::vector<Wheel>& wheels) {
  std::vector<Task> tasks;
  std::vector<std::uint64_t> sizes(wheels.size());
  for (std::size_t w = 0; w < wheels.size(); ++w) {
    for (std::size_t f = 0; f < wheels[w].contents.files.size(); ++f) {
      tasks.push_back({w, f, wheels[w].entry(f).size});
      sizes[w] += tasks.back().size;
    }
  }
  std::stable_sort(tasks.begin(), tasks.end(), [&](const Task& a, const Task& b) {
    return std::tuple(sizes[b.wheel], a.wheel, b.size) < std::tuple(sizes[a.wheel], b.wheel, a.size);
  });
  return tasks;
}

/// Installs wheels on all cores, once all of them are open. `done` is called on any of them, once for each
/// wheel.
Result<InstallSize> install(std::span<const WheelPlace> places, const Installer& installer, const Work& work,
                            const std::function<Result<void>(std::size_t, Wheel&)>& done) {
  std::vector<Wheel> open;
  open.reserve(places.size());
  for (const auto& place : places) {
    TRY_ASSIGN(auto wheel, during(installer.open(place), Wheel::step_of(place.wheel)));
    open.push_back(std::move(wheel));
  }
  for (const auto& wheel : open) TRY(during(installer.begin(wheel), wheel.step()));
  const auto tasks = tasks_of(open);
  InstallSize size{tasks.size(), 0};
  std::vector<std::atomic<std::size_t>> left(open.size());
  for (const auto& task : tasks) {
    size.bytes += task.size;
    ++left[task.wheel];
  }
  std::atomic<std::uint64_t> written = 0;
  TRY(try_side_by_side(tasks.size(), [&](std::size_t at) -> Result<void> {
    const auto& task = tasks[at];
    if (work.stop.stop_requested()) return fail(environment_error("stopped while unpacking wheels"));
    auto& wheel = open[task.wheel];
    TRY(during(installer.write(wheel, task.file), wheel.step()));
    const auto before = written.fetch_add(task.size);
    if (before / kKept != (before + task.size) / kKept) {
      for (const auto& each : open) each.forget();
    }
    work.reporter.progress("unpacking wheels", before + task.size, size.bytes);
    if (--left[task.wheel] > 0) return {};
    TRY(during(installer.finish(wheel), wheel.step()));
    return done(task.wheel, wheel);
  }));
  return size;
}

}  // namespace

Result<std::uint64_t> unpacked_size(const std::filesystem::path& wheel) {
  TRY_ASSIGN(const auto bytes, MappedFile::open(wheel));
  TRY_ASSIGN(const auto zip, ZipFile::open(bytes.text()));
  std::uint64_t size = 0;
  for (const auto& entry : zip.entries()) size += entry.size;
  return size;
}

Result<InstallSize> unpack_wheels(std::span<const WheelSource> wheels, const std::filesystem::path& folder,
                                  const specs::Interpreter& python, std::string_view interpreter,
                                  const Work& work) {
  std::vector<WheelPlace> places;
  for (const auto& source : wheels) places.push_back({source.wheel, folder / source.package});
  return install(places, Installer(work.disk, InstallPaths::of(python), interpreter), work,
                 [](std::size_t, Wheel&) { return Result<void>(); });
}

Result<void> install_wheels(std::span<const WheelPlace> wheels, const specs::Interpreter& python,
                            std::string_view interpreter, const OnInstalled& installed, const Work& work) {
  TRY(install(wheels, Installer(work.disk, InstallPaths::of(python), interpreter), work,
              [&](std::size_t at, Wheel& wheel) {
                std::vector<TreeFile> files;
                for (auto& file : wheel.files) files.push_back(*std::move(file));
                return installed(at, std::move(files));
              }));
  return {};
}

}  // namespace launch::archive
