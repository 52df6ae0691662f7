#include "archive/wheel_tree.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "archive/installation.hpp"
#include "archive/tree.hpp"
#include "archive/wheel_contents.hpp"
#include "archive/zip.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/mapped_file.hpp"
#include "base/parallel.hpp"

namespace launch::archive {
namespace {

constexpr std::uint64_t kMapped = std::uint64_t{16} << 20;  // files from this size are inflated in place

/// A wheel being unpacked.
struct Wheel {
  const WheelSource* source;
  std::filesystem::path prefix;
  MappedFile bytes;
  ZipFile zip;
  WheelContents contents;
  std::vector<RecordRow> rows;  ///< of the contents' files, in their order

  const ZipEntry& entry(std::size_t file) const { return zip.entries()[contents.files[file].entry]; }
  std::string step() const { return fmt::format("unpacking {}", source->wheel.filename().string()); }
};

/// Installs wheels for one interpreter.
class Installer {
 public:
  Installer(Disk& disk, InstallPaths paths, std::string_view interpreter)
      : disk_(disk), paths_(std::move(paths)), interpreter_(interpreter) {}

  Result<Wheel> open(const WheelSource& source, const std::filesystem::path& folder) const;
  /// Unpacks one of the wheel's files and records its row.
  Result<void> write(Wheel& wheel, std::size_t file) const;
  /// Writes scripts, INSTALLER and RECORD, after all other files.
  Result<void> finish(Wheel& wheel) const;

 private:
  Result<void> make_folders(const Wheel& wheel) const;
  RecordRow row(std::string_view path, std::string_view content) const;
  Result<void> add(Wheel& wheel, const std::string& path, std::string_view content, bool executable) const;

  Disk& disk_;
  InstallPaths paths_;
  std::string interpreter_;
};

std::string folder_of(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/')));
}

Result<Wheel> Installer::open(const WheelSource& source, const std::filesystem::path& folder) const {
  TRY_ASSIGN(auto bytes, MappedFile::open(source.wheel));
  TRY_ASSIGN(auto zip, ZipFile::open(bytes.text()));
  Wheel wheel{&source, folder / source.package, std::move(bytes), std::move(zip), {}, {}};
  TRY_ASSIGN(wheel.contents, read_wheel_contents(wheel.zip, paths_));
  wheel.rows.resize(wheel.contents.files.size());
  TRY(make_folders(wheel));
  return wheel;
}

Result<void> Installer::make_folders(const Wheel& wheel) const {
  std::set<std::string> folders = {wheel.contents.dist_info};
  for (const auto& file : wheel.contents.files) {
    if (file.path.find('/') != std::string::npos) folders.insert(folder_of(file.path));
  }
  if (!wheel.contents.scripts.empty()) folders.insert(paths_.scripts);
  TRY(make_tree_folder(disk_, wheel.prefix.parent_path(), wheel.prefix.filename().string()));
  for (const auto& folder : folders) TRY(make_tree_folder(disk_, wheel.prefix, folder));
  return {};
}

RecordRow Installer::row(std::string_view path, std::string_view content) const {
  return RecordRow{record_path(path, paths_.purelib), record_digest(Digest::of(content)), content.size()};
}

Result<void> Installer::write(Wheel& wheel, std::size_t file) const {
  const auto& plan = wheel.contents.files[file];
  const auto& entry = wheel.entry(file);
  const auto place = wheel.prefix / plan.path;
  TRY_ASSIGN(const auto compressed, wheel.zip.compressed(entry));
  if (entry.size >= kMapped) {
    TRY_ASSIGN(const auto target, MappedFile::create(disk_, place, entry.size, mode_of(plan.executable)));
    TRY(inflate_into(entry, compressed, target.bytes()));
    wheel.rows[file] = row(plan.path, target.text());
    return {};
  }
  const auto buffer = std::make_unique_for_overwrite<char[]>(entry.size);
  const std::span<char> content(buffer.get(), entry.size);
  TRY(inflate_into(entry, compressed, content));
  std::string_view text(content.data(), content.size());
  std::string script;
  if (plan.is_script) text = script = script_text(std::string(text), interpreter_);
  TRY(write_tree_file(disk_, place, text, plan.executable));
  wheel.rows[file] = row(plan.path, text);
  return {};
}

Result<void> Installer::add(Wheel& wheel, const std::string& path, std::string_view content,
                            bool executable) const {
  TRY(write_tree_file(disk_, wheel.prefix / path, content, executable));
  auto written = row(path, content);
  wheel.rows.push_back(std::move(written));
  return {};
}

Result<void> Installer::finish(Wheel& wheel) const {
  for (const auto& script : wheel.contents.scripts) {
    TRY_ASSIGN(const auto text, console_script_text(script, interpreter_));
    TRY(add(wheel, fmt::format("{}/{}", paths_.scripts, script.name), text, true));
  }
  TRY(add(wheel, wheel.contents.dist_info + "/INSTALLER", kInstaller, false));
  const auto record = wheel.contents.dist_info + "/RECORD";
  wheel.rows.push_back({record_path(record, paths_.purelib), "", std::nullopt});
  return write_tree_file(disk_, wheel.prefix / record, record_text(std::move(wheel.rows)));
}

/// A file to unpack.
struct Task {
  std::size_t wheel;
  std::size_t file;
  std::uint64_t size;
};

/// The largest first, so that no core is left with a large one at the end.
std::vector<Task> tasks_of(const std::vector<Wheel>& wheels) {
  std::vector<Task> tasks;
  for (std::size_t w = 0; w < wheels.size(); ++w) {
    for (std::size_t f = 0; f < wheels[w].contents.files.size(); ++f)
      tasks.push_back({w, f, wheels[w].entry(f).size});
  }
  std::stable_sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) { return a.size > b.size; });
  return tasks;
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
  const Installer installer(work.disk, InstallPaths::of(python), interpreter);
  std::vector<Wheel> open;
  open.reserve(wheels.size());
  for (const auto& source : wheels) {
    const auto step = fmt::format("unpacking {}", source.wheel.filename().string());
    TRY_ASSIGN(auto wheel, during(installer.open(source, folder), step));
    open.push_back(std::move(wheel));
  }
  const auto tasks = tasks_of(open);
  InstallSize size{tasks.size(), 0};
  for (const auto& task : tasks) size.bytes += task.size;

  std::atomic<std::uint64_t> done = 0;
  TRY(try_side_by_side(tasks.size(), [&](std::size_t at) -> Result<void> {
    const auto& task = tasks[at];
    if (work.stop.stop_requested()) return fail(environment_error("stopped while unpacking wheels"));
    auto& wheel = open[task.wheel];
    TRY(during(installer.write(wheel, task.file), wheel.step()));
    done += task.size;
    work.reporter.progress("unpacking wheels", done, size.bytes);
    return {};
  }));
  for (auto& wheel : open) TRY(during(installer.finish(wheel), wheel.step()));
  return size;
}

}  // namespace launch::archive
