#include "commands/serve.hpp"

#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "commands/planned_images.hpp"
#include "image/hand_over.hpp"
#include "net/addresses.hpp"
#include "net/http_server.hpp"

namespace launch::commands {
namespace {

constexpr const char* kTag = "latest";

/// The images of one recipe, in a repository of their own.
registry::ServedRepository repository_of(const PlannedImages& images) {
  registry::ServedRepository repository;
  for (const auto& plan : images.plans) {
    auto one = image::served_repository(plan);
    repository.manifests.merge(one.manifests);
    repository.blobs.merge(one.blobs);
  }
  const auto top = repository.add({std::string(images.media_type()), images.top()});
  repository.tags.emplace(kTag, top);
  return repository;
}

void wait_for_stop(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, stop, [] { return false; });
}

}  // namespace

Result<void> serve(const ServeRequest& request, const Context& context,
                   const std::function<void(const ServeDocument&)>& on_ready) {
  registry::ServedRepositories repositories;
  ServeDocument document;
  std::vector<std::unique_ptr<ImageInputs>> all;  // their stores stay open
  for (const auto& recipe : request.recipes) {
    TRY_ASSIGN(auto inputs, ImageInputs::open(recipe, context));
    TRY_ASSIGN(const auto images, plan_all(*inputs));
    const auto& name = inputs->locked().recipe.name;
    const auto served = "launch/" + project::engine_name(name);
    if (!repositories.emplace(served, repository_of(images)).second)
      return fail(input_error(fmt::format("two of the recipes would be served as {}", served)));
    document.images.push_back({name, fmt::format("{}:{}", served, kTag), Digest::of(images.top())});
    all.push_back(std::move(inputs));
  }
  TRY(require_no_stop(context));
  TRY_ASSIGN(const auto server, net::HttpServer::start({.address = request.address, .port = request.port},
                                                       [&](const net::ServedRequest& asked) {
                                                         return registry::answer(repositories, asked);
                                                       }));
  document.listening = server->authority();
  document.authority = document.listening;
  for (const auto& address : net::addresses_behind(request.address))
    document.others.push_back(net::authority_of(address, server->port()));
  if (!document.others.empty()) {
    document.authority = document.others.front();
    document.others.erase(document.others.begin());
  }
  for (auto& image : document.images)
    image.reference = fmt::format("{}/{}", document.authority, image.reference);
  on_ready(document);
  wait_for_stop(context.stop);
  return {};
}

}  // namespace launch::commands
