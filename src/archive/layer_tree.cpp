#include "archive/layer_tree.hpp"

#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "archive/estargz.hpp"
#include "archive/installation.hpp"
#include "archive/layer_names.hpp"
#include "archive/wheel_contents.hpp"
#include "archive/zip_stream.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

/// "opt/venv" for "/opt/venv".
Result<std::string> plain_prefix(std::string_view prefix) {
  const auto bad = [&] {
    return fail(input_error(
        fmt::format("{} cannot be the prefix of wheels: expected an absolute path", in_quotes(prefix))));
  };
  if (prefix.size() < 2 || prefix.front() != '/' || !is_utf8(prefix)) return bad();
  const auto path = prefix.substr(1);
  for (const auto part : split(path, '/')) {
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos)
      return bad();
  }
  return std::string(path);
}

/// Collects what wheels install.
class TreeBuilder {
 public:
  TreeBuilder(std::span<const ZipFile> wheels, const LayerSpec& spec, std::string prefix)
      : wheels_(wheels), spec_(spec), prefix_(std::move(prefix)), paths_(InstallPaths::of(spec.python)) {}

  Result<void> add(std::size_t wheel);
  Result<void> add_plain(std::size_t index);
  LayerTree finish();

 private:
  Result<void> add_file(const ZipFile& zip, const InstallFile& file, std::size_t wheel);
  Result<void> add_content(std::size_t wheel, std::string_view path, std::string content, bool executable);
  Result<void> put(LayerFile file);
  Result<Digest> digest_of(const LayerFile& file);
  std::string in_layer(std::string_view path) const { return fmt::format("{}/{}", prefix_, path); }

  std::span<const ZipFile> wheels_;
  const LayerSpec& spec_;
  std::string prefix_;
  InstallPaths paths_;
  EntryReader reader_;
  std::map<std::string, LayerFile> by_path_;
  std::vector<LayerRecord> records_;
  std::vector<ReplacedFile> replaced_;
};

Result<void> TreeBuilder::add(std::size_t wheel) {
  const auto& zip = wheels_[wheel];
  TRY_ASSIGN(const auto contents, read_wheel_contents(zip, paths_));
  for (const auto& file : contents.files) TRY(add_file(zip, file, wheel));
  for (const auto& script : contents.scripts) {
    TRY_ASSIGN(auto text, console_script_text(script, spec_.interpreter));
    TRY(add_content(wheel, fmt::format("{}/{}", paths_.scripts, script.name), std::move(text), true));
  }
  TRY(add_content(wheel, contents.dist_info + "/INSTALLER", std::string(kInstaller), false));
  records_.push_back({in_layer(contents.dist_info + "/RECORD"), wheel});
  return {};
}

Result<void> TreeBuilder::add_plain(std::size_t index) {
  const auto& zip = wheels_[index];
  LayerNames names;
  for (std::size_t i = 0; i < zip.entries().size(); ++i) {
    const auto& entry = zip.entries()[i];
    if (entry.is_folder()) continue;
    TRY(check_file_type(entry));
    TRY(names.add(entry.name));
    TRY(put({.path = in_layer(entry.name), .size = entry.size, .wheel = index, .entry = i}));
  }
  return {};
}

Result<void> TreeBuilder::add_file(const ZipFile& zip, const InstallFile& file, std::size_t wheel) {
  const auto& entry = zip.entries()[file.entry];
  if (file.is_script) {
    TRY_ASSIGN(const auto compressed, zip.compressed(entry));
    std::string start;
    TRY(reader_.read(entry, compressed, [&](std::string_view piece) {
      start = piece.substr(0, kScriptMark.size());
      return false;
    }));
    if (start == kScriptMark) {
      TRY_ASSIGN(auto content, zip.read(entry));
      return add_content(wheel, file.path, script_text(std::move(content), spec_.interpreter), true);
    }
  }
  return put({.path = in_layer(file.path),
              .executable = file.executable,
              .size = entry.size,
              .wheel = wheel,
              .entry = file.entry});
}

Result<void> TreeBuilder::add_content(std::size_t wheel, std::string_view path, std::string content,
                                      bool executable) {
  const auto size = content.size();
  return put({.path = in_layer(path),
              .executable = executable,
              .size = size,
              .wheel = wheel,
              .content = std::move(content)});
}

Result<void> TreeBuilder::put(LayerFile file) {
  const auto [at, is_new] = by_path_.try_emplace(file.path);
  if (!is_new && spec_.content == LayerSpec::Content::wheels) {
    auto& earlier = at->second;
    TRY_ASSIGN(auto digest, during(digest_of(earlier), [&] { return layer_step(wheels_[earlier.wheel]); }));
    replaced_.push_back({earlier.path, earlier.wheel, earlier.size, std::move(digest)});
  }
  at->second = std::move(file);
  return {};
}

Result<Digest> TreeBuilder::digest_of(const LayerFile& file) {
  if (!file.entry) return Digest::of(file.content);
  const auto& zip = wheels_[file.wheel];
  const auto& entry = zip.entries()[*file.entry];
  TRY_ASSIGN(const auto compressed, zip.compressed(entry));
  Sha256 digest;
  TRY(reader_.read(entry, compressed, [&](std::string_view piece) {
    digest.update(piece);
    return true;
  }));
  return digest.digest();
}

LayerTree TreeBuilder::finish() {
  const auto add_folders = [&](const std::string& path) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      auto folder = path.substr(0, slash);
      by_path_.try_emplace(folder, LayerFile{.path = folder, .is_folder = true});
    }
  };
  std::vector<std::string> paths;
  paths.reserve(by_path_.size());
  for (const auto& [path, file] : by_path_) paths.push_back(path);
  for (const auto& path : paths) add_folders(path);

  LayerTree tree;
  tree.records = std::move(records_);
  tree.replaced = std::move(replaced_);
  tree.site_packages = in_layer(paths_.purelib);
  tree.files.push_back({.path = std::string(kNoPrefetch), .size = 1, .content = std::string(kLandmark)});
  for (auto& [path, file] : by_path_) tree.files.push_back(std::move(file));
  return tree;
}

}  // namespace

std::string layer_step(const ZipFile& wheel) {
  return fmt::format("making the layer of {}", wheel.name());
}

Result<LayerTree> layer_tree(std::span<const ZipFile> wheels, const LayerSpec& spec) {
  TRY_ASSIGN(auto prefix, plain_prefix(spec.prefix));
  TreeBuilder builder(wheels, spec, std::move(prefix));
  const bool plain = spec.content == LayerSpec::Content::plain_zips;
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    const auto added = plain ? builder.add_plain(i) : builder.add(i);
    TRY(during(added, [&] { return layer_step(wheels[i]); }));
  }
  return builder.finish();
}

}  // namespace launch::archive
