#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "archive/interpreter.hpp"
#include "archive/tree.hpp"
#include "archive/wheel_tree.hpp"
#include "base/file.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "image/bytecode.hpp"
#include "image/dockerfile.hpp"
#include "image/mounted.hpp"
#include "image/overlaps.hpp"
#include "image/venv.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;
using store::TreeEntry;
using Kind = TreeEntry::Kind;

// Names of trees, which say how a file was unpacked.
constexpr const char* kPythonTree = "python-1";
constexpr const char* kZipTree = "zip-1";

std::string wheel_tree_name(const specs::Interpreter& python) {
  return fmt::format("wheel-{}-python{}", archive::kLayerVersion, python.text());
}

/// Puts the trees of an environment together.
class Composition {
 public:
  /// `below` is where the tree's root comes to be in the environment; empty: at its own root.
  Result<void> add(const store::Tree& tree, const std::string& below) {
    if (!below.empty()) TRY(put(below, {{.kind = Kind::folder, .mode = 0755}, {}}));
    for (const auto& entry : tree.entries)
      TRY(put(below.empty() ? entry.path : fmt::format("{}/{}", below, entry.path),
              {entry, tree.folder / entry.path}));
    return {};
  }

  Result<void> add_venv(const std::vector<VenvEntry>& entries) {
    for (const auto& [kind, path, text] : entries) {
      const auto place = "venv/" + path;
      for (auto slash = place.find('/'); slash != std::string::npos; slash = place.find('/', slash + 1))
        TRY(put(place.substr(0, slash), {{.kind = Kind::folder, .mode = 0755}, {}}));
      if (kind == VenvEntry::Kind::folder) TRY(put(place, {{.kind = Kind::folder, .mode = 0755}, {}}));
      if (kind == VenvEntry::Kind::link) TRY(put(place, {{.kind = Kind::link, .content = text}, {}}));
      if (kind == VenvEntry::Kind::file) TRY(put(place, {{.kind = Kind::file, .content = text}, {}}));
    }
    return {};
  }

  /// Writes all of it into a folder that exists.
  Result<void> write(const fs::path& root, const Work& work) {
    std::vector<const Placed*> others;
    for (const auto& each : pieces_) {
      if (each.second.entry.kind != Kind::folder) {
        others.push_back(&each);
        continue;
      }
      const auto path = root / each.first;
      if (const int error = work.disk.make_folder(path, each.second.entry.mode))
        return fail(io_error("create the folder", path, error));
    }
    constexpr std::size_t kSome = 256;
    TRY(try_side_by_side((others.size() + kSome - 1) / kSome, [&](std::size_t part) -> Result<void> {
      if (work.stop.stop_requested()) return fail(environment_error("stopped while making an environment"));
      const auto end = std::min(others.size(), (part + 1) * kSome);
      for (auto at = part * kSome; at < end; ++at) TRY(write_one(*others[at], root, work));
      return {};
    }));
    for (const auto& [path, piece] : pieces_) {
      if (piece.entry.kind == Kind::folder) TRY(set_time(root / path, work.disk));
    }
    return {};
  }

 private:
  struct Piece {
    TreeEntry entry;
    fs::path source;  ///< of a file; empty: its content is that of the entry
  };
  using Placed = std::pair<const std::string, Piece>;

  /// A later file takes the place of an earlier one, as when wheels are installed one after the other.
  Result<void> put(const std::string& path, Piece piece) {
    const auto [at, is_new] = pieces_.try_emplace(path, std::move(piece));
    if (is_new) return {};
    if ((at->second.entry.kind == Kind::folder) != (piece.entry.kind == Kind::folder))
      return fail(
          input_error(fmt::format("{} is a file in one wheel and a folder in another", in_quotes(path))));
    if (piece.entry.kind != Kind::folder) at->second = std::move(piece);
    return {};
  }

  static Result<void> set_time(const fs::path& path, Disk& disk) {
    if (const int error = disk.set_time(path, archive::kFileTime))
      return fail(io_error("write", path, error));
    return {};
  }

  Result<void> write_one(const Placed& placed, const fs::path& root, const Work& work) {
    const auto& [name, piece] = placed;
    const auto path = root / name;
    if (piece.entry.kind == Kind::link) {
      if (const int error = work.disk.symlink(piece.entry.content, path))
        return fail(io_error("create the link", path, error));
      return set_time(path, work.disk);
    }
    if (!piece.source.empty()) return link_or_copy(piece, path, work);
    TRY(archive::write_tree_file(work.disk, path, piece.entry.content));
    return set_time(path, work.disk);
  }

  Result<void> link_or_copy(const Piece& piece, const fs::path& path, const Work& work) {
    const int error = work.disk.link(piece.source, path);
    if (error == 0) return {};
    if (error != EMLINK && error != EPERM && error != EXDEV && error != EOPNOTSUPP)
      return fail(io_error("create the link", path, error));
    if (!copies_.exchange(true)) {
      work.reporter.warn(fmt::format("files of the environment are copied, since {} cannot be linked: {}",
                                     piece.source.string(), std::strerror(error)));
    }
    if (const int failed = work.disk.copy(piece.source, path)) return fail(io_error("write", path, failed));
    if (const int failed = work.disk.set_time(path, piece.entry.time))
      return fail(io_error("write", path, failed));
    return {};
  }

  std::map<std::string, Piece> pieces_;
  std::atomic<bool> copies_ = false;
};

/// Of work that goes on beside other work: its progress is shown once that is over.
class SecondReporter final : public Reporter {
 public:
  explicit SecondReporter(Reporter& reporter) : reporter_(reporter) {}
  void alone() { alone_ = true; }
  void warn(std::string_view text) override { reporter_.warn(text); }
  void note(std::string_view text) override { reporter_.note(text); }
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total) override {
    if (alone_) reporter_.progress(what, done, total);
  }
  void status(std::string_view what) override {
    if (alone_) reporter_.status(what);
  }

 private:
  Reporter& reporter_;
  std::atomic<bool> alone_ = false;
};

/// Makes an environment and the trees that it lacks.
class EnvironmentMaker {
 public:
  EnvironmentMaker(const PlanRequest& request, const MountedPlan& plan, const store::Store& store,
                   ProcessRunner& runner, const Work& work, const store::TreeMaker& maker)
      : request_(request),
        plan_(plan),
        python_(request.locked.recipe.python),
        store_(store),
        tools_{.store = store, .runner = runner, .scratch = request.folder / "contexts", .work = work},
        work_(work),
        maker_(maker) {}

  Result<store::Environment> make() {
    TRY_ASSIGN(compiler_, compiler_of(request_.locked, request_.fetch_interpreter));
    Composition composition;
    TRY_ASSIGN(const auto python, interpreter());
    TRY(composition.add(python, ""));
    tools_.home = python.folder / "python";
    TRY_ASSIGN(const auto library, library_bytecode(*compiler_, tools_));
    TRY_ASSIGN(const auto library_tree, zip_tree(library));
    TRY(composition.add(library_tree, "python"));

    const auto& provenance = request_.locked.lock.lock.provenance;
    TRY(composition.add_venv(venv_entries(python_, image_interpreter(provenance))));
    TRY(make_wheels());
    for (const auto& tree : trees_) TRY(composition.add(*tree, "venv"));
    for (const auto& group : group_bytecode(plan_.grouped.groups, zips_)) {
      for (const auto& zip : group.zips) {
        TRY_ASSIGN(const auto tree, zip_tree(zip));
        TRY(composition.add(tree, "venv"));
      }
    }
    work_.reporter.status("linking the environment");
    const auto folder = maker_.scratch() / "environment";
    TRY(make_folder(work_.disk, folder));
    TRY(composition.write(folder, work_));
    return maker_.keep(folder, plan_.key);
  }

 private:
  Result<store::Tree> interpreter() {
    const auto& build = *request_.locked.lock.lock.provenance.interpreter;
    const auto& digest = build.archives.at(request_.platform).sha256;
    if (auto found = store::find_tree(store_, digest, kPythonTree, work_)) return *std::move(found);
    TRY_ASSIGN(const auto file, request_.fetch_interpreter(request_.platform));
    const auto folder = maker_.scratch() / kPythonTree;
    TRY(make_folder(work_.disk, folder));
    TRY(archive::unpack_interpreter(file, folder, work_, archive::Attributes::archived));
    return store::keep_tree(store_, {folder, digest, kPythonTree, {}, /*keeps_times=*/true}, work_);
  }

  Result<store::Tree> zip_tree(const store::LayerWheel& zip) {
    if (auto found = store::find_tree(store_, zip.digest, kZipTree, work_)) return *std::move(found);
    TRY_ASSIGN(const auto file, store_.find(zip.digest, zip.path.filename().string()));
    if (!file) return fail(io_error("read", zip.path, ENOENT));
    const auto folder = maker_.scratch() / zip.digest.hex();
    TRY(make_folder(work_.disk, folder));
    TRY(archive::unpack_zip(work_.disk, *file, folder));
    return store::keep_tree(store_, {folder, zip.digest, kZipTree}, work_);
  }

  Result<void> fetch_all() {
    TRY(request_.fetch(plan_.grouped.locked()));
    return {};
  }

  /// Fills in the trees of wheels and their bytecode. Only wheels that still have to be unpacked or compiled
  /// are fetched, and hashed.
  Result<void> make_wheels() {
    const auto wheels = plan_.grouped.in_order();
    const auto name = wheel_tree_name(python_);
    trees_.resize(wheels.size());
    side_by_side(wheels.size(), [&](std::size_t at) {
      trees_[at] = store::find_tree(store_, wheels[at].digest, name, work_);
    });
    std::vector<std::size_t> missing;
    std::vector<project::LockedWheel> wanted;
    for (std::size_t at = 0; at < wheels.size(); ++at) {
      if (!trees_[at]) missing.push_back(at);
      if (trees_[at] && known_wheel_bytecode({&wheels[at], 1}, *compiler_, store_)) continue;
      wanted.push_back(plan_.grouped.wheel_of(wheels[at].digest).wheel);
    }
    std::vector<std::optional<archive::InstalledWheel>> earlier(missing.size());
    TRY(try_side_by_side(missing.size() + 1, [&](std::size_t at) -> Result<void> {
      if (at == 0) {
        if (!wanted.empty()) TRY(request_.fetch(wanted));
        return {};
      }
      earlier[at - 1] = find_earlier(wheels[missing[at - 1]], name);
      return {};
    }));
    TRY_ASSIGN(const auto overlaps,
               find_overlaps(
                   plan_.grouped, python_, store_, [&] { return fetch_all(); }, work_.disk));
    warn_of_overlaps(overlaps, work_.reporter);
    SecondReporter second(work_.reporter);
    const Work beside{work_.disk, work_.clock, second, work_.stop};
    return try_side_by_side(2, [&](std::size_t at) -> Result<void> {
      if (at == 0) {
        TRY(unpack(wheels, missing, name, std::move(earlier)));
        second.alone();
        return {};
      }
      const BytecodeTools tools{tools_.store, tools_.runner, tools_.scratch,
                                beside,       tools_.home,   tools_.earlier};
      TRY_ASSIGN(zips_, wheel_bytecode(wheels, *compiler_, tools));
      return {};
    });
  }

  /// Another wheel of the package that was unpacked in the same way; nullopt if there is none.
  std::optional<archive::InstalledWheel> find_earlier(const store::LayerWheel& wheel,
                                                      const std::string& name) {
    for (const auto& other : tools_.earlier->of(wheel)) {
      const auto tree = store::unchanged_tree(store_, other.digest, name);
      const auto path = tree ? tools_.earlier->checked(other) : std::nullopt;
      if (!path) continue;
      archive::InstalledWheel installed{*path, tree->folder, {}};
      for (const auto& entry : tree->entries) {
        const auto digest = entry.kind == Kind::file ? Digest::of_hex(entry.content) : std::nullopt;
        if (digest) installed.files.emplace(entry.path, *digest);
      }
      return installed;
    }
    return std::nullopt;
  }

  Result<void> unpack(const std::vector<store::LayerWheel>& wheels, const std::vector<std::size_t>& missing,
                      const std::string& name, std::vector<std::optional<archive::InstalledWheel>> earlier) {
    if (missing.empty()) return {};
    std::vector<archive::WheelPlace> places;
    places.reserve(missing.size());
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const auto& wheel = wheels[missing[i]];
      places.push_back({wheel.path, maker_.scratch() / wheel.digest.hex(), std::move(earlier[i])});
    }
    work_.reporter.status("unpacking wheels");
    // A wheel is kept as soon as it is whole, whatever ends the process before the next.
    return archive::install_wheels(
        places, python_, kVenvPython,
        [&](std::size_t i, std::vector<archive::TreeFile> files) -> Result<void> {
          const auto& digest = wheels[missing[i]].digest;
          TRY_ASSIGN(trees_[missing[i]],
                     store::keep_tree(store_, {places[i].prefix, digest, name, std::move(files)}, work_));
          return {};
        },
        work_);
  }

  const PlanRequest& request_;
  const MountedPlan& plan_;
  const specs::Interpreter& python_;
  const store::Store& store_;
  BytecodeTools tools_;
  const Work& work_;
  const store::TreeMaker& maker_;
  std::optional<Compiler> compiler_;
  std::vector<std::optional<store::Tree>> trees_;       ///< in the order of installation
  std::vector<std::optional<store::LayerWheel>> zips_;  ///< bytecode, likewise
};

Result<store::Environment> find_or_make(const PlanRequest& request, const MountedPlan& plan,
                                        const store::Store& store, ProcessRunner& runner, const Work& work) {
  TRY_ASSIGN(auto found, store::find_environment(store, plan.key, work));
  if (found) return *std::move(found);
  TRY_ASSIGN(const auto maker, store::TreeMaker::wait(store, work));
  TRY_ASSIGN(found, store::find_environment(store, plan.key, work));
  if (found) return *std::move(found);
  return EnvironmentMaker(request, plan, store, runner, work, maker).make();
}

}  // namespace

Result<store::Environment> make_environment(const PlanRequest& request, const MountedPlan& plan,
                                            const store::Store& store, ProcessRunner& runner,
                                            const Work& work) {
  auto environment = find_or_make(request, plan, store, runner, work);
  if (!environment) return fail(store::hint_at_store(std::move(environment.error()), store));
  return environment;
}

}  // namespace launch::image
