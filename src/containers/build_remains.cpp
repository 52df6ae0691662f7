#include "containers/build_remains.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "containers/answers.hpp"

namespace launch::containers {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kState = "userdata/buildah.json";

// How often to look whether another process has finished.
constexpr std::chrono::milliseconds kPause{100};
constexpr int kTries = 20;

fs::path temporary_of(const fs::path& remains) {
  return remains / "tmp";
}
fs::path record_of(const fs::path& remains) {
  return remains / "before.json";
}

std::vector<fs::path> folders_in(const fs::path& parent) {
  std::vector<fs::path> found;
  std::error_code code;
  for (fs::directory_iterator at(parent, code); !code && at != fs::directory_iterator(); at.increment(code)) {
    if (at->is_directory(code)) found.push_back(at->path());
  }
  return found;
}

/// What existed before a build, and what identifies things that it made.
struct Record {
  std::map<std::string, std::string> annotations;  // of its images, intermediate ones too
  std::string base;
  std::set<std::string> images;
  std::set<std::string> containers;
};

std::string write_record(const Record& record) {
  return json_text(json{{"annotations", record.annotations},
                        {"base", record.base},
                        {"images", record.images},
                        {"containers", record.containers}});
}

/// nullopt if it does not exist or is half-written: the build had not begun.
std::optional<Record> read_record(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) return std::nullopt;
  try {
    const auto found = json::parse(*text);
    return Record{found.at("annotations"), found.at("base"), found.at("images"), found.at("containers")};
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

using Texts = std::map<std::string, std::string>;

bool contains(const Texts& all, const Texts& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

bool shares_key(const Texts& a, const Texts& b) {
  return std::any_of(b.begin(), b.end(), [&](const auto& pair) { return a.contains(pair.first); });
}

}  // namespace

Result<void> BuildRemains::expect(const BuildSpec& build, ProcessSpec& process) const {
  Record record{build.annotations, build.base, {}, {}};
  TRY_ASSIGN(auto images, image_ids(HalfMade::wait));
  for (auto& image : images) record.images.insert(std::move(image));
  for (const auto& folder : container_folders()) record.containers.insert(folder.filename().string());
  TRY(make_folder(work_.disk, temporary_of(folder_)));
  TRY(write_file(work_.disk, record_of(folder_), write_record(record)));
  if (engine_->info().rootless) {
    // podman's own folder depends on TMPDIR if XDG_RUNTIME_DIR is not set.
    if (places().runtime_folder.empty()) return {};
    process.environment["XDG_RUNTIME_DIR"] = places().runtime_folder;
  }
  process.environment["TMPDIR"] = temporary_of(folder_).string();
  return {};
}

/// podman 4.3 fails to list images while one is half-made, or when one is removed meanwhile. An image that
/// stays half-made is of a killed build.
Result<std::vector<std::string>> BuildRemains::image_ids(HalfMade half_made) const {
  constexpr int kMost = kTries + 10;
  for (int tries = 1;; ++tries) {
    TRY_ASSIGN(const auto listed, engine_->call({"images", "--all", "--quiet", "--no-trunc"}));
    if (listed.ok()) return words(listed.out);
    const auto id = half_made_image(listed.err);
    if ((id || missed_image(listed.err)) && tries < kTries) {
      work_.clock.sleep(kPause);
    } else if (id && half_made == HalfMade::remove && tries < kMost) {
      TRY(engine_->call({"rmi", *id}));
    } else {
      auto error = engine_->failed("list its images", listed);
      if (id)
        error.hint(fmt::format("remove what a killed build left: {} rmi {}", engine_->info().name(), *id));
      return fail(std::move(error));
    }
  }
}

/// The images among these that still exist.
Result<std::vector<Image>> BuildRemains::inspect(std::vector<std::string> ids) const {
  if (ids.empty()) return std::vector<Image>();
  ids.insert(ids.begin(), {"image", "inspect"});
  TRY_ASSIGN(const auto inspected, engine_->call(ids));
  // An image that has just gone is an error to podman, which still prints the others.
  if (auto images = read_image_inspect(inspected.out)) return images;
  if (trim(inspected.out) == "[]") return std::vector<Image>();
  return fail(engine_->failed("look into its images", inspected));
}

/// The bundle of a RUN is a folder among podman's temporary files; its container has the folder's name.
void BuildRemains::end_run_instructions() const {
  const auto& runtime = places().oci_runtime;
  if (runtime.empty()) return;
  for (const auto& bundle : folders_in(temporary_of(folder_))) {
    const auto name = bundle.filename().string();
    std::error_code code;
    if (!name.starts_with("buildah") || !fs::exists(bundle / "pid", code)) continue;
    auto process = engine_->process({"unshare"});
    if (!engine_->info().rootless) process.argv.clear();
    process.argv.insert(process.argv.end(), {runtime, "delete", "--force", "buildah-" + name});
    (void)engine_->runner().run(process);
  }
}

std::vector<fs::path> BuildRemains::container_folders() const {
  const auto& parent = places().working_containers;
  return parent.empty() ? std::vector<fs::path>() : folders_in(parent);
}

/// A working container gets its state, and with it the mark, a moment after its folder. Among those that
/// still have none: the ones that are younger than the build and made from its images.
Result<std::vector<std::string>> BuildRemains::orphans() const {
  const auto record = read_record(record_of(folder_));
  if (!record) return {};
  std::vector<std::string> unknown;
  for (int tries = 0; tries < kTries; ++tries) {
    if (tries > 0) work_.clock.sleep(kPause);
    unknown.clear();
    for (const auto& folder : container_folders()) {
      std::error_code code;
      auto id = folder.filename().string();
      if (!record->containers.contains(id) && !fs::exists(folder / kState, code))
        unknown.push_back(std::move(id));
    }
    if (unknown.empty()) return unknown;
  }
  TRY_ASSIGN(const auto listed, engine_->call({"ps", "--all", "--external", "--format", "json"}));
  if (!listed.ok()) return fail(engine_->failed("list its working containers", listed));
  const auto images_of = read_storage_containers(listed.out);
  std::erase_if(unknown, [&](const std::string& id) { return !images_of.contains(id); });
  std::set<std::string> images;
  for (const auto& id : unknown) images.insert(images_of.at(id).text());
  std::set<Digest> ours;
  TRY_ASSIGN(const auto base, engine_->find_image(record->base));
  if (base) ours.insert(base->image_id);
  TRY_ASSIGN(const auto inspected, inspect({images.begin(), images.end()}));
  for (const auto& image : inspected) {
    if (shares_key(image.annotations, record->annotations)) ours.insert(image.image_id);
  }
  std::erase_if(unknown, [&](const std::string& id) { return !ours.contains(images_of.at(id)); });
  return unknown;
}

Result<void> BuildRemains::remove_working_containers() const {
  TRY_ASSIGN(auto ids, orphans());
  for (const auto& container : container_folders()) {
    const auto state = read_file(container / kState);
    if (state && working_container_has_secret(*state, mark_)) {
      ids.push_back(container.filename().string());
    }
  }
  if (ids.empty()) return {};
  ids.insert(ids.begin(), {"rm", "--force"});
  TRY_ASSIGN(const auto removed, engine_->call(ids));
  if (removed.ok()) return {};
  return fail(engine_->failed("remove its working containers", removed));
}

Result<void> BuildRemains::remove_new_images() const {
  const auto record = read_record(record_of(folder_));
  if (!record) return {};
  TRY_ASSIGN(auto images, image_ids(HalfMade::remove));
  std::erase_if(images, [&](const std::string& image) { return record->images.contains(image); });
  TRY_ASSIGN(auto made, inspect(std::move(images)));
  // An image with a name is complete, and its parents stay with it: podman does not remove them.
  std::erase_if(made, [&](const Image& image) {
    return image.names > 0 || !contains(image.annotations, record->annotations);
  });
  std::sort(made.begin(), made.end(), [](const Image& a, const Image& b) { return a.steps > b.steps; });
  if (made.empty()) return {};
  std::vector<std::string> arguments{"rmi", "--no-prune", "--ignore"};
  for (const auto& image : made) arguments.push_back(image.image_id.text());
  TRY(engine_->call(arguments));
  return {};
}

Result<void> BuildRemains::remove_folder() const {
  int error = work_.disk.remove_all(folder_);
  // Without root, some files belong to users that exist only in podman's namespace.
  if (error != 0 && engine_->info().build_places && engine_->info().rootless) {
    TRY(engine_->call({"unshare", "rm", "-rf", folder_.string()}));
    error = work_.disk.remove_all(folder_);
  }
  if (error != 0) return fail(io_error("remove", folder_, error));
  return {};
}

Result<void> BuildRemains::remove() const {
  std::error_code code;
  if (!fs::exists(folder_, code)) return {};
  if (engine_->info().build_places) {
    end_run_instructions();
    auto containers = remove_working_containers();
    auto images = remove_new_images();
    TRY(std::move(containers));
    TRY(std::move(images));
  }
  return remove_folder();
}

}  // namespace launch::containers
