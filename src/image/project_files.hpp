#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/reporter.hpp"
#include "base/result.hpp"
#include "project/recipe.hpp"
#include "store/known_files.hpp"

namespace launch::image {

/// A file, folder or link of the project to copy into the image. Modes are 0644 and 0755, by the owner's bit
/// for executing a file, so that nobody's umask changes the image; folders have 0755.
struct ProjectFile {
  enum class Kind { file, folder, link };

  std::string source;  ///< an absolute path
  std::string path;    ///< below the copy's own folder: "train.py"
  Kind kind = Kind::file;
  bool executable = false;  ///< Kind::file
  std::string target = {};  ///< Kind::link: relative to the link's folder, and inside the copy
  bool of_launch = false;   ///< a recipe, a Dockerfile or launch.toml, which came with a folder
  std::optional<store::KnownFile> known = {};  ///< Kind::file: what it was when it was read
};

/// A `copy` entry of a recipe with its current files.
struct ProjectCopy {
  std::string to;                  ///< destination folder in the image, ending in "/": "/workspace/"
  std::string owner;               ///< "UID:GID", or the name of the image's user; of `to`, too, if it is new
  std::vector<ProjectFile> files;  ///< sorted by path, so that a folder comes before what is in it
  bool is_users_folder = false;    ///< `to` is the work folder of the image's user, who owns it in any case
};

/// The owner of files that nobody else owns.
inline constexpr const char* kRootOwner = "0:0";

/// Finds the files of a recipe's `copy` entries. A file is copied to the path `to`, or into it if it ends in
/// "/". A folder stands for its contents, without what .dockerignore (or .containerignore) at the project's
/// root and the entry's `exclude` say, what left_out_folder and left_out_file say, and secrets that have an
/// entry of their own. Empty folders stay, and links remain links. The reporter hears what somebody may miss.
/// Only files that may look like secrets, and of which `known` knows nothing, are read.
/// Errors (input): a path that does not exist, is ignored or is outside the project; a file that looks like a
/// secret and has no entry of its own; a link out of the folder; what is neither file, folder nor link; a
/// name with a line break or that is not UTF-8; not a pattern; a folder of which patterns leave nothing; a
/// file that would be in a folder of launch's own (own_folder_of). (environment): a folder cannot be read.
/// `base_user`: BaseImage::user.
Result<std::vector<ProjectCopy>> find_project_files(const project::Recipe& recipe,
                                                    const std::filesystem::path& root, Reporter& reporter,
                                                    const std::string& base_user, store::KnownFiles& known);

/// sha256 of the copies' destinations, owners, names, kinds, modes, links and contents, as far as they were
/// read when they were. Errors (environment): a file cannot be read.
Result<Digest> project_digest(const std::vector<ProjectCopy>& copies);

/// The same without launch's own files, which may change without a new image: what kFilesLabel says of an
/// image.
Result<Digest> labelled_digest(const std::vector<ProjectCopy>& copies);

/// Copies the files to `folder`/N/PATH, where N is the copy's index. Errors (environment).
Result<void> copy_project_files(Disk& disk, const std::vector<ProjectCopy>& copies,
                                const std::filesystem::path& folder);

}  // namespace launch::image
