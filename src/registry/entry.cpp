#include "registry/entry.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/path_prefix.hpp"
#include "containers/registries_conf.hpp"
#include "net/status.hpp"

namespace launch::registry {
namespace {

/// The entry of registries.conf for a name; nullopt if none matches.
Result<std::optional<specs::MachineRegistry>> machine_entry(std::string_view name,
                                                            const Environment& environment) {
  TRY_ASSIGN(const auto registries, during(containers::read_registries_conf(environment),
                                           fmt::format("looking up how to reach {}", name)));
  const auto* found = specs::registry_of(name, registries);
  if (found == nullptr) return std::nullopt;
  if (found->blocked) {
    return fail(environment_error(fmt::format("{} is blocked by {}", name, found->file))
                    .hint("remove `blocked` there, or name a mirror in launch.toml: [[registry]]"));
  }
  return *found;
}

/// Whether a server answers in HTTP over TLS; else why not.
Result<void> ask_over_tls(const Entry& entry, net::HttpClient& http) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 20;
  TRY(http.fetch(
      {.url = *entry.place.base.resolve("/v2/"), .most = kMost, .once = true, .trust = entry.access.trust}));
  return {};
}

/// Finds out how an insecure registry is spoken to.
void settle(Entry& entry, const specs::Endpoint& place, net::HttpClient& http) {
  const auto trusted = ask_over_tls(entry, http);
  if (trusted) return;
  if (trusted.error().message().find(net::kUntrusted) == std::string::npos) {
    entry.place = entry.place.in_plain_http();
    log_debug("{} is spoken to in plain HTTP: {}", place.name, trusted.error().message());
    return;
  }
  auto trust = entry.access.trust ? *entry.access.trust : net::Trust{};
  trust.unverified = true;
  entry.access.trust = std::make_shared<const net::Trust>(std::move(trust));
  log_warning("the certificate of {} is not verified, as {} says (insecure = true)", entry.place.host,
              place.file.empty() ? "launch.toml" : place.file);
}

}  // namespace

Result<std::vector<specs::Endpoint>> places_to_pull(std::string_view name, specs::NamedBy by,
                                                    const Directions& directions) {
  if (auto moved = specs::mirrored(name, directions.mirrors))
    return std::vector{specs::Endpoint{moved->name, moved->insecure}};
  TRY_ASSIGN(const auto registry, machine_entry(name, directions.environment));
  if (registry) return specs::places_of(name, *registry, by);
  return std::vector{specs::Endpoint{std::string(name)}};
}

Result<Entry> entry_at(const specs::Endpoint& place, const Directions& directions) {
  TRY_ASSIGN(auto at, Place::of(place));
  Entry entry{std::move(at), {}};
  TRY_ASSIGN(entry.access.login, find_login(place.name, directions.environment, directions.runner));
  TRY_ASSIGN(entry.access.trust,
             find_trust(place.name.substr(0, place.name.find('/')), directions.environment));
  if (place.insecure) settle(entry, place, directions.http);
  return entry;
}

Result<Entry> entry_to_push(std::string_view name, const Directions& directions) {
  specs::Endpoint to{std::string(name)};
  to.insecure = std::ranges::any_of(directions.mirrors, [&](const auto& entry) {
    return entry.insecure && is_within(name, entry.location);
  });
  if (!to.insecure) {
    TRY_ASSIGN(const auto registry, machine_entry(name, directions.environment));
    to.insecure = registry && registry->insecure;
    if (to.insecure) to.file = registry->file;
  }
  return entry_at(to, directions);
}

Result<bool> ask_in_turn(std::string_view name, specs::NamedBy by, const Directions& directions,
                         const std::function<Result<bool>(const Entry&)>& ask) {
  TRY_ASSIGN(const auto places, places_to_pull(name, by, directions));
  Result<bool> answer = false;
  for (const auto& place : places) {
    answer = entry_at(place, directions).and_then(ask);
    const bool moved = !place.file.empty() && place.name != name;
    if (answer && *answer && moved) log_info("{} comes from {}, as {} says", name, place.name, place.file);
    if ((answer && *answer) || &place == &places.back()) break;
    if (answer) {
      log_info("{} does not have {}; asking {}", place.name, name, (&place + 1)->name);
    } else {
      log_warning("{}, a mirror of {} in {}, failed: {}", place.name, name, place.file,
                  answer.error().message());
    }
  }
  return answer;
}

}  // namespace launch::registry
