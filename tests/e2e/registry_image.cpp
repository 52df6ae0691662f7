// Images of wheels' layers, for engines and skopeo to read.
//
// registry_image serve STORE PREFIX PYTHON INTERPRETER WHEEL…
//   Serves launch/demo:latest until its input ends. Prints the address, and the digests of the manifest
//   and the configuration.
//
// registry_image push REFERENCE CHUNK INSECURE FROM STORE PREFIX PYTHON INTERPRETER WHEEL…
//   Pushes the image in chunks of CHUNK bytes and mounts blobs from the repository FROM. INSECURE is a
//   registry to reach over plain HTTP. Prints the digest, and how many blobs were sent, present, mounted.
//
// registry_image pull REFERENCE STORE
//   Pulls an image into a store. Prints the paths of its layers.
#include <cstdio>
#include <cstring>
#include <iostream>

#include <fmt/format.h>

#include "archive/estargz.hpp"
#include "archive/oci_image.hpp"
#include "base/clock.hpp"
#include "base/process.hpp"
#include "registry/entry.hpp"
#include "registry/push.hpp"
#include "registry/serve.hpp"
#include "specs/image_reference.hpp"
#include "specs/platform.hpp"
#include "store/body.hpp"
#include "store/pull.hpp"

namespace {

using namespace launch;

struct Layers {
  std::vector<store::LayerWheels> wheels;
  archive::LayerSpec spec;
  std::vector<archive::LayerFacts> facts;
};

Result<Layers> read_layers(std::span<char*> arguments, const Work& work) {
  Layers layers;
  TRY_ASSIGN(const auto kept, store::Store::open(arguments[0], work));
  layers.spec.prefix = arguments[1];
  TRY_ASSIGN(layers.spec.python, specs::Interpreter::parse(arguments[2]));
  layers.spec.interpreter = arguments[3];
  layers.spec.time = 1'700'000'000;
  for (const auto* wheel : arguments.subspan(4)) layers.wheels.push_back({{Digest::of(wheel), wheel}});
  TRY_ASSIGN(layers.facts, store::layer_facts(kept, layers.wheels, layers.spec, work));
  return layers;
}

archive::Image image_of(const Layers& layers) {
  archive::Image image;
  image.architecture = "amd64";
  image.created = "1970-01-01T00:00:00Z";
  image.run.environment = {fmt::format("PATH={}/bin:/usr/bin:/bin", layers.spec.prefix)};
  for (std::size_t i = 0; i < layers.facts.size(); ++i) {
    const auto& facts = layers.facts[i];
    archive::Descriptor blob{std::string(archive::kGzipLayerType), facts.layer, facts.size};
    blob.annotations[std::string(archive::kTocAnnotation)] = facts.toc.text();
    blob.annotations[std::string(archive::kTarSizeAnnotation)] = fmt::to_string(facts.tar_size);
    image.add({std::move(blob), facts.tar, layers.wheels[i].front().path.filename().string()});
  }
  return image;
}

Result<void> serve(const Layers& layers) {
  const auto image = image_of(layers);
  const auto config = archive::image_config_text(image);
  registry::ServedRepositories repositories;
  auto& demo = repositories["launch/demo"];
  const auto digest = demo.add({std::string(archive::kManifestType), archive::image_manifest_text(image)});
  demo.tags.emplace("latest", digest);
  demo.blobs.insert({Digest::of(config), {std::string(archive::kConfigType), net::body_of_text(config)}});
  for (std::size_t i = 0; i < layers.facts.size(); ++i) {
    TRY_ASSIGN(auto body, store::layer_body(layers.wheels[i], layers.spec, layers.facts[i]));
    demo.blobs.insert({layers.facts[i].layer, {std::string(archive::kGzipLayerType), std::move(body)}});
  }
  TRY_ASSIGN(const auto server, net::HttpServer::start({}, [&](const net::ServedRequest& request) {
               fmt::print(stderr, "{} {} {}\n", request.method, request.target,
                          net::find_header(request.headers, "range").value_or(""));
               return registry::answer(repositories, request);
             }));
  fmt::print("{} {} {}\n", server->authority(), digest.text(), Digest::of(config).text());
  std::fflush(stdout);
  std::cin.get();
  return {};
}

Result<void> push(std::span<char*> options, const Layers& layers, const Work& work) {
  const auto environment = Environment::of_this_process();
  const auto image = image_of(layers);
  const auto config = archive::image_config_text(image);
  TRY_ASSIGN(const auto to, specs::ImageReference::parse(options[0]));
  registry::PushRequest request;
  request.tag = to.tag;
  const auto runner = make_process_runner();
  const auto http = net::make_http_client({}, environment, work.clock, work.disk);
  TRY_ASSIGN(auto entry,
             registry::entry_to_push(
                 to.name(), {{{"registry.example", options[2], true}}, environment, *runner, *http}));
  request.place = std::move(entry.place);
  request.access = std::move(entry.access);
  request.top = {std::string(archive::kManifestType), archive::image_manifest_text(image)};
  request.blobs.push_back({"the configuration", Digest::of(config), net::body_of_text(config)});
  for (std::size_t i = 0; i < layers.facts.size(); ++i) {
    TRY_ASSIGN(auto body, store::layer_body(layers.wheels[i], layers.spec, layers.facts[i]));
    request.blobs.push_back({"the layer of " + layers.wheels[i].front().path.filename().string(),
                             layers.facts[i].layer, std::move(body)});
  }
  for (auto& blob : request.blobs) {
    if (*options[3] != '\0') blob.mount_from = {options[3]};
  }
  TRY_ASSIGN(const auto pushed, registry::push(request, *http, work, {.chunk = std::stoull(options[1])}));
  fmt::print("{} {} {} {}\n", pushed.digest.text(), pushed.sent, pushed.present, pushed.mounted);
  return {};
}

Result<void> pull(const char* reference, const char* store, const Work& work) {
  const auto environment = Environment::of_this_process();
  TRY_ASSIGN(const auto from, specs::ImageReference::parse(reference));
  const auto runner = make_process_runner();
  const auto http = net::make_http_client({}, environment, work.clock, work.disk);
  TRY_ASSIGN(const auto entry, registry::entry_at({from.name()}, {{}, environment, *runner, *http}));
  TRY_ASSIGN(const auto kept, store::Store::open(store, work));
  TRY_ASSIGN(const auto platform, specs::Platform::parse("linux-x86_64"));
  TRY_ASSIGN(const auto image,
             store::pull(kept, entry.place, entry.access, *from.digest, platform, from.text(), *http, work));
  for (const auto& layer : image.layers) fmt::print("{}\n", layer.string());
  return {};
}

Result<void> run(std::span<char*> arguments) {
  RealDisk disk;
  SystemClock clock;
  SilentReporter reporter;
  const Work work{disk, clock, reporter};
  if (std::strcmp(arguments[0], "pull") == 0) return pull(arguments[1], arguments[2], work);
  const bool pushes = std::strcmp(arguments[0], "push") == 0;
  TRY_ASSIGN(const auto layers, read_layers(arguments.subspan(pushes ? 5 : 1), work));
  return pushes ? push(arguments.subspan(1), layers, work) : serve(layers);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto done = run(std::span(argv + 1, static_cast<std::size_t>(argc - 1)));
  if (!done) return std::fputs(done.error().text().c_str(), stderr), 3;
  return 0;
}
