#include "commands/doctor.hpp"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"

namespace launch::cli {
namespace {

std::string text_of(const commands::DoctorDocument& document) {
  std::vector<std::string> lines;
  for (const auto& finding : document.findings) {
    lines.push_back(fmt::format("{:<13} {}  [{}]", finding.what, printable(finding.value), finding.origin));
    for (const auto& hint : finding.hints) lines.push_back(fmt::format("{:<13} fix: {}", "", hint));
  }
  return join(lines, "\n");
}

std::string json_of(const commands::DoctorDocument& document) {
  using Json = nlohmann::ordered_json;
  auto list = Json::array();
  for (const auto& finding : document.findings) {
    list.push_back({{"what", finding.what},
                    {"value", finding.value},
                    {"origin", finding.origin},
                    {"missing", finding.missing},
                    {"hints", finding.hints}});
  }
  return json_text(Json{{"schema", 1}, {"findings", std::move(list)}}, 2);
}

Result<int> run_doctor(World& world, bool clean) {
  TRY_ASSIGN(
      const auto document,
      commands::doctor(clean ? commands::Leftovers::remove : commands::Leftovers::name, world.context));
  world.output.line(world.json ? json_of(document) : text_of(document));
  return document.complete() ? 0 : kNo;
}

}  // namespace

void register_doctor(App& app) {
  auto command =
      app.add("doctor", "Show what is installed, where each setting comes from, and what is missing");
  command.footer(
      "On a machine with GPUs, compares the driver with what the project's locks need, and checks what the\n"
      "engine needs to give GPUs to containers. The exit code is 1 if something that launch needs is "
      "missing,\n"
      "or if a killed run left something behind.");
  auto clean = std::make_shared<bool>(false);
  command.flag("--clean", *clean, "Remove what killed runs left behind");
  command.runs([clean](World& world) { return run_doctor(world, *clean); });
}

}  // namespace launch::cli
