#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "train/preflight.hpp"

namespace launch::train {

Plan preflight_plan(const Plan& plan) {
  auto check = plan;
  check.command = {fmt::format("{}/{}", kNodeFolder, preflight_files().front().name), plan.backend};
  check.arguments.clear();
  check.grace = {.interrupted = std::chrono::seconds(1), .failed = std::chrono::seconds(1)};
  return check;
}

std::string_view blame_name(PreflightBlame blame) {
  switch (blame) {
    case PreflightBlame::none:
      return "";
    case PreflightBlame::start:
      return "start";
    case PreflightBlame::rank:
      return "rank";
    case PreflightBlame::device:
      return "device";
    case PreflightBlame::inside:
      return "inside";
    case PreflightBlame::node:
      return "node";
    case PreflightBlame::network:
      return "network";
    case PreflightBlame::transport:
      return "transport";
    case PreflightBlame::together:
      return "together";
  }
  return "";
}

Error preflight_error(const Preflight& preflight) {
  auto error = environment_error("preflight failed: " + preflight.message);
  if (!preflight.hint.empty()) error.hint(preflight.hint);
  return error;
}

std::string write_preflight(const Preflight& preflight) {
  using Json = nlohmann::ordered_json;
  auto bandwidth = Json::array();
  for (const auto& each : preflight.bandwidth)
    bandwidth.push_back({{"bytes", each.bytes}, {"gb_per_s", each.gb_per_s}});
  const auto or_null = [](std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); };
  return json_text(Json{{"works", preflight.works()},
                        {"blame", or_null(blame_name(preflight.blame))},
                        {"nodes", preflight.nodes},
                        {"ranks", preflight.ranks},
                        {"message", preflight.message},
                        {"hint", or_null(preflight.hint)},
                        {"backend", preflight.backend},
                        {"version", or_null(preflight.version)},
                        {"transports", preflight.transports},
                        {"interfaces", preflight.interfaces},
                        {"hcas", preflight.hcas},
                        {"bandwidth", std::move(bandwidth)},
                        {"seconds", preflight.seconds}});
}

std::string short_reason(const Raised& error) {
  constexpr std::string_view last_error = "Last error:\n";  // after which NCCL has its own words
  std::string_view text = error.message;
  if (const auto at = text.rfind(last_error); at != std::string_view::npos)
    text.remove_prefix(at + last_error.size());
  text = trim(text);
  text = text.substr(0, text.find('\n'));
  // "[/src/gloo/transport/tcp/pair.cc:525] ", "[enforce fail at /src/device.cc:84] ifa != nullptr. "
  const auto end = text.find("] ");
  if (text.starts_with('[') && end != std::string_view::npos && text.substr(0, end).find(".cc:") < end) {
    const bool enforced = text.starts_with("[enforce fail");
    text.remove_prefix(end + 2);
    const auto condition = text.find(". ");
    if (enforced && condition != std::string_view::npos) text.remove_prefix(condition + 2);
  }
  if (text.empty()) return error.type.empty() ? "no message" : error.type;
  constexpr std::size_t kMost = 300;
  return cut(text, kMost);
}

}  // namespace launch::train
