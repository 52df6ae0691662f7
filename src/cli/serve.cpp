#include "commands/serve.hpp"

#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "net/http_server.hpp"

namespace launch::cli {
namespace {

constexpr const char* kFooter =
    R"(Runs a read-only registry until Ctrl-C. Layers are read from the store while they are sent. It has no password and no
TLS: whoever can reach the address can pull the images. Engines trust 127.0.0.1; for another address, list it as an
insecure registry there. With 0.0.0.0, images are shown at this machine's first address, and its others are named.

Examples:
  launch serve demo                                on 127.0.0.1, at any free port
  launch serve demo large --listen 0.0.0.0:5000    for other machines
  podman pull --tls-verify=false 127.0.0.1:5000/launch/demo:latest)";

struct ServeOptions {
  std::vector<std::string> recipes;
  std::string listen = "127.0.0.1";
};

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

/// "127.0.0.1", "127.0.0.1:5000", "[::1]:5000". Errors (input).
Result<Address> parse_address(const std::string& text) {
  const auto wrong = [&] {
    return fail(
        input_error(fmt::format("--listen {}: expected an IP address, and perhaps a port, such as "
                                "127.0.0.1:5000 or [::1]:5000",
                                in_quotes(text))));
  };
  Address address{text};
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string::npos) return wrong();
    address.host = text.substr(1, end - 1);
    rest = std::string_view(text).substr(end + 1);
  } else if (const auto colon = text.find(':'); colon != std::string::npos && colon == text.rfind(':')) {
    address.host = text.substr(0, colon);
    rest = std::string_view(text).substr(colon);
  }
  if (!net::is_loopback(address.host)) return wrong();
  if (rest.empty()) return address;
  constexpr std::uint64_t kMostPort = 65535;
  const auto port = parse_u64(rest.substr(1));
  if (rest.front() != ':' || !port || *port > kMostPort) return wrong();
  address.port = static_cast<std::uint16_t>(*port);
  return address;
}

void tell(World& world, const commands::ServeDocument& served) {
  world.terminal.clear();
  for (const auto& image : served.images) {
    world.context.reporter.note(fmt::format("serving {} as {}", image.recipe, image.reference));
    if (!world.json) world.output.line(fmt::format("{}@{}", image.reference, image.digest.text()));
  }
  if (!served.others.empty())
    world.context.reporter.note("this machine is also " + join_words(served.others));
  if (world.json) {
    auto images = nlohmann::json::array();
    for (const auto& image : served.images) {
      images.push_back(
          {{"recipe", image.recipe}, {"image", image.reference}, {"digest", image.digest.text()}});
    }
    world.output.line(json_text(
        nlohmann::json{{"schema", 1}, {"address", served.authority}, {"images", std::move(images)}}));
  }
  world.output.flush();
}

Result<int> run_serve(World& world, const ServeOptions& options) {
  TRY_ASSIGN(const auto address, parse_address(options.listen));
  const auto on_ready = [&](const commands::ServeDocument& served) {
    if (!*net::is_loopback(address.host)) {
      world.context.reporter.warn(fmt::format(
          "whoever can reach {} can pull these images: there is no password and no TLS", served.listening));
    }
    tell(world, served);
  };
  const auto done = commands::serve(
      {.recipes = options.recipes, .address = address.host, .port = address.port}, world.context, on_ready);
  if (!done) return ended(world, done.error(), "nothing was served");
  return 128 + world.context.signal();
}

}  // namespace

void register_serve(App& app) {
  auto command = app.add("serve", "Serve images of locked recipes as a read-only registry");
  auto options = std::make_shared<ServeOptions>();
  command.footer(kFooter);
  command.option("RECIPE", &options->recipes, kRecipeHelp).required();
  command.option("--listen", &options->listen, "Listen on this address (default: 127.0.0.1, any free port)")
      .value_name("ADDRESS[:PORT]");
  command.runs([options](World& world) { return run_serve(world, *options); });
}

}  // namespace launch::cli
