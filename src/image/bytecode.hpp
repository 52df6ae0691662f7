#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/digest.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "image/earlier.hpp"
#include "project/project.hpp"
#include "specs/interpreter.hpp"
#include "specs/platform.hpp"
#include "store/layers.hpp"
#include "store/store.hpp"

namespace launch::image {

/// The interpreter that compiles: the image's own, or the same build for this machine.
struct Compiler {
  specs::Interpreter python;
  Digest archive;
  /// Brings the archive to this machine, if it is needed.
  std::function<Result<std::filesystem::path>()> fetch;
};

/// The compiler of a locked recipe with a standalone interpreter: its archive for this machine, whatever the
/// platform of the image, since bytecode is the same on all. Errors (input): the lock has none.
Result<Compiler> compiler_of(
    const project::Locked& locked,
    std::function<Result<std::filesystem::path>(const specs::Platform&)> fetch_interpreter);

/// Everything that determines bytecode besides the wheels and the library, as one word.
std::string bytecode_key(const Compiler& compiler);

/// Where and with what bytecode is made.
struct BytecodeTools {
  const store::Store& store;
  ProcessRunner& runner;
  std::filesystem::path scratch;  ///< parent of temporary folders
  const Work& work;
  /// Where the compiler is unpacked already; empty: it is unpacked for the time of its use.
  std::filesystem::path home = {};
  std::shared_ptr<EarlierWheels> earlier = std::make_shared<EarlierWheels>(store);
};

/// The bytecode of wheels that are installed below kVenv: for each wheel a zip in the store, with paths below
/// it; nullopt if it has no Python files. Made once for a wheel and an interpreter, on all cores, without
/// running the package. Bytecode of files that are the same in an earlier wheel is taken from there. Errors
/// (input): a malformed wheel, named; (environment): the interpreter cannot be unpacked or run; a stop.
Result<std::vector<std::optional<store::LayerWheel>>> wheel_bytecode(
    std::span<const store::LayerWheel> wheels, const Compiler& compiler, const BytecodeTools& tools);

/// The same if all of it is in the store; reads no wheel.
std::optional<std::vector<std::optional<store::LayerWheel>>> known_wheel_bytecode(
    std::span<const store::LayerWheel> wheels, const Compiler& compiler, const store::Store& store);

/// The bytecode of the interpreter's own library, with paths below kPythonHome.
Result<store::LayerWheel> library_bytecode(const Compiler& compiler, const BytecodeTools& tools);

}  // namespace launch::image
