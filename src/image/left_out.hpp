#pragma once

#include <filesystem>
#include <string_view>

namespace launch::image {

/// What a copy of a folder leaves out of it, whatever the recipe says.
enum class LeftOut {
  no,
  silently,  ///< nobody misses it: caches, bytecode, settings of editors
  noted,     ///< somebody may: version control, environments, wheels
};

/// The file that marks a folder as a cache (https://bford.info/cachedir/), and how it begins.
inline constexpr std::string_view kCacheTag = "CACHEDIR.TAG";
inline constexpr std::string_view kCacheSignature = "Signature: 8a477f597d28d172789f06886806bc55";

/// `path` is the folder's path in the project, `folder` its place. Version control, caches (also any folder
/// with a kCacheTag), virtual environments (any with a pyvenv.cfg or conda-meta), wheel houses (folders of
/// nothing but wheels and source archives), and the project's lockfiles/.
LeftOut left_out_folder(std::string_view path, const std::filesystem::path& folder);

/// `name` is that of a file or a link.
LeftOut left_out_file(std::string_view name);

}  // namespace launch::image
