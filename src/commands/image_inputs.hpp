#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "image/build.hpp"
#include "image/plan.hpp"
#include "locking/locate.hpp"

namespace launch::commands {

/// Where builds keep temporary files: next to the store, where there is space for the wheels and so, most
/// likely, for their contents.
std::filesystem::path build_folder_of(const project::Site& site);

/// The platform of the image that this machine builds and runs. Errors (environment): it is of another one.
Result<specs::Platform> platform_to_run(const project::Recipe& recipe);

/// A locked recipe with everything that its image is made of, and the means to get it.
class ImageInputs {
 public:
  /// `engine`: the one that is wanted, should one be needed. Errors: those of load_locked,
  /// find_project_files, read_project_files and open_store.
  static Result<std::unique_ptr<ImageInputs>> open(const std::string& recipe, const Context& context,
                                                   std::optional<std::string> engine = std::nullopt);
  /// The same for a recipe whose lock was loaded. The contents of the project's files are not read yet.
  static Result<std::unique_ptr<ImageInputs>> of(Workspace workspace, project::Locked locked,
                                                 const Context& context,
                                                 std::optional<std::string> engine = std::nullopt);

  /// The same without the project's files.
  static Result<std::unique_ptr<ImageInputs>> without_files(Workspace workspace, project::Locked locked,
                                                            const Context& context);

  const project::Project& project() const { return workspace_.project; }
  const project::Site& site() const { return workspace_.site; }
  const project::Locked& locked() const { return locked_; }
  const std::vector<image::ProjectCopy>& copies() const { return copies_; }
  const store::Store& store() const { return store_; }
  net::HttpClient& http() const { return *http_; }
  /// build_folder_of its site.
  std::filesystem::path folder() const;

  /// The engine, which is looked for once. Errors: those of find_engine.
  Result<containers::Engine> engine() const;
  /// What the image of a platform, or an environment like it, is made of. Refers to this object.
  image::PlanRequest plan_request(const specs::Platform& platform) const;
  /// The image of a platform. Errors: those of plan_image; (no): below the project's files, it is not the one
  /// that the lock names.
  Result<image::ImagePlan> plan(const specs::Platform& platform) const;
  /// The same without the project's files, whatever the lock names.
  Result<image::ImagePlan> plan_without_files(const specs::Platform& platform) const;
  /// Whether the store has everything that the images are made of, but for the project's files.
  Result<bool> has_all_parts() const;
  /// The base image, if the store has it. Errors: those of base_of and find_pulled.
  Result<std::optional<store::PulledImage>> find_base(const specs::Platform& platform) const;
  /// What a build by the engine needs.
  image::BuildRequest build_request() const;

 private:
  ImageInputs(const Context& context, std::optional<std::string> engine, Workspace workspace,
              project::Locked locked, std::unique_ptr<net::HttpClient> http, store::Store store);
  static Result<std::unique_ptr<ImageInputs>> open_with(Workspace workspace, project::Locked locked,
                                                        const Context& context,
                                                        std::optional<std::string> engine);
  enum class Files { found, read };
  Result<void> add_files(Files files);
  Result<void> check_promise(const image::ImagePlan& plan) const;
  Result<std::vector<std::filesystem::path>> fetch(const std::vector<project::LockedWheel>& wheels) const;
  Result<std::filesystem::path> fetch_interpreter(const specs::Platform& platform) const;
  Result<store::PulledImage> fetch_base(const specs::Platform& platform) const;
  Result<image::SystemLayers> make_system(const Digest& base, const archive::Image& image,
                                          const specs::Platform& platform) const;

  const Context& context_;
  std::optional<std::string> wanted_engine_;
  mutable std::optional<containers::Engine> engine_ = {};
  Workspace workspace_;
  project::Locked locked_;
  std::vector<image::ProjectCopy> copies_;
  std::unique_ptr<net::HttpClient> http_;
  store::Store store_;
  locking::Origins origins_;
};

}  // namespace launch::commands
