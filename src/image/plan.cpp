#include "image/plan.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "archive/estargz.hpp"
#include "archive/gzip.hpp"
#include "archive/interpreter.hpp"
#include "archive/layer.hpp"
#include "archive/tree.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "image/base_folders.hpp"
#include "image/base_tree.hpp"
#include "image/dockerfile.hpp"
#include "image/layers.hpp"
#include "image/overlaps.hpp"
#include "image/own_layers.hpp"
#include "image/project_contents.hpp"
#include "image/settings.hpp"
#include "image/user.hpp"
#include "image/wheel_groups.hpp"
#include "project/base_image_table.hpp"
#include "project/labels.hpp"
#include "store/body.hpp"
#include "store/derived.hpp"
#include "store/file_layers.hpp"
#include "store/layers.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;

/// Puts an image together, layer by layer from the bottom.
class Planner {
 public:
  Planner(const PlanRequest& request, const store::Store& store, ProcessRunner& runner, const Work& work)
      : request_(request),
        lock_(request.locked.lock.lock),
        python_(request.locked.recipe.python),
        store_(store),
        tools_{store, runner, request.folder / "contexts", work},
        work_(work),
        copies_(request.copies) {}

  Result<ImagePlan> plan() {
    TRY(add_base());
    TRY_ASSIGN(grouped_, group_wheels(request_.locked, request_.platform, store_));
    TRY_ASSIGN(plan_.overlaps, find_overlaps(
                                   grouped_, python_, store_, [&] { return fetch_wheels(); }, work_.disk));
    TRY(add_system());
    TRY(check_base());
    TRY(add_interpreter());
    TRY(add_environment());
    TRY(add_wheels(grouped_.groups));
    TRY(add_bytecode());
    TRY(add_project());
    return finish();
  }

 private:
  Result<void> add_base() {
    TRY_ASSIGN(base_, request_.fetch_base(request_.platform));
    const auto& about = *lock_.provenance.base;
    TRY_ASSIGN(image_, during(archive::parse_image(base_->manifest, base_->config),
                              fmt::format("reading the base image {}:{}", about.name, about.tag)));
    if (project::base_user(image_.run.user) != about.user) {
      work_.reporter.warn(
          fmt::format("the base image {}:{} runs as the user {}, of whom the lock does not know; run `launch "
                      "lock {} --upgrade`",
                      about.name, about.tag, in_quotes(image_.run.user), request_.locked.recipe.name));
    }
    for (std::size_t i = 0; i < image_.layers.size(); ++i) {
      plan_.blobs.push_back({image_.layers[i], fmt::format("layer {} of the base image", i + 1),
                             [path = base_->layers.at(i)] { return net::body_of_file(path); }});
      plan_.layers.push_back({plan_.blobs.back().name, image_.diff_ids.at(i), image_.layers[i].size});
    }
    image_.created = utc_timestamp(project::lock_timestamp(lock_));
    return {};
  }

  Result<void> add_system() {
    if (request_.locked.recipe.image.apt.empty()) return {};
    TRY_ASSIGN(system_, request_.make_system(base_->digest, image_, request_.platform));
    for (const auto& each : system_.layers) {
      base_->layers.push_back(each.file);
      add(each.layer.blob, each.layer.diff_id, each.layer.created_by,
          [file = each.file] { return net::body_of_file(file); });
    }
    return {};
  }

  /// A base that cannot be read, such as one in another compression, is checked by the trial of the image.
  Result<void> check_base() {
    const auto root = root_tree();
    if (!root) return {};
    const auto& about = *lock_.provenance.base;
    return check_base_folders(**root, fmt::format("{}:{}", about.name, about.tag));
  }

  Result<void> add_interpreter() {
    const auto& build = *lock_.provenance.interpreter;
    TRY_ASSIGN(const auto file, request_.fetch_interpreter(request_.platform));
    const auto& archive = build.archives.at(request_.platform);
    TRY_ASSIGN(compiler_, compiler_of(request_.locked, request_.fetch_interpreter));
    TRY_ASSIGN(const auto library, library_bytecode(*compiler_, tools_));
    TRY_ASSIGN(const auto tar, unpacked(archive.sha256, file));
    std::error_code code;
    const auto size = fs::file_size(file, code);
    if (code) return fail(io_error("read", file, code.value()));
    add({std::string(archive::kGzipLayerType), archive.sha256, size}, tar.digest,
        fmt::format("Python {}", build.version()), [file] { return net::body_of_file(file); });
    plan_.layers.back().unpacked = tar.size;
    return add_zips({{library}}, kPythonHome, {fmt::format("bytecode of Python {}", build.version())});
  }

  Result<archive::Gunzipped> unpacked(const Digest& archive, const fs::path& file) {
    constexpr std::string_view kName = "unpacked";
    if (const auto known = store::derived(store_, archive, kName)) {
      const auto words = split(*known, ' ');
      auto digest = Digest::of_hex(words.front());
      const auto size = parse_u64(words.back());
      if (digest && size) return archive::Gunzipped{*std::move(digest), *size};
    }
    TRY(archive::check_interpreter(file, work_));  // it becomes a layer as it is
    TRY_ASSIGN(auto tar, archive::gunzipped(file));
    store::keep_derived(store_, archive, kName, fmt::format("{} {}", tar.digest.hex(), tar.size), work_.disk);
    return tar;
  }

  Result<void> add_environment() {
    auto layer = venv_layer(python_, image_interpreter(lock_.provenance));
    const auto& user = request_.locked.recipe.image.user;
    if (user) {
      TRY_ASSIGN(const auto* root, root_tree());
      TRY_ASSIGN(auto files,
                 during(user_files(*root, *user), fmt::format("adding the user {}", in_quotes(*user))));
      for (auto& file : files) layer.members.push_back(std::move(file));
    }
    return add_own(std::move(layer), user ? fmt::format("virtual environment, user {}", *user)
                                          : std::string("virtual environment"));
  }

  /// Brings all wheels to their places in the store, once.
  Result<void> fetch_wheels() {
    if (fetched_) return {};
    TRY(request_.fetch(grouped_.locked()));
    fetched_ = true;
    return {};
  }

  static archive::LayerSpec spec_of(const specs::Interpreter& python, std::string_view prefix,
                                    archive::LayerSpec::Content content) {
    return {.prefix = std::string(prefix),
            .python = python,
            .interpreter = std::string(kVenvPython),
            .time = archive::kFileTime,
            .content = content};
  }

  Result<void> add_wheels(const std::vector<WheelGroup>& groups) {
    const auto spec = spec_of(python_, kVenv, archive::LayerSpec::Content::wheels);
    std::vector<store::LayerWheels> layers;
    bool present = true;
    for (const auto& group : groups) {
      layers.push_back(group.wheels);
      for (std::size_t i = 0; i < group.wheels.size(); ++i)
        present = present && store_.has(group.wheels[i].digest, group.file_names[i]);
    }
    auto facts = present ? store::known_layer_facts(store_, layers, spec) : std::nullopt;
    if (!facts) {
      TRY(fetch_wheels());
      TRY_ASSIGN(facts, store::layer_facts(store_, layers, spec, work_));
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
      plan_.wheels.push_back({groups[i].name, facts->at(i).tar, facts->at(i).tar_size, groups[i].file_names});
      add_layer(groups[i].wheels, spec, facts->at(i), groups[i].name);
    }
    return {};
  }

  /// One layer for each group, so that a new nightly moves the bytecode of its own packages alone.
  Result<void> add_bytecode() {
    const auto wheels = grouped_.in_order();
    auto zips = known_wheel_bytecode(wheels, *compiler_, store_);
    if (!zips) {
      TRY(fetch_wheels());
      work_.reporter.status("compiling Python files");
      TRY_ASSIGN(zips, wheel_bytecode(wheels, *compiler_, tools_));
    }
    std::vector<store::LayerWheels> layers;
    std::vector<std::string> names;
    for (auto& group : group_bytecode(grouped_.groups, *zips)) {
      layers.push_back(std::move(group.zips));
      names.push_back(std::move(group.name));
    }
    return add_zips(layers, kVenv, names);
  }

  /// Layers of zips that are in the store.
  Result<void> add_zips(const std::vector<store::LayerWheels>& layers, std::string_view prefix,
                        const std::vector<std::string>& names) {
    const auto spec = spec_of(python_, prefix, archive::LayerSpec::Content::plain_zips);
    TRY_ASSIGN(const auto facts, store::layer_facts(store_, layers, spec, work_));
    for (std::size_t i = 0; i < layers.size(); ++i) add_layer(layers[i], spec, facts[i], names[i]);
    return {};
  }

  Result<void> add_project() {
    const archive::RootTree nothing;
    const auto read = root_tree();
    if (!read && !copies_.empty()) return fail(read.error());
    const auto& root = read ? **read : nothing;
    TRY(read_changed_files(copies_));
    TRY_ASSIGN(auto layer, project_layer(copies_, root));
    keep_base_folders(layer, root);
    return add_own(std::move(layer),
                   copies_.empty() ? "what hides the files of eStargz" : "the project's files");
  }

  /// The sizes of the layers that were there before. Those of a base that cannot be read are not known.
  void measure_system() {
    const auto root = root_tree();
    if (!root) return;
    const auto& sizes = (*root)->sizes;
    for (std::size_t i = 0; i < sizes.size(); ++i) plan_.layers.at(i).unpacked = sizes[i];
  }

  Result<ImagePlan> finish() {
    measure_system();
    image_.run =
        run_config(std::move(image_.run), request_.locked, copies_.empty() ? "" : copies_.front().to);
    if (!copies_.empty()) {
      TRY_ASSIGN(const auto files, labelled_digest(copies_));
      image_.run.labels.insert_or_assign(project::kFilesLabel, files.text());
    }
    for (const auto& [name, value] : image_labels(request_.locked.recipe, request_.locked.lock)) {
      if (name.starts_with("org.opencontainers.")) image_.annotations.insert_or_assign(name, value);
    }
    plan_.platform = request_.platform;
    plan_.config = archive::image_config_text(image_);
    plan_.manifest = archive::image_manifest_text(image_);
    plan_.blobs.push_back({{std::string(archive::kConfigType), plan_.image_id(), plan_.config.size()},
                           "the configuration",
                           [text = plan_.config]() -> Result<net::Body> { return net::body_of_text(text); }});
    std::stable_sort(plan_.blobs.begin(), plan_.blobs.end(),
                     [](const auto& a, const auto& b) { return a.blob.digest < b.blob.digest; });
    const auto same = std::unique(plan_.blobs.begin(), plan_.blobs.end(), [](const auto& a, const auto& b) {
      return a.blob.digest == b.blob.digest;
    });
    plan_.blobs.erase(same, plan_.blobs.end());
    return std::move(plan_);
  }

  /// What the layers so far leave of their folders and users; read once.
  Result<const archive::RootTree*> root_tree() {
    if (!root_) {
      TRY_ASSIGN(root_, base_tree(*base_, system_.key, store_, work_));
    }
    return &*root_;
  }

  void add_layer(const store::LayerWheels& wheels, const archive::LayerSpec& spec,
                 const archive::LayerFacts& facts, const std::string& name) {
    archive::Descriptor blob{std::string(archive::kGzipLayerType), facts.layer, facts.size};
    blob.annotations[std::string(archive::kTocAnnotation)] = facts.toc.text();
    blob.annotations[std::string(archive::kTarSizeAnnotation)] = fmt::to_string(facts.tar_size);
    add(std::move(blob), facts.tar, name,
        [wheels, spec, facts] { return store::layer_body(wheels, spec, facts); });
    plan_.layers.back().unpacked = facts.tar_size;
  }

  Result<void> add_own(OwnLayer own, const std::string& name) {
    const auto layer = std::make_shared<const OwnLayer>(std::move(own));
    TRY_ASSIGN(const auto facts,
               store::file_layer_facts(store_, base_->digest, layer->members, layer->sources(), work_.disk));
    auto body = net::lazy_body(facts.size, [layer]() -> Result<net::Body> {
      return store::file_layer_body(archive::plan_file_layer(layer->members, layer->sources()), layer->files);
    });
    add({std::string(archive::kGzipLayerType), facts.layer, facts.size}, facts.tar, name,
        [body = std::move(body)]() -> Result<net::Body> { return body; });
    plan_.layers.back().unpacked = facts.tar_size;
    return {};
  }

  void add(archive::Descriptor blob, const Digest& tar, const std::string& name,
           std::function<Result<net::Body>()> open) {
    image_.add({blob, tar, name});
    plan_.layers.push_back({name, tar, blob.size});
    plan_.blobs.push_back({std::move(blob), fmt::format("the layer of {}", name), std::move(open)});
  }

  const PlanRequest& request_;
  const project::Lockfile& lock_;
  const specs::Interpreter& python_;
  const store::Store& store_;
  BytecodeTools tools_;
  const Work& work_;
  std::vector<ProjectCopy> copies_;  ///< read as they are when their layer is made
  std::optional<store::PulledImage> base_;
  SystemLayers system_;
  std::optional<Compiler> compiler_;
  std::optional<archive::RootTree> root_;
  GroupedWheels grouped_;
  bool fetched_ = false;
  archive::Image image_;
  ImagePlan plan_;
};

}  // namespace

bool can_be_planned(const project::Locked& locked) {
  return locked.lock.lock.provenance.interpreter.has_value();
}

Result<ImagePlan> plan_image(const PlanRequest& request, const store::Store& store, ProcessRunner& runner,
                             const Work& work) {
  return Planner(request, store, runner, work).plan();
}

}  // namespace launch::image
