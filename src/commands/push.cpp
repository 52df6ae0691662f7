#include "registry/push.hpp"

#include <chrono>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "commands/build.hpp"
#include "commands/planned_images.hpp"
#include "image/dockerfile.hpp"
#include "image/sbom.hpp"
#include "registry/attach.hpp"
#include "registry/entry.hpp"
#include "specs/image_reference.hpp"
#include "store/pushed.hpp"

namespace launch::commands {
namespace {

/// The repository of the base image if it is in that registry, but not the one that is pushed to.
std::vector<std::string> repository_of_base(const ImageInputs& inputs, const specs::ImageReference& to,
                                            const registry::Place& place) {
  const auto base = image::base_of(inputs.locked().recipe, inputs.locked().lock);
  const auto slash = base ? base->name.find('/') : std::string::npos;
  if (slash == std::string::npos || base->name.substr(0, slash) != to.registry) return {};
  auto repository = base->name.substr(slash + 1);
  return repository == place.repository ? std::vector<std::string>() : std::vector{std::move(repository)};
}

/// The repository of the same registry that is most likely to have a blob: the last other one that got it
/// from here, else `otherwise`. One is enough: if it does not have it, the registry offers an upload.
std::vector<std::string> mount_from(const store::Store& store, const Digest& blob,
                                    const registry::Place& place, const std::vector<std::string>& otherwise) {
  for (auto& known : store::repositories_with(store, blob, place.host)) {
    if (known != place.repository) return {std::move(known)};
  }
  return otherwise;
}

Result<registry::PushRequest> push_request(const ImageInputs& inputs, const PlannedImages& planned,
                                           const specs::ImageReference& to, const Context& context) {
  registry::PushRequest request;
  TRY_ASSIGN(auto entry, registry::entry_to_push(to.name(), {inputs.site().registries, context.environment,
                                                             context.runner, inputs.http()}));
  request.place = std::move(entry.place);
  request.access = std::move(entry.access);
  const auto of_base = repository_of_base(inputs, to, request.place);
  std::set<Digest> seen;
  for (const auto& plan : planned.plans) {
    for (const auto& blob : plan.blobs) {
      if (!seen.insert(blob.blob.digest).second) continue;
      TRY_ASSIGN(auto body, blob.open());
      request.blobs.push_back({blob.name, blob.blob.digest, std::move(body),
                               mount_from(inputs.store(), blob.blob.digest, request.place, of_base)});
    }
    if (!planned.index.empty())
      request.manifests.push_back({std::string(archive::kManifestType), plan.manifest});
  }
  request.top = {std::string(planned.media_type()), planned.top()};
  request.tag = to.tag;
  return request;
}

/// Attaches the bills of materials to what was pushed.
Result<std::vector<Digest>> attach_bills(const ImageInputs& inputs, const PlannedImages& planned,
                                         const registry::PushRequest& pushed, const Context& context) {
  const auto& locked = inputs.locked();
  TRY_ASSIGN(const auto bill, image::make_bill({.recipe = locked.recipe.name,
                                                .lock = locked.lock,
                                                .platforms = locked.recipe.platforms,
                                                .default_index = context.default_index}));
  const registry::Subject subject{std::string(planned.media_type()), Digest::of(planned.top()),
                                  planned.top().size()};
  const std::vector<registry::Attachment> bills = {
      {"sbom.cdx.json", std::string(image::kCycloneDxMediaType), image::cyclonedx_text(bill)},
      {"sbom.spdx.json", std::string(image::kSpdxMediaType), image::spdx_text(bill)}};
  return registry::attach(pushed.place, pushed.access, subject, bills, inputs.http(), context.work());
}

}  // namespace

Result<DigestDocument> image_digest(const DigestRequest& request, const Context& context) {
  TRY_ASSIGN(const auto inputs, ImageInputs::open(request.recipe, context, request.engine));
  TRY_ASSIGN(const auto planned, plan_all(*inputs));
  return digests_of(inputs->locked().recipe.name, planned);
}

Result<PushDocument> push_image(const PushRequest& request, const Context& context) {
  const auto began = context.clock.steady();
  TRY_ASSIGN(const auto to, during(specs::ImageReference::parse(request.to), "reading --push"));
  if (to.digest) {
    return fail(
        input_error(fmt::format("cannot push to a digest: {}", request.to)).hint("push to a name or a tag"));
  }
  TRY_ASSIGN(const auto inputs, ImageInputs::open(request.recipe, context, request.engine));
  TRY_ASSIGN(const auto planned, plan_all(*inputs));
  TRY_ASSIGN(const auto wanted, push_request(*inputs, planned, to, context));
  TRY_ASSIGN(const auto pushed, registry::push(wanted, inputs->http(), context.work()));
  for (const auto& blob : wanted.blobs)
    store::note_repository(inputs->store(), blob.digest, wanted.place.host, wanted.place.repository,
                           context.disk);
  PushDocument document{.image = digests_of(inputs->locked().recipe.name, planned),
                        .name = to.text(),
                        .reference = fmt::format("{}@{}", to.name(), pushed.digest.text()),
                        .present = pushed.present,
                        .mounted = pushed.mounted,
                        .sent = pushed.sent,
                        .sent_bytes = pushed.sent_bytes};
  if (request.sbom) {
    TRY_ASSIGN(document.sboms, during(attach_bills(*inputs, planned, wanted, context),
                                      fmt::format("attaching bills of materials to {}, which is pushed",
                                                  document.reference)));
  }
  document.seconds = std::chrono::duration<double>(context.clock.steady() - began).count();
  return document;
}

}  // namespace launch::commands
