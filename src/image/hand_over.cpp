#include "image/hand_over.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "image/turn.hpp"
#include "net/http_server.hpp"
#include "project/project.hpp"

namespace launch::image {
namespace {

/// Counts the bytes that are read from a body.
class CountedBody final : public net::BodySource {
 public:
  CountedBody(net::Body body, std::function<void(std::uint64_t)> on_read)
      : body_(std::move(body)), on_read_(std::move(on_read)) {}
  std::uint64_t size() const override { return body_->size(); }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const override {
    auto count = body_->read(offset, buffer);
    if (count) on_read_(*count);
    return count;
  }

 private:
  net::Body body_;
  std::function<void(std::uint64_t)> on_read_;
};

Result<std::optional<containers::Image>> find_same(const containers::Engine& engine,
                                                   const std::string& reference, const ImagePlan& plan) {
  TRY_ASSIGN(auto image, engine.find_image(reference));
  if (!image || image->image_id != plan.image_id()) return std::nullopt;
  return image;
}

/// Reports the bytes that the engine has read.
void count_reads(registry::ServedRepository& repository, const std::string& engine, const Work& work) {
  std::uint64_t total = 0;
  for (const auto& [digest, blob] : repository.blobs) total += blob.content->size();
  const auto done = std::make_shared<std::atomic<std::uint64_t>>(0);
  const auto on_read = [done, total, &work,
                        what = fmt::format("handing the image to {}", engine)](std::uint64_t bytes) {
    work.reporter.progress(what, std::min(*done += bytes, total), total);
  };
  for (auto& [digest, blob] : repository.blobs)
    blob.content = std::make_shared<CountedBody>(std::move(blob.content), on_read);
}

Result<containers::Image> pull(const ImagePlan& plan, const std::string& recipe,
                               const std::function<Result<void>(const Digest& image_id)>& try_it,
                               const containers::Engine& engine, const Work& work) {
  registry::ServedRepositories repositories;
  const auto name = served_name(recipe);
  TRY_ASSIGN(repositories[name], served_repository(plan, {}));
  count_reads(repositories[name], engine.info().name(), work);
  TRY_ASSIGN(const auto server, net::HttpServer::start({}, [&](const net::ServedRequest& request) {
               return registry::answer(repositories, request);
             }));
  TRY(engine.pull(server->authority(), name, plan.digest(), work.stop));
  if (try_it) TRY(try_it(plan.image_id()));
  const auto reference = project::image_reference(recipe);
  TRY(engine.tag(plan.image_id(), reference));
  TRY(engine.forget_loopback(name));
  TRY_ASSIGN(auto found, find_same(engine, reference, plan));
  if (found) return *std::move(found);
  return fail(environment_error(fmt::format("{} pulled the image {} and has another one under its name",
                                            engine.info().name(), reference)));
}

}  // namespace

std::string served_name(const std::string& recipe) {
  return "launch/" + project::engine_name(recipe);
}

Result<registry::ServedRepository> served_repository(const ImagePlan& plan, const std::string& tag) {
  registry::ServedRepository repository;
  const auto digest = repository.add({std::string(archive::kManifestType), plan.manifest});
  if (!tag.empty()) repository.tags.emplace(tag, digest);
  for (const auto& each : plan.blobs) {
    TRY_ASSIGN(auto body, each.open());
    repository.blobs.insert({each.blob.digest, {each.blob.media_type, std::move(body)}});
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
  if (found) return *std::move(found);
  const auto turns = folder / "builds";
  const auto image = project::engine_name(recipe);
  TRY_ASSIGN(auto turn, BuildTurn::try_take(work.disk, turns, image));
  if (!turn) {
    work.reporter.note(fmt::format("another build of {} is running; waiting for it", recipe));
    TRY_ASSIGN(turn, BuildTurn::take(turns, image, work));
    TRY_ASSIGN(found, find());
    if (found) return *std::move(found);
  }
  TRY_ASSIGN(auto pulled, pull(plan, recipe, try_it, engine, work));
  return BuildOutcome{std::move(pulled), project::image_name(recipe), false, size};
}

}  // namespace launch::image
