#include "registry/credentials.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/base64.hpp"
#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::registry {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view kTokenUser = "<token>";
constexpr std::string_view kHub = "docker.io";
/// The key that docker uses for its own hub.
constexpr std::string_view kHubKey = "https://index.docker.io/v1/";
constexpr std::uint64_t kMostFile = std::uint64_t{1} << 20;

/// "registry.example" of docker's "https://registry.example/v1/"; "docker.io" of the hub's other names.
std::string normal_key(std::string_view key) {
  bool address = false;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!key.starts_with(scheme)) continue;
    key.remove_prefix(scheme.size());
    address = true;
  }
  if (address) key = key.substr(0, key.find('/'));
  const bool hub = key == "index.docker.io" || key == "registry-1.docker.io";
  return std::string(hub ? kHub : key);
}

std::optional<Login> read_entry(const Json& entry) {
  Login login;
  login.identity_token = json_string(entry, {"identitytoken"});
  login.user = json_string(entry, {"username"});
  login.password = json_string(entry, {"password"});
  if (const auto decoded = base64_decode(trim(json_string(entry, {"auth"}))); decoded && !decoded->empty()) {
    const auto colon = std::min(decoded->find(':'), decoded->size());
    login.user = decoded->substr(0, colon);
    login.password = decoded->substr(std::min(colon + 1, decoded->size()));
    while (login.password.ends_with('\0')) login.password.pop_back();
  }
  if (login == Login()) return std::nullopt;
  return login;
}

std::vector<fs::path> auth_files(const Environment& environment) {
  if (const auto only = environment.get("REGISTRY_AUTH_FILE")) return {*only};
  const auto runtime = environment.get("XDG_RUNTIME_DIR");
  const auto docker = environment.get("DOCKER_CONFIG");
  const auto home = environment.home();
  return {(runtime ? fs::path(*runtime) / "containers"
                   : fs::path("/run/containers") / fmt::to_string(::getuid())) /
              "auth.json",
          environment.config_home() / "containers/auth.json",
          (docker ? fs::path(*docker) : home / ".docker") / "config.json"};
}

/// What a helper knows of a registry; nullopt if it knows nothing.
Result<std::optional<Login>> ask_helper(const std::string& name, std::string_view registry,
                                        ProcessRunner& runner) {
  const auto program = "docker-credential-" + name;
  ProcessSpec spec{.argv = {program, "get"}};
  spec.input = fmt::format("{}\n", registry == kHub ? kHubKey : registry);
  TRY_ASSIGN(const auto outcome, runner.run(spec));
  if (!outcome.ok()) {
    const auto words = std::string(trim(outcome.out.empty() ? outcome.err : outcome.out));
    if (words.find("credentials not found") != std::string::npos) return std::nullopt;
    return fail(environment_error(fmt::format("{} failed for {}: exit code {}: {}", program, registry,
                                              outcome.exit_code, in_quotes(words)))
                    .hint(fmt::format("run `podman login {}` or `docker login {}`", registry, registry)));
  }
  const auto answer = parse_json<Json>(outcome.out);
  Login login{json_string(answer, {"Username"}), json_string(answer, {"Secret"}), {}};
  if (login.password.empty())
    return fail(environment_error(fmt::format(
        "{} sent an invalid answer for {}: expected a JSON document with Secret", program, registry)));
  if (login.user == kTokenUser) login = {{}, {}, login.password};
  return login;
}

Result<std::optional<Login>> find_in(const AuthFile& file, const std::string& name, ProcessRunner& runner) {
  const auto registry = name.substr(0, name.find('/'));
  if (const auto helper = file.helpers.find(registry); helper != file.helpers.end()) {
    TRY_ASSIGN(auto login, ask_helper(helper->second, registry, runner));
    if (login) return login;
  }
  for (auto key = name;; key.resize(key.rfind('/'))) {
    if (const auto found = file.logins.find(key); found != file.logins.end()) return found->second;
    if (key.find('/') == std::string::npos) break;
  }
  if (file.store.empty()) return std::nullopt;
  return ask_helper(file.store, registry, runner);
}

}  // namespace

Result<AuthFile> parse_auth_file(std::string_view text, std::string_view shown) {
  AuthFile file;
  if (trim(text).empty()) return file;
  const auto json = parse_json<Json>(text);
  if (!json.is_object()) return fail(input_error(fmt::format("{} is not a JSON object", shown)));
  if (const auto& auths = json_at(json, {"auths"}); auths.is_object()) {
    for (const auto& [key, entry] : auths.items()) {
      if (auto login = read_entry(entry)) file.logins.insert_or_assign(normal_key(key), *std::move(login));
    }
  }
  if (const auto& helpers = json_at(json, {"credHelpers"}); helpers.is_object()) {
    for (const auto& [key, name] : helpers.items()) file.helpers[normal_key(key)] = json_string(name);
  }
  file.store = json_string(json, {"credsStore"});
  const auto is_path = [](const std::string& name) { return name.find('/') != std::string::npos; };
  for (const auto& [key, name] : file.helpers) {
    if (is_path(name) || name.empty())
      return fail(input_error(
          fmt::format("{}: the helper of {} is {}, expected a name", shown, key, in_quotes(name))));
  }
  if (is_path(file.store))
    return fail(
        input_error(fmt::format("{}: credsStore is {}, expected a name", shown, in_quotes(file.store))));
  return file;
}

Result<std::optional<Login>> find_login(std::string_view name, const Environment& environment,
                                        ProcessRunner& runner) {
  for (const auto& path : auth_files(environment)) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) continue;
    TRY_ASSIGN(const auto text, read_file(path, kMostFile));
    TRY_ASSIGN(const auto file, parse_auth_file(text, path.string()));
    TRY_ASSIGN(auto login, during(find_in(file, std::string(name), runner),
                                  fmt::format("reading the credentials of {}", path.string())));
    if (login) return login;
  }
  return std::nullopt;
}

Result<std::shared_ptr<const net::Trust>> find_trust(std::string_view registry,
                                                     const Environment& environment, const fs::path& root) {
  const auto own = environment.config_home() / "containers/certs.d";
  for (const auto& place : {own, root / "etc/containers/certs.d", root / "etc/docker/certs.d"}) {
    const auto folder = place / registry;
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) continue;
    net::Trust trust;
    for (const auto& path : files_with(folder, ".crt")) {
      TRY_ASSIGN(const auto text, read_file(path, kMostFile));
      trust.authorities += text + "\n";
    }
    if (const auto certificates = files_with(folder, ".cert"); !certificates.empty())
      trust.certificate = certificates.front();
    if (const auto keys = files_with(folder, ".key"); !keys.empty()) trust.key = keys.front();
    if (trust.certificate.empty() != trust.key.empty()) {
      return fail(input_error(fmt::format("{} has a {} file without its {} file", folder.string(),
                                          trust.key.empty() ? ".cert" : ".key",
                                          trust.key.empty() ? ".key" : ".cert")));
    }
    return std::make_shared<const net::Trust>(std::move(trust));
  }
  return nullptr;
}

}  // namespace launch::registry
