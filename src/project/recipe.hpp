#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pytorch/channel.hpp"
#include "specs/accelerator.hpp"
#include "specs/day.hpp"
#include "specs/gpu_set.hpp"
#include "specs/interpreter.hpp"
#include "specs/platform.hpp"
#include "specs/requirement.hpp"
#include "specs/url.hpp"

namespace launch::project {

struct CopyEntry {
  std::string from;                       ///< relative to the project's root
  std::string to = "/workspace/";         ///< absolute, in the image
  std::optional<std::string> owner = {};  ///< "root", the recipe's user, "UID" or "UID:GID"; else the user
  std::vector<std::string> exclude = {};  ///< patterns of .dockerignore, relative to `from`
};

struct MountEntry {
  std::string from;
  std::string to;
  bool read_only = false;
  bool relabel = false;  ///< for good, with the label that SELinux lets containers use
};

/// What is done about a run that fails or does not get on; nullopt: as is usual.
struct RunLimits {
  std::optional<int> restarts = {};                     ///< how often it is started again after a failure
  std::optional<std::chrono::seconds> rendezvous = {};  ///< for ranks to start on every node; 0: no limit
  std::optional<std::chrono::seconds> silence =
      {};  ///< of all ranks, after which a hang ends it; 0: no limit
};

/// A recipe as the user writes it (docs/design.md, "Recipe"), parsed strictly.
struct Recipe {
  std::string name;  ///< from the file's name: "demo"
  specs::Interpreter python;
  std::optional<int> python_patch;           ///< 4 of "3.12.4"; nullopt for "3.12"
  std::vector<specs::Platform> platforms;    ///< at least one
  std::vector<specs::Requirement> packages;  ///< from the general index; a name may be there several times
  std::vector<std::string> from;             ///< a project's own files that list more packages

  struct Torch {
    pytorch::Channel channel = pytorch::Channel::index;
    std::optional<specs::Accelerator> cuda;  ///< nullopt with channel index
    std::optional<specs::Day> date;          ///< exactly this nightly
    std::optional<specs::Day> as_of;         ///< the newest up to that day
    std::vector<specs::Requirement> packages;
  } torch;

  /// [lock.build.NAME]: how the package NAME is built from its source archive, in a container.
  struct Build {
    std::map<std::string, std::string> env = {};  ///< of the build
    std::vector<std::string> apt = {};            ///< packages of the distribution that the build needs
    std::vector<specs::Requirement> needs =
        {};                 ///< `requires`: what the package needs to build and does not say
    bool isolation = true;  ///< false: the build sees what the recipe locks as well
    std::optional<std::string> variant = {};  ///< base, runtime, devel; else the recipe's
  };

  struct Lock {
    bool by_path = false;                         ///< wheels = "path"
    std::vector<specs::Requirement> constraints;  ///< bounds that ask for nothing
    std::vector<specs::Requirement> overrides;    ///< replace what packages say of these names
    std::map<std::string, Build> build;           ///< by package (normalized)
  } lock;

  /// A further index, for these packages and no others.
  struct Index {
    specs::Url url;
    std::set<std::string> packages;  ///< normalized names
  };
  std::vector<Index> indexes;

  struct Image {
    std::string variant = "base";     ///< base, runtime, devel
    std::optional<std::string> from;  ///< "any/image:tag"
    /// Whose Python is used: the base image's or its distribution's, or a build that is put into the image.
    enum class Python { base, standalone } python = Python::standalone;
    std::vector<std::string> apt;
    std::vector<CopyEntry> copy;
    std::map<std::string, std::string> env;
    std::optional<std::string> user;
  } image;

  struct Verify {
    std::vector<std::string> scan;  ///< files and folders, relative to the project's root
    std::vector<std::string>
        exclude;  ///< files and folders below them that are not read (IgnorePatterns::parse_at_any_depth)
    std::vector<std::string>
        smoke;  ///< a command that must work in the image; empty: a check of launch's own
  } verify;

  struct Train {
    std::vector<std::string> command;  ///< given to torchrun
    int nodes = 1;
    specs::GpuSet gpus = specs::GpuSet::all();  ///< per node
    std::vector<MountEntry> mounts;
    std::map<std::string, std::string> env;
    std::optional<std::chrono::seconds> grace;  ///< for ranks to save when they are interrupted
    RunLimits limits = {};
    std::optional<int> ranks_per_node;   ///< else one per GPU, or one
    std::optional<std::string> workdir;  ///< of the ranks, in the container; else the image's
    /// Variables of the ranks → files of this machine with their values, relative to the project's root.
    std::map<std::string, std::string> secrets;
  } train;

  std::vector<std::string> notes = {};  ///< about the files of `from`, for the user; not part of the recipe
};

/// The text of a recipe, and its path for messages.
struct RecipeText {
  std::string text;
  std::string file;
};

/// What a recipe extends, as it names it: "base.toml"; nullopt if it extends none. Errors (input): TOML
/// syntax (with line and column), not a file's name.
Result<std::optional<std::string>> extended_by(const RecipeText& recipe);

/// Parses a recipe. `name` is its bare name; `texts` are its own text, then that of the recipe that it
/// extends, and so on. Errors (input): TOML syntax (with line and column), an unknown key (with a "did you
/// mean"), a wrong type, an invalid value.
Result<Recipe> parse_recipe(std::span<const RecipeText> texts, std::string_view name);
/// The same for a recipe that extends none.
Result<Recipe> parse_recipe(std::string_view text, std::string_view name, std::string_view file);

}  // namespace launch::project
