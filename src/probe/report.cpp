#include "probe/report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace launch::probe {
namespace {

using Json = nlohmann::ordered_json;

/// Names of files and modules may hold any bytes; JSON may not.
std::string dump(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json use_json(const Use& use) {
  Json json = {{"file", use.file}, {"line", use.line}, {"column", use.column}, {"need", need_name(use.need)}};
  for (const auto& choice : use.choices) {
    json["choices"].push_back({{"group", choice.group}, {"alternative", choice.alternative}});
  }
  return json;
}

Json problems_json(const std::vector<FileProblem>& problems) {
  auto json = Json::array();
  for (const auto& each : problems) {
    json.push_back({{"file", each.file}, {"line", each.problem.line}, {"message", each.problem.message}});
  }
  return json;
}

std::string place(const Use& use) {
  return fmt::format("{}:{}", printable(use.file), use.line);
}

/// Lines for the uses that `fits` picks, by file and line.
template <class Fits>
void add_uses(std::vector<std::string>& lines, const CheckReport& report, std::string_view word,
              Fits&& fits) {
  struct Row {
    const Use* use;
    const JudgedName* name;
  };
  std::vector<Row> rows;
  for (const auto& name : report.names) {
    for (const auto& use : name.uses) {
      if (fits(name, use)) rows.push_back({&use.use, &name});
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.use->file, a.use->line) < std::tie(b.use->file, b.use->line);
  });
  for (const auto& [use, name] : rows) {
    lines.push_back(fmt::format("{}: {}: {} ({})", place(*use), shown_name(name->requirement), word,
                                printable(name->answer.reason)));
  }
}

std::string asked(const CheckReport& report) {
  std::vector<std::string> wheels;
  for (const auto& wheel : report.wheels) wheels.push_back(wheel.package + " " + wheel.version);
  return join_words(wheels);
}

}  // namespace

bool CheckReport::fails() const {
  return std::any_of(names.begin(), names.end(), [](const JudgedName& name) { return name.fails(); });
}

std::string shown_name(const Requirement& requirement) {
  return printable(requirement.name.empty() ? requirement.module : requirement.text());
}

std::string check_text(const CheckReport& report) {
  std::vector<std::string> lines;
  add_uses(lines, report, "no", [](const JudgedName&, const JudgedUse& use) { return use.fails(); });
  add_uses(lines, report, "unknown", [](const JudgedName&, const JudgedUse& use) { return use.is_open(); });
  add_uses(lines, report, "no, and not needed", [](const JudgedName& name, const JudgedUse& use) {
    return name.answer.verdict == Verdict::no && !use.fails();
  });
  std::size_t counts[3] = {};
  for (const auto& name : report.names) ++counts[static_cast<std::size_t>(name.answer.verdict)];
  const auto failing = std::count_if(report.names.begin(), report.names.end(),
                                     [](const JudgedName& name) { return name.fails(); });
  const auto no = counts[static_cast<std::size_t>(Verdict::no)];
  const auto spared = no - static_cast<std::size_t>(failing);
  lines.push_back(fmt::format("{}: {} in {}: {} yes, {} no{}, {} unknown", asked(report),
                              count_of(report.names.size(), "name"), count_of(report.files, "file"),
                              counts[static_cast<std::size_t>(Verdict::yes)], no,
                              spared == 0 ? "" : fmt::format(" ({} of them not needed)", spared),
                              counts[static_cast<std::size_t>(Verdict::unknown)]));
  return join(lines, "\n");
}

std::string check_json(const CheckReport& report) {
  auto wheels = Json::array();
  for (const auto& wheel : report.wheels) {
    wheels.push_back({{"name", wheel.package}, {"version", wheel.version}, {"file", wheel.file_name}});
  }
  auto verdicts = Json::array();
  for (const auto& name : report.names) {
    auto uses = Json::array();
    for (const auto& use : name.uses) {
      auto json = use_json(use.use);
      json["fails"] = use.fails();
      uses.push_back(std::move(json));
    }
    verdicts.push_back({{"name", name.requirement.text()},
                        {"verdict", verdict_name(name.answer.verdict)},
                        {"reason", name.answer.reason},
                        {"need", need_name(name.need)},
                        {"fails", name.fails()},
                        {"uses", std::move(uses)}});
  }
  return dump({{"schema", 1},
               {"version", report.wheels.empty() ? "" : report.wheels.front().version},
               {"wheels", std::move(wheels)},
               {"files", report.files},
               {"verdicts", std::move(verdicts)},
               {"problems", problems_json(report.problems)}});
}

std::string scan_text(const TreeScan& scan) {
  std::vector<std::string> lines;
  for (const auto& name : scan.names) {
    lines.push_back(fmt::format("{}  {}", shown_name(name.requirement), need_name(name.need)));
    for (const auto& use : name.uses) {
      const auto need = use.need == name.need ? "" : fmt::format("  {}", need_name(use.need));
      lines.push_back(
          fmt::format("  {}{}{}", place(use), need, use.choices.empty() ? "" : "  one of several"));
    }
  }
  lines.push_back(fmt::format("{} in {}", count_of(scan.names.size(), "name"), count_of(scan.files, "file")));
  return join(lines, "\n");
}

std::string scan_json(const TreeScan& scan) {
  auto requirements = Json::array();
  for (const auto& name : scan.names) {
    auto uses = Json::array();
    for (const auto& use : name.uses) uses.push_back(use_json(use));
    requirements.push_back(
        {{"name", name.requirement.text()}, {"need", need_name(name.need)}, {"uses", std::move(uses)}});
  }
  return dump({{"schema", 1},
               {"files", scan.files},
               {"requirements", std::move(requirements)},
               {"problems", problems_json(scan.problems)}});
}

}  // namespace launch::probe
