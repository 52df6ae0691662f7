#include "image/hand_over.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/log.hpp"
#include "image/image_archive.hpp"
#include "image/naming.hpp"
#include "image/turn.hpp"
#include "net/http_server.hpp"
#include "project/project.hpp"

namespace launch::image {
namespace {

/// Reports the result of each read of a body.
class WatchedBody final : public net::BodySource {
 public:
  using OnRead = std::function<void(const Result<std::size_t>&)>;
  WatchedBody(net::Body body, OnRead on_read) : body_(std::move(body)), on_read_(std::move(on_read)) {}
  std::uint64_t size() const override { return body_->size(); }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const override {
    auto count = body_->read(offset, buffer);
    on_read_(count);
    return count;
  }

 private:
  net::Body body_;
  OnRead on_read_;
};

/// docker's containerd store identifies an image by its manifest.
bool is_of(const containers::Image& image, const ImagePlan& plan) {
  return image.image_id == plan.image_id() || image.image_id == plan.digest();
}

Result<std::optional<containers::Image>> find_same(const containers::Engine& engine,
                                                   const std::string& reference, const ImagePlan& plan) {
  TRY_ASSIGN(auto image, engine.find_image(reference));
  if (!image || !is_of(*image, plan)) return std::nullopt;
  image->image_id = plan.image_id();
  return image;
}

/// What a manifest says it is; OCI's need not say so.
std::string media_type_of(std::string_view manifest) {
  const auto said = json_string(parse_json<nlohmann::json>(manifest), {"mediaType"});
  return said.empty() ? std::string(archive::kManifestType) : said;
}

/// Its name in the registry of one hand-over, which no other registry has, so that it can be removed later.
std::string handed_name(const std::string& recipe) {
  return fmt::format("launch/{}/hand-over", project::engine_name(recipe));
}

/// Whether the image still has the name of a hand-over that was killed.
bool has_handed_name(const containers::Image& image, const std::string& recipe) {
  return std::ranges::any_of(image.references,
                             [part = fmt::format("/{}@", handed_name(recipe))](const auto& each) {
                               return each.find(part) != each.npos;
                             });
}

/// Puts one image into an engine.
class HandOver {
 public:
  HandOver(const ImagePlan& plan, const std::string& recipe, const containers::Engine& engine,
           const Work& work)
      : plan_(plan), recipe_(recipe), engine_(engine), work_(work) {}

  /// By whichever way there is; returns the engine's ID of the image, which may have no name.
  Result<Digest> take() {
    if (!engine_.info().elsewhere.empty()) return load(engine_.info().elsewhere);
    TRY_ASSIGN(const auto server, serve());
    auto pulled = engine_.pull(server->authority(), handed_name(recipe_), plan_.digest(), work_.stop);
    // The engine knows only that a layer ended early.
    if (auto error = read_error(); !pulled && error) return fail(*std::move(error));
    // A daemon may have another network than its socket suggests.
    if (pulled || requests_ > 0 || work_.stop.stop_requested()) return pulled;
    log_debug("{}", pulled.error().message());
    return load("it made no request to this machine's loopback address");
  }

 private:
  /// Reports the bytes that the engine has read.
  std::function<void(std::uint64_t)> counter(std::uint64_t total) const {
    const auto done = std::make_shared<std::atomic<std::uint64_t>>(0);
    return [done, total, &work = work_, what = fmt::format("handing the image to {}", engine_.info().name())](
               std::uint64_t bytes) { work.reporter.progress(what, std::min(*done += bytes, total), total); };
  }

  /// A registry of this image.
  Result<std::unique_ptr<net::HttpServer>> serve() {
    auto& repository = repositories_[handed_name(recipe_)];
    repository = served_repository(plan_);
    std::uint64_t total = 0;
    for (const auto& [digest, blob] : repository.blobs) total += blob.content->size();
    const auto on_read = [this, count = counter(total)](const Result<std::size_t>& read) {
      if (read) return count(*read);
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = read.error();
    };
    for (auto& [digest, blob] : repository.blobs)
      blob.content = std::make_shared<WatchedBody>(std::move(blob.content), on_read);
    return net::HttpServer::start({}, [this](const net::ServedRequest& request) {
      ++requests_;
      return registry::answer(repositories_, request);
    });
  }

  std::optional<Error> read_error() {
    const std::lock_guard lock(mutex_);
    return error_;
  }

  /// Through its standard input.
  Result<Digest> load(const std::string& why) {
    const auto& name = engine_.info().name();
    work_.reporter.note(fmt::format("{} gets the image as an archive: {}", name, why));
    const auto open = [&]() -> Result<containers::Feed> {
      TRY_ASSIGN(auto made, ImageArchive::of(plan_));
      const auto archive = std::make_shared<ImageArchive>(std::move(made));
      return [archive, on_read = counter(archive->size())](std::span<char> buffer) -> Result<std::size_t> {
        auto count = archive->read(buffer);
        if (count) on_read(*count);
        return count;
      };
    };
    TRY(engine_.load(open, handed_name(recipe_), work_.stop));
    for (const auto& id : {plan_.image_id(), plan_.digest()}) {
      TRY_ASSIGN(const auto found, engine_.find_image(id.text()));
      if (found) return found->image_id;
    }
    return fail(environment_error(
        fmt::format("{} loaded the image {}, but cannot find it", name, handed_name(recipe_))));
  }

  const ImagePlan& plan_;
  const std::string& recipe_;
  const containers::Engine& engine_;
  const Work& work_;
  registry::ServedRepositories repositories_;
  std::atomic<std::size_t> requests_ = 0;
  std::mutex mutex_;
  std::optional<Error> error_;  ///< of the first layer that could not be read
};

struct Taken {
  containers::Image image;
  std::optional<Digest> nameless;
};

/// `recipe` names the image to people and registries, `reference` in the engine.
Result<Taken> take_over(const ImagePlan& plan, const std::string& recipe, const std::string& reference,
                        const std::function<Result<void>(const Digest& image_id)>& try_it,
                        const containers::Engine& engine, const Work& work) {
  const auto take = [&]() -> Result<std::optional<Digest>> {
    TRY_ASSIGN(const auto id, HandOver(plan, recipe, engine, work).take());
    if (try_it) TRY(try_it(id));
    return take_name(engine, id, reference);
  };
  const auto taken = take();
  const auto forgotten = engine.forget_loopback(handed_name(recipe));
  TRY_ASSIGN(auto nameless, taken);
  TRY(forgotten);
  TRY_ASSIGN(auto found, find_same(engine, reference, plan));
  if (found) return Taken{*std::move(found), std::move(nameless)};
  return fail(environment_error(fmt::format(
      "{} tagged the image {}, but that name now refers to another image", engine.info().name(), reference)));
}

}  // namespace

registry::ServedRepository served_repository(const ImagePlan& plan) {
  registry::ServedRepository repository;
  repository.add({media_type_of(plan.manifest), plan.manifest});
  for (const auto& each : plan.blobs) {
    repository.blobs.insert(
        {each.blob.digest, {each.blob.media_type, net::lazy_body(each.blob.size, each.open)}});
  }
  return repository;
}

Result<BuildOutcome> hand_over(const ImagePlan& plan, const std::string& recipe,
                               const std::filesystem::path& folder, bool again,
                               const std::function<Result<void>(const Digest& image_id)>& try_it,
                               const containers::Engine& engine, const Work& work) {
  const auto reference = project::image_reference(recipe);
  archive::InstallSize size;
  for (const auto& layer : plan.wheels) size.bytes += layer.size;
  const auto find = [&]() -> Result<std::optional<BuildOutcome>> {
    if (again) return std::nullopt;
    TRY_ASSIGN(auto found, find_same(engine, reference, plan));
    if (!found) return std::nullopt;
    return BuildOutcome{*std::move(found), project::image_name(recipe), true, size};
  };
  TRY_ASSIGN(auto found, find());
  if (found && !has_handed_name(found->image, recipe)) return *std::move(found);
  const auto turns = folder / "builds";
  const auto name = project::engine_name(recipe);
  TRY_ASSIGN(auto turn, BuildTurn::try_take(work.disk, turns, name));
  if (found) {
    // The name of a build that is running is its own.
    if (turn) TRY(engine.forget_loopback(handed_name(recipe)));
    return *std::move(found);
  }
  if (!turn) {
    work.reporter.note(fmt::format("another build of {} is running; waiting for it", recipe));
    TRY_ASSIGN(turn, BuildTurn::take(turns, name, work));
    TRY_ASSIGN(found, find());
    if (found) return *std::move(found);
  }
  TRY_ASSIGN(auto taken, take_over(plan, recipe, reference, try_it, engine, work));
  return BuildOutcome{std::move(taken.image), project::image_name(recipe), false, size,
                      std::move(taken.nameless)};
}

std::string base_reference(const Digest& digest) {
  constexpr std::size_t kEnough = 12;
  return "localhost/launch-base:" + digest.hex().substr(0, kEnough);
}

Result<containers::Image> hand_base_over(const store::PulledImage& base, const specs::Platform& platform,
                                         const std::filesystem::path& folder,
                                         const containers::Engine& engine, const Work& work) {
  TRY_ASSIGN(const auto image, archive::parse_image(base.manifest, base.config));
  ImagePlan plan{
      .platform = platform, .manifest = base.manifest, .config = base.config, .blobs = {}, .wheels = {}};
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    plan.blobs.push_back({image.layers[i], fmt::format("layer {} of the base image", i + 1),
                          [path = base.layers.at(i)] { return net::body_of_file(path); }});
  }
  plan.blobs.push_back({{std::string(archive::kConfigType), plan.image_id(), plan.config.size()},
                        "the configuration",
                        [text = plan.config]() -> Result<net::Body> { return net::body_of_text(text); }});
  const auto reference = base_reference(base.digest);
  const auto name = "base-" + base.digest.hex();
  TRY_ASSIGN(auto found, find_same(engine, reference, plan));
  if (found && !has_handed_name(*found, name)) return *std::move(found);
  if (found) {
    TRY_ASSIGN(const auto turn, BuildTurn::try_take(work.disk, folder / "builds", name));
    if (turn) TRY(engine.forget_loopback(handed_name(name)));
    return *std::move(found);
  }
  TRY_ASSIGN(const auto turn, BuildTurn::take(folder / "builds", name, work));
  TRY_ASSIGN(found, find_same(engine, reference, plan));
  if (found) return *std::move(found);
  work.reporter.status(fmt::format("handing the base image to {}", engine.info().name()));
  TRY_ASSIGN(auto taken, take_over(plan, name, reference, {}, engine, work));
  return std::move(taken.image);
}

}  // namespace launch::image
