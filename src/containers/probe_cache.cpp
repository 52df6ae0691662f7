#include "containers/probe_cache.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace launch::containers {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kFormat = 5;  // incremented when a probe records more

/// "PATH -" for a missing file.
std::string state_of(const fs::path& file) {
  return state_of_file(file).value_or(file.string() + " -");
}

std::string content_of(const fs::path& file) {
  const auto text = read_file(file);
  return fmt::format("{} {}", file.string(), text ? sha256_hex(*text) : "-");
}

void add_configuration(std::vector<std::string>& facts, const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::recursive_directory_iterator at(folder, code); !code && at != fs::recursive_directory_iterator();
       at.increment(code)) {
    // Networks come and go, and do not affect a probe.
    if (at->path().filename() == "networks") at.disable_recursion_pending();
    if (at->is_regular_file(code)) files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) facts.push_back(content_of(file));
}

std::string limit(int resource) {
  rlimit found{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &found);
  return fmt::format("{} {}", found.rlim_cur, found.rlim_max);
}

}  // namespace

std::optional<std::string> probe_fingerprint(const std::string& program, const ProbeInputs& inputs,
                                             const Environment& environment) {
  const auto file = find_program(program, environment.get("PATH").value_or(""));
  if (!file) return std::nullopt;
  std::vector<std::string> facts{program,
                                 state_of(*file),
                                 std::to_string(::geteuid()),
                                 limit(RLIMIT_NOFILE),
                                 limit(RLIMIT_NPROC),
                                 read_file("/proc/sys/kernel/random/boot_id").value_or(""),
                                 read_file("/proc/self/cgroup").value_or("")};
  for (const auto& other : inputs.programs) facts.push_back(state_of(other));
  for (const auto& [name, value] : environment.values()) {
    const auto begins_name = [&name = name](const std::string& start) { return name.starts_with(start); };
    if (std::none_of(inputs.variables.begin(), inputs.variables.end(), begins_name)) continue;
    facts.push_back(fmt::format("{}={}", name, value));
    std::error_code code;
    if (fs::is_regular_file(value, code)) facts.push_back(content_of(value));
  }
  for (const auto& folder : inputs.configuration) add_configuration(facts, folder);
  return sha256_hex(join(facts, "\n"));
}

std::string write_probe(const EngineInfo& info, std::string_view fingerprint) {
  json document{{"format", kFormat},         {"fingerprint", fingerprint},
                {"program", info.program},   {"version", info.version},
                {"rootless", info.rootless}, {"pids_limit", info.pids_limit},
                {"features", info.features}, {"elsewhere", info.elsewhere},
                {"selinux", info.selinux},   {"image_list", info.image_list}};
  if (const auto& places = info.build_places) {
    document["build_places"] = {{"working_containers", places->working_containers},
                                {"oci_runtime", places->oci_runtime},
                                {"runtime_folder", places->runtime_folder}};
  }
  return json_text(document);
}

std::optional<EngineInfo> read_probe(std::string_view text, std::string_view fingerprint,
                                     const EngineType& type) {
  try {
    const auto found = parse_json<json>(text);
    if (found.at("format") != kFormat || found.at("fingerprint") != fingerprint) return std::nullopt;
    EngineInfo info{&type, found.at("program")};
    found.at("version").get_to(info.version);
    found.at("rootless").get_to(info.rootless);
    found.at("pids_limit").get_to(info.pids_limit);
    found.at("features").get_to(info.features);
    found.at("elsewhere").get_to(info.elsewhere);
    found.at("selinux").get_to(info.selinux);
    found.at("image_list").get_to(info.image_list);
    if (found.contains("build_places")) {
      const auto& places = found.at("build_places");
      info.build_places =
          BuildPlaces{places.at("working_containers"), places.at("oci_runtime"), places.at("runtime_folder")};
    }
    return info;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace launch::containers
