#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archive/zip.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"
#include "specs/interpreter.hpp"

namespace launch::archive {

/// What determines the bytes of a layer besides its wheels and kLayerVersion.
struct LayerSpec {
  enum class Content { wheels, plain_zips };
  std::string prefix;         ///< where wheels are installed: "/opt/venv"
  specs::Interpreter python;  ///< names the folder below the prefix
  std::string interpreter;    ///< that scripts start: "/opt/venv/bin/python3"
  std::int64_t time = 0;      ///< of all files, seconds since 1970; 0 is unknown to lazy-pulling runtimes
  /// plain_zips: every file of the zips is installed below the prefix by its own name.
  Content content = Content::wheels;
};

/// A file or folder of a layer.
struct LayerFile {
  std::string path;  ///< "opt/venv/bin/torchrun"
  bool is_folder = false;
  bool executable = false;
  std::uint64_t size = 0;                 ///< bytes of content
  std::size_t wheel = 0;                  ///< which wheel it belongs to; of no meaning for folders
  std::optional<std::size_t> entry = {};  ///< whose bytes it has; nullopt: `content`
  std::string content = {};
};

/// The RECORD of a wheel, which is written when the digests of its files are known.
struct LayerRecord {
  std::string path;
  std::size_t wheel = 0;
};

/// A file in whose place that of a later wheel is. Its wheel's RECORD has it, as an installer writes it.
struct ReplacedFile {
  std::string path;
  std::size_t wheel = 0;
  std::uint64_t size = 0;
  Digest digest;
};

/// What a layer holds, in its order.
struct LayerTree {
  std::vector<LayerFile> files;             ///< sorted by path, each folder before what it contains
  std::vector<LayerRecord> records;         ///< after all files, in the order of the wheels
  std::vector<ReplacedFile> replaced = {};  ///< not of plain zips, which have no RECORD
  std::string site_packages;  ///< below which a RECORD names files: "opt/venv/lib/python3.12/site-packages"
};

/// The step of an error that is a wheel's: "making the layer of torch-2.10.0-….whl".
std::string layer_step(const ZipFile& wheel);

/// What installing these wheels adds to an image. Where two have the same file, the later one's counts, as
/// when they are installed one after the other; the content of such files is read. Errors (input): a prefix
/// that is no plain absolute path; a malformed wheel, named; links, devices, names that are not UTF-8, that a
/// layer would read as the removal of a file, or that differ only in case; a path that is both a file and a
/// folder.
Result<LayerTree> layer_tree(std::span<const ZipFile> wheels, const LayerSpec& spec);

}  // namespace launch::archive
