#include "containers/probe_cache.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
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

constexpr int kFormat = 1;  // counts up when a probe finds more

/// "PATH SIZE TIME", or "PATH -" for one that is not there.
std::string state_of(const fs::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return file.string() + " -";
  return fmt::format("{} {} {}.{}", file.string(), found.st_size, found.st_mtim.tv_sec,
                     found.st_mtim.tv_nsec);
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
    // Networks come and go, and no probe asks for them.
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

std::optional<std::string> podman_fingerprint(const std::string& program, const Environment& environment) {
  const auto file = find_program(program, environment.get("PATH").value_or(""));
  if (!file) return std::nullopt;
  std::vector<std::string> facts{program,
                                 state_of(*file),
                                 std::to_string(::geteuid()),
                                 limit(RLIMIT_NOFILE),
                                 limit(RLIMIT_NPROC),
                                 read_file("/proc/sys/kernel/random/boot_id").value_or(""),
                                 read_file("/proc/self/cgroup").value_or("")};
  for (const auto* place : {"/usr/bin/runc", "/usr/bin/crun", "/usr/lib/podman", "/usr/libexec/podman"}) {
    facts.push_back(state_of(place));
  }
  for (const auto& [name, value] : environment.values()) {
    const bool of_podman = name.starts_with("CONTAINER") || name.starts_with("STORAGE_") ||
                           name.starts_with("XDG_") || name == "HOME" || name == "PATH" || name == "TMPDIR";
    if (!of_podman) continue;
    facts.push_back(fmt::format("{}={}", name, value));
    if (name.starts_with("CONTAINER")) facts.push_back(content_of(value));
  }
  add_configuration(facts, "/usr/share/containers");
  add_configuration(facts, "/etc/containers");
  add_configuration(facts, environment.config_dir().parent_path() / "containers");
  return sha256_hex(join(facts, "\n"));
}

std::string write_probe(const EngineInfo& info, std::string_view fingerprint) {
  return json_text(json{{"format", kFormat},
                        {"fingerprint", fingerprint},
                        {"program", info.program},
                        {"version", info.version},
                        {"rootless", info.rootless},
                        {"build_timestamp", info.build_timestamp},
                        {"identity_label_flag", info.identity_label_flag},
                        {"pids_limit", info.pids_limit},
                        {"working_containers", info.working_containers},
                        {"oci_runtime", info.oci_runtime},
                        {"runtime_folder", info.runtime_folder}});
}

std::optional<EngineInfo> read_probe(std::string_view text, std::string_view fingerprint) {
  try {
    const auto found = json::parse(text);
    if (found.at("format") != kFormat || found.at("fingerprint") != fingerprint) return std::nullopt;
    EngineInfo info;
    found.at("program").get_to(info.program);
    found.at("version").get_to(info.version);
    found.at("rootless").get_to(info.rootless);
    found.at("build_timestamp").get_to(info.build_timestamp);
    found.at("identity_label_flag").get_to(info.identity_label_flag);
    found.at("pids_limit").get_to(info.pids_limit);
    found.at("working_containers").get_to(info.working_containers);
    found.at("oci_runtime").get_to(info.oci_runtime);
    found.at("runtime_folder").get_to(info.runtime_folder);
    return info;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace launch::containers
