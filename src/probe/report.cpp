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
  Json json = {{"file", use.file},
               {"line", use.line},
               {"column", use.column},
               {"need", pysource::need_name(use.need)}};
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

std::string on_platform(const PlatformAnswers& platform) {
  return " on " + platform.platform.text();
}

/// Each reason that a platform gives for its answer on a name, once.
std::string reasons_of(const CheckReport& report, std::size_t name) {
  std::vector<std::string> reasons;
  for (const auto& each : report.platforms) {
    const auto& reason = each.names[name].answer.reason;
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(reason);
  }
  return join(reasons, "; ");
}

/// Lines for the uses that `fits` picks, by file and line; one for all platforms where it picks all.
template <class Fits>
void add_uses(std::vector<std::string>& lines, const CheckReport& report, std::string_view word,
              Fits&& fits) {
  struct Row {
    const Use* use;
    std::string text;
  };
  std::vector<Row> rows;
  const auto& names = report.platforms.front().names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t k = 0; k < names[i].uses.size(); ++k) {
      std::vector<const PlatformAnswers*> picked;
      for (const auto& each : report.platforms) {
        if (fits(each.names[i], each.names[i].uses[k])) picked.push_back(&each);
      }
      const auto& use = names[i].uses[k].use;
      const auto add = [&](const std::string& on, const std::string& reason) {
        rows.push_back({&use, fmt::format("{}: {}{}: {} ({})", place(use), shown_name(names[i].requirement),
                                          on, word, printable(reason))});
      };
      if (picked.size() == report.platforms.size()) {
        add("", reasons_of(report, i));
        continue;
      }
      for (const auto* each : picked) add(on_platform(*each), each->names[i].answer.reason);
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.use->file, a.use->line) < std::tie(b.use->file, b.use->line);
  });
  for (auto& row : rows) lines.push_back(std::move(row.text));
}

std::string asked(const PlatformAnswers& platform) {
  if (platform.wheels.empty()) return "no wheel";
  std::vector<std::string> wheels;
  wheels.reserve(platform.wheels.size());
  for (const auto& wheel : platform.wheels) wheels.push_back(wheel.package + " " + wheel.version);
  return join_words(wheels);
}

std::string counts(const PlatformAnswers& platform, std::size_t files) {
  std::size_t counts[3] = {};
  for (const auto& name : platform.names) ++counts[static_cast<std::size_t>(name.answer.verdict)];
  const auto failing = std::count_if(platform.names.begin(), platform.names.end(),
                                     [](const JudgedName& name) { return name.fails(); });
  const auto no = counts[static_cast<std::size_t>(pysource::Verdict::no)];
  const auto spared = no - static_cast<std::size_t>(failing);
  return fmt::format("{} in {}: {} yes, {} no{}, {} unknown", count_of(platform.names.size(), "name"),
                     count_of(files, "file"), counts[static_cast<std::size_t>(pysource::Verdict::yes)], no,
                     spared == 0 ? "" : fmt::format(" ({} of them not needed)", spared),
                     counts[static_cast<std::size_t>(pysource::Verdict::unknown)]);
}

bool same_outcome(const JudgedName& a, const JudgedName& b) {
  return a.answer.verdict == b.answer.verdict &&
         std::equal(
             a.uses.begin(), a.uses.end(), b.uses.begin(), b.uses.end(),
             [](const JudgedUse& one, const JudgedUse& other) { return one.outcome == other.outcome; });
}

/// Whether the platforms have the same versions and say the same of every name.
bool agree(const CheckReport& report) {
  const auto& first = report.platforms.front();
  return std::all_of(report.platforms.begin(), report.platforms.end(), [&](const PlatformAnswers& each) {
    return asked(each) == asked(first) && std::equal(each.names.begin(), each.names.end(),
                                                     first.names.begin(), first.names.end(), same_outcome);
  });
}

/// A name's verdicts by platform; null where they say the same, but for where it was found.
Json verdicts_by_platform(const CheckReport& report, std::size_t name) {
  auto json = Json::array();
  bool differ = false;
  const auto& first = report.platforms.front().names[name];
  for (const auto& each : report.platforms) {
    const auto& judged = each.names[name];
    differ = differ || !same_outcome(judged, first) ||
             (judged.answer.verdict != pysource::Verdict::yes && judged.answer.reason != first.answer.reason);
    json.push_back({{"platform", each.platform.text()},
                    {"verdict", pysource::verdict_name(judged.answer.verdict)},
                    {"reason", judged.answer.reason},
                    {"fails", judged.fails()}});
  }
  return differ ? json : Json();
}

/// A use and on which platforms it fails, where that is not all or none.
Json judged_use_json(const CheckReport& report, std::size_t name, std::size_t use) {
  auto failing = Json::array();
  for (const auto& each : report.platforms) {
    if (each.names[name].uses[use].fails()) failing.push_back(each.platform.text());
  }
  auto json = use_json(report.platforms.front().names[name].uses[use].use);
  json["fails"] = !failing.empty();
  if (!failing.empty() && failing.size() < report.platforms.size()) json["fails_on"] = std::move(failing);
  return json;
}

/// The worst of the platforms' verdicts on a name, with its reason.
Json name_json(const CheckReport& report, std::size_t name) {
  const auto* worst = &report.platforms.front().names[name];
  bool fails = false;
  for (const auto& each : report.platforms) {
    const auto& judged = each.names[name];
    fails = fails || judged.fails();
    if (judged.answer.verdict != worst->answer.verdict &&
        worse(judged.answer.verdict, worst->answer.verdict) == judged.answer.verdict) {
      worst = &judged;
    }
  }
  auto uses = Json::array();
  for (std::size_t i = 0; i < worst->uses.size(); ++i) uses.push_back(judged_use_json(report, name, i));
  Json json = {{"name", worst->requirement.text()},
               {"verdict", pysource::verdict_name(worst->answer.verdict)},
               {"reason", worst->answer.reason},
               {"need", pysource::need_name(worst->need)},
               {"fails", fails},
               {"uses", std::move(uses)}};
  auto platforms = verdicts_by_platform(report, name);
  if (!platforms.is_null()) json["platforms"] = std::move(platforms);
  return json;
}

}  // namespace

bool CheckReport::fails() const {
  return std::any_of(platforms.begin(), platforms.end(), [](const PlatformAnswers& each) {
    return std::any_of(each.names.begin(), each.names.end(),
                       [](const JudgedName& name) { return name.fails(); });
  });
}

std::string shown_name(const pysource::Requirement& requirement) {
  return printable(requirement.name.empty() ? requirement.module : requirement.text());
}

std::string check_text(const CheckReport& report) {
  std::vector<std::string> lines;
  add_uses(lines, report, "no", [](const JudgedName&, const JudgedUse& use) { return use.fails(); });
  add_uses(lines, report, "unknown", [](const JudgedName&, const JudgedUse& use) { return use.is_open(); });
  add_uses(lines, report, "no, and not needed", [](const JudgedName& name, const JudgedUse& use) {
    return name.answer.verdict == pysource::Verdict::no && !use.fails();
  });
  if (agree(report)) {
    const auto& all = report.platforms.front();
    lines.push_back(fmt::format("{}: {}", asked(all), counts(all, report.files)));
  } else {
    for (const auto& each : report.platforms) {
      lines.push_back(fmt::format("{}{}: {}", asked(each), on_platform(each), counts(each, report.files)));
    }
  }
  return join(lines, "\n");
}

std::string check_json(const CheckReport& report) {
  const bool several = report.platforms.size() > 1;
  auto platforms = Json::array();
  auto wheels = Json::array();
  auto missing = Json::array();
  for (const auto& each : report.platforms) {
    platforms.push_back(each.platform.text());
    for (const auto& wheel : each.wheels) {
      wheels.push_back({{"name", wheel.package}, {"version", wheel.version}, {"file", wheel.file_name}});
      if (several) wheels.back()["platform"] = each.platform.text();
    }
    for (const auto& package : each.missing) {
      missing.push_back({{"name", package}, {"platform", each.platform.text()}});
    }
  }
  auto verdicts = Json::array();
  for (std::size_t i = 0; i < report.platforms.front().names.size(); ++i) {
    verdicts.push_back(name_json(report, i));
  }
  const Json version = wheels.empty() ? Json("") : wheels.front()["version"];
  Json document = {{"schema", 1},
                   {"version", version},
                   {"wheels", std::move(wheels)},
                   {"files", report.files},
                   {"verdicts", std::move(verdicts)},
                   {"problems", problems_json(report.problems)}};
  if (several) document["platforms"] = std::move(platforms);
  if (!missing.empty()) document["missing"] = std::move(missing);
  return dump(document);
}

std::string scan_text(const TreeScan& scan) {
  std::vector<std::string> lines;
  for (const auto& name : scan.names) {
    lines.push_back(fmt::format("{}  {}", shown_name(name.requirement), pysource::need_name(name.need)));
    for (const auto& use : name.uses) {
      const auto need = use.need == name.need ? "" : fmt::format("  {}", pysource::need_name(use.need));
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
    requirements.push_back({{"name", name.requirement.text()},
                            {"need", pysource::need_name(name.need)},
                            {"uses", std::move(uses)}});
  }
  return dump({{"schema", 1},
               {"files", scan.files},
               {"requirements", std::move(requirements)},
               {"problems", problems_json(scan.problems)}});
}

}  // namespace launch::probe
