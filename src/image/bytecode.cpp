#include "image/bytecode.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "archive/earlier_wheel.hpp"
#include "archive/interpreter.hpp"
#include "archive/wheel_contents.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/mapped_file.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "image/dockerfile.hpp"
#include "image/layers.hpp"
#include "image/scratch.hpp"
#include "image/scripts.hpp"
#include "store/derived.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view kNone = "none";
constexpr std::string_view kSuffix = ".bytecode.zip";

/// Everything but the source that determines bytecode.
std::string key_of(const Compiler& compiler, std::string_view prefix) {
  return "bytecode-" + Digest::of(fmt::format("{}\n{}\n{}\n{}\n", kCompileScript, compiler.python.text(),
                                              compiler.archive.hex(), prefix))
                           .hex();
}

/// What is known of the bytecode of one source.
struct Known {
  std::optional<store::LayerWheel> zip;  ///< nullopt: it has none
};

std::optional<Known> known(const store::Store& store, const Digest& source, const std::string& name,
                           const std::string& key) {
  const auto text = store::derived(store, source, key);
  if (!text) return std::nullopt;
  if (*text == kNone) return Known{};
  const auto digest = Digest::of_hex(*text);
  if (!digest || !store.has(*digest, name)) return std::nullopt;
  return Known{store::LayerWheel{*digest, store.path_of(*digest, name)}};
}

/// Files to compile: where they are found in the source, and their path below the prefix.
struct Source {
  fs::path from;  ///< a wheel or a folder
  Json files = Json::array();
  std::string name;         ///< "torch-2.10.0-….whl"
  fs::path earlier = {};    ///< a zip with the bytecode of files that are marked in the list
  std::size_t changed = 0;  ///< files that are not
};

/// A wheel and its bytecode.
struct Compiled {
  archive::EarlierWheel wheel;
  fs::path zip;
};

bool is_python(std::string_view path) {
  return path.ends_with(".py");
}

Result<Source> source_of(const fs::path& wheel, const std::optional<Compiled>& earlier,
                         const specs::Interpreter& python) {
  TRY_ASSIGN(const auto file, MappedFile::open(wheel));
  TRY_ASSIGN(const auto zip, archive::ZipFile::open(file.text()));
  const auto paths = archive::InstallPaths::of(python);
  TRY_ASSIGN(auto contents, archive::read_wheel_contents(zip, paths));
  std::sort(contents.files.begin(), contents.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  Source source{.from = wheel, .name = wheel.filename().string()};
  if (earlier) source.earlier = earlier->zip;
  for (const auto& each : contents.files) {
    if (!is_python(each.path) || !each.path.starts_with(paths.purelib + '/')) continue;
    if (earlier && earlier->wheel.has(zip, each)) {
      source.files.push_back(Json::array({each.entry, each.path, true}));
    } else {
      source.files.push_back(Json::array({each.entry, each.path}));
      ++source.changed;
    }
  }
  return source;
}

/// The library of an interpreter that is unpacked in `home`.
Result<Source> library_source(const fs::path& home, const specs::Interpreter& python) {
  const auto library = fmt::format("lib/python{}", python.text());
  std::vector<std::string> paths;
  std::error_code code;
  for (fs::recursive_directory_iterator at(home / library, code), end; !code && at != end;
       at.increment(code)) {
    if (at->is_regular_file(code) && is_python(at->path().native()))
      paths.push_back(at->path().lexically_relative(home).string());
  }
  if (code) return fail(io_error("read", home / library, code.value()));
  std::sort(paths.begin(), paths.end());
  Source source{.from = home, .name = "the library"};
  for (auto& path : paths) source.files.push_back(Json::array({path, path}));
  source.changed = paths.size();
  return source;
}

/// How many processes compile a source, if several sources are compiled side by side.
std::size_t processes_for(const Source& source, std::size_t sources) {
  constexpr std::size_t kWorthIt = 32;  // files
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const auto share = cores / std::min(cores, sources);
  return std::clamp<std::size_t>(source.changed / kWorthIt, 1, share);
}

/// An interpreter that is unpacked, if need be for the time of its use.
class Unpacked {
 public:
  static Result<Unpacked> make(const Compiler& compiler, const BytecodeTools& tools) {
    TRY_ASSIGN(auto scratch, ScratchFolder::make(tools.work.disk, tools.scratch));
    auto home = tools.home;
    if (home.empty()) {
      TRY_ASSIGN(const auto file, compiler.fetch());
      TRY(archive::unpack_interpreter(file, scratch.path(), tools.work));
      home = scratch.path() / "python";
    }
    TRY(write_file(tools.work.disk, scratch.path() / "compile_files.py", kCompileScript));
    return Unpacked(std::move(scratch), std::move(home));
  }

  const fs::path& home() const { return home_; }

  /// Compiles one of several sources; returns the zip. `number` tells them apart.
  Result<fs::path> compile(const Source& source, std::string_view prefix, bool checked, std::size_t number,
                           std::size_t sources, const BytecodeTools& tools) const {
    const auto job = scratch_.path() / fmt::format("{}.json", number);
    auto out = scratch_.path() / fmt::format("{}.zip", number);
    const Json text{{"from", source.from.string()},
                    {"files", source.files},
                    {"prefix", prefix},
                    {"out", out.string()},
                    {"checked", checked},
                    {"earlier", source.earlier.string()},
                    {"processes", processes_for(source, sources)}};
    TRY(write_file(tools.work.disk, job, json_text(text)));
    ProcessSpec process;
    // -S and -s: nothing of this machine's Python; without -B it would write into its own library.
    process.argv = {(home_ / "bin/python3").string(),
                    "-s",
                    "-S",
                    "-B",
                    (scratch_.path() / "compile_files.py").string(),
                    job.string()};
    process.environment = {{"PYTHONHASHSEED", "0"}, {"PYTHONUTF8", "1"}};
    process.clean = true;
    process.folder = scratch_.path();
    TRY_ASSIGN(const auto outcome, tools.runner.run(process, tools.work.stop));
    if (outcome.cancelled) return fail(environment_error("stopped while compiling Python files"));
    if (!outcome.ok()) return fail(failed(source, outcome));
    return out;
  }

 private:
  Unpacked(ScratchFolder scratch, fs::path home) : scratch_(std::move(scratch)), home_(std::move(home)) {}

  static Error failed(const Source& source, const ProcessOutcome& outcome) {
    const auto said = trim(outcome.err);
    const auto line = said.find_last_of('\n');
    return environment_error(
        fmt::format("the interpreter of the lock could not compile {}: {}", source.name,
                    said.empty() ? fmt::format("it exited with code {} and no message", outcome.exit_code)
                                 : std::string(said.substr(line == std::string::npos ? 0 : line + 1))));
  }

  ScratchFolder scratch_;
  fs::path home_;
};

/// Puts a zip into the store, and notes for `source` that it is its bytecode.
Result<Known> keep(const fs::path& zip, const Digest& source, const std::string& name, const std::string& key,
                   const BytecodeTools& tools) {
  constexpr std::uintmax_t kEmptyZip = 22;
  std::error_code code;
  const auto size = fs::file_size(zip, code);
  if (code) return fail(io_error("read", zip, code.value()));
  if (size <= kEmptyZip) {
    store::keep_derived(tools.store, source, key, kNone, tools.work.disk);
    return Known{};
  }
  TRY_ASSIGN(const auto digest, sha256_file(zip));
  TRY_ASSIGN(auto path, tools.store.add(zip, digest, name));
  store::keep_derived(tools.store, source, key, digest.hex(), tools.work.disk);
  static_cast<void>(tools.work.disk.remove(zip));
  return Known{store::LayerWheel{digest, std::move(path)}};
}

std::string zip_name(const fs::path& wheel) {
  return wheel.filename().string() + std::string(kSuffix);
}

/// In bytes; 0 if it cannot be read.
std::uint64_t size_of(const store::LayerWheel& wheel) {
  std::error_code code;
  const auto bytes = fs::file_size(wheel.path, code);
  return code ? 0 : bytes;
}

/// The wheels whose bytecode is missing, those with most to do first.
std::vector<std::size_t> missing(const std::vector<std::optional<Known>>& found,
                                 std::span<const store::LayerWheel> wheels) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return size_of(wheels[a]) > size_of(wheels[b]); });
  return order;
}

/// The bytecode of another wheel of the package; nullopt if the store has none.
std::optional<Compiled> find_earlier(const store::LayerWheel& wheel, const std::string& key,
                                     const specs::Interpreter& python, const BytecodeTools& tools) {
  for (const auto& other : tools.earlier->of(wheel)) {
    const auto found = known(tools.store, other.digest, zip_name(other.path), key);
    if (!found || !found->zip) continue;
    const auto zip = tools.store.find(found->zip->digest, zip_name(other.path));
    const auto path = tools.earlier->checked(other);
    if (!zip || !*zip || !path) continue;
    auto open = archive::EarlierWheel::open(*path, archive::InstallPaths::of(python));
    if (open) return Compiled{*std::move(open), **zip};
  }
  return std::nullopt;
}

std::vector<std::optional<Known>> find_known(std::span<const store::LayerWheel> wheels,
                                             const Compiler& compiler, const store::Store& store) {
  const auto key = key_of(compiler, kVenv);
  std::vector<std::optional<Known>> found;
  found.reserve(wheels.size());
  for (const auto& wheel : wheels) found.push_back(known(store, wheel.digest, zip_name(wheel.path), key));
  return found;
}

std::vector<std::optional<store::LayerWheel>> zips_of(std::vector<std::optional<Known>> found) {
  std::vector<std::optional<store::LayerWheel>> zips;
  zips.reserve(found.size());
  for (auto& each : found) zips.push_back(std::move(each->zip));
  return zips;
}

}  // namespace

Result<Compiler> compiler_of(
    const project::Locked& locked,
    std::function<Result<std::filesystem::path>(const specs::Platform&)> fetch_interpreter) {
  const auto& build = *locked.lock.lock.provenance.interpreter;
  const auto own = specs::Platform::of_this_machine();
  if (!own || !build.archives.contains(*own)) {
    return fail(input_error(fmt::format("the lock {} has no Python {} for this machine, which compiles the "
                                        "image's Python files",
                                        locked.lock.file.string(), build.version()))
                    .hint(fmt::format("add {} to platforms in the recipe, and run `launch lock {}`",
                                      own ? own->text() : "this machine's platform", locked.recipe.name)));
  }
  return Compiler{locked.recipe.python, build.archives.at(*own).sha256,
                  [fetch = std::move(fetch_interpreter), own = *own] { return fetch(own); }};
}

std::string bytecode_key(const Compiler& compiler) {
  return key_of(compiler, kVenv);
}

std::optional<std::vector<std::optional<store::LayerWheel>>> known_wheel_bytecode(
    std::span<const store::LayerWheel> wheels, const Compiler& compiler, const store::Store& store) {
  auto found = find_known(wheels, compiler, store);
  if (std::any_of(found.begin(), found.end(), [](const auto& each) { return !each; })) return std::nullopt;
  return zips_of(std::move(found));
}

Result<std::vector<std::optional<store::LayerWheel>>> wheel_bytecode(
    std::span<const store::LayerWheel> wheels, const Compiler& compiler, const BytecodeTools& tools) {
  auto found = find_known(wheels, compiler, tools.store);
  const auto order = missing(found, wheels);
  if (order.empty()) return zips_of(std::move(found));
  TRY_ASSIGN(const auto interpreter, Unpacked::make(compiler, tools));
  const auto key = key_of(compiler, kVenv);
  std::uint64_t total = 0;
  for (const auto at : order) total += size_of(wheels[at]);
  std::atomic<std::uint64_t> done = 0;
  TRY(try_side_by_side(order.size(), [&](std::size_t at) -> Result<void> {
    const auto& wheel = wheels[order[at]];
    const auto earlier = find_earlier(wheel, key, compiler.python, tools);
    TRY_ASSIGN(const auto source, during(source_of(wheel.path, earlier, compiler.python),
                                         fmt::format("reading {}", wheel.path.filename().string())));
    TRY_ASSIGN(const auto zip, interpreter.compile(source, kVenv, true, at, order.size(), tools));
    TRY_ASSIGN(found[order[at]], keep(zip, wheel.digest, zip_name(wheel.path), key, tools));
    tools.work.reporter.progress("compiling wheels", done += size_of(wheel), total);
    return {};
  }));
  return zips_of(std::move(found));
}

Result<store::LayerWheel> library_bytecode(const Compiler& compiler, const BytecodeTools& tools) {
  const auto name = fmt::format("python{}{}", compiler.python.text(), kSuffix);
  const auto key = key_of(compiler, kPythonHome);
  if (auto found = known(tools.store, compiler.archive, name, key); found && found->zip)
    return *std::move(found->zip);
  TRY_ASSIGN(const auto interpreter, Unpacked::make(compiler, tools));
  TRY_ASSIGN(const auto source, library_source(interpreter.home(), compiler.python));
  TRY_ASSIGN(const auto zip, interpreter.compile(source, kPythonHome, false, 0, 1, tools));
  TRY_ASSIGN(auto kept, keep(zip, compiler.archive, name, key, tools));
  if (kept.zip) return *std::move(kept.zip);
  return fail(input_error("not a usable interpreter: its library has no Python files"));
}

}  // namespace launch::image
