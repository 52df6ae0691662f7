#include "registry/answers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace launch::registry {

std::string complaint(const net::HttpResponse& response) {
  constexpr std::size_t kLongest = 200;
  const auto json = parse_json<nlohmann::json>(response.body);
  const auto& errors = json_at(json, {"errors"});
  if (!errors.is_array() || errors.empty()) return {};
  const auto text =
      fmt::format("{}: {}", json_string(errors.front(), {"code"}), json_string(errors.front(), {"message"}));
  return text.substr(0, kLongest);
}

Error refused(const specs::Url& url, const net::HttpResponse& response, std::string_view expected,
              const net::StatusHints& hints) {
  const auto words = complaint(response);
  return environment_error(fmt::format("the registry returned {} for {}, expected {}{}", response.status, url,
                                       expected, words.empty() ? "" : fmt::format(" ({})", words)))
      .hint(net::status_hint(response.status, "registry", hints));
}

Error with_tls_hint(Error error, std::string_view host) {
  if (error.message().find(net::kNoTls) == std::string::npos) return error;
  return std::move(error).hint(fmt::format(
      "if it speaks plain HTTP and you trust the network, say so in launch.toml: [[registry]] prefix = "
      "\"{0}\", location = \"{0}\", insecure = true (or in registries.conf: [[registry]] location = \"{0}\", "
      "insecure = true)",
      host));
}

Error garbage(const specs::Url& url, std::string_view found) {
  return environment_error(fmt::format("the registry sent an invalid answer for {}: {}", url, found))
      .hint(
          "check the address of the registry (launch.toml, [[registry]]); the server there may not be a "
          "registry");
}

}  // namespace launch::registry
