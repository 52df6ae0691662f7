#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fabric/tree.hpp"
#include "fabric/variables.hpp"

namespace launch::fabric {

/// A line of nccl.conf, as NCCL takes it: nothing is trimmed or unquoted.
struct ConfLine {
  std::size_t line = 0;  ///< from 1
  std::string name;
  std::string value;
};
/// NCCL's parser (setEnvFile in src/misc/param.cc of NVIDIA/nccl): lines end with "\n", of which a carriage
/// return is no part (the newest sources cut it, all releases before keep it); those starting with "#" and
/// those without
/// "=" are skipped; of a name that occurs several times, the first counts.
std::vector<ConfLine> parse_conf(std::string_view text);

/// NCCL's configuration of a machine.
inline constexpr std::string_view kMachineConf = "/etc/nccl.conf";

/// Where a setting may come from.
struct ConfFile {
  std::string name;  ///< "/etc/nccl.conf"
  std::string text;
};
/// The file that NCCL reads before that of the machine: $NCCL_CONF_FILE (which releases before 2.23 do not
/// know), or else ~/.nccl.conf; it need not exist. nullopt without a home.
std::optional<std::filesystem::path> own_conf_file(
    const std::map<std::string, std::string, std::less<>>& environment, const NcclVersion& version);
/// The files that exist, in NCCL's order: `own` (not of the tree), and the machine's.
std::vector<ConfFile> read_conf_files(const Tree& tree, const std::optional<std::filesystem::path>& own);

/// A variable that is set already.
struct Setting {
  std::string name;
  std::string value;
  std::string origin;  ///< "the environment" or a file's name
  /// What it takes precedence over: values of origins that come later.
  struct Hidden {
    std::string value;
    std::string origin;
  };
  std::vector<Hidden> hidden = {};
};

/// Gloo's interface: PyTorch uses gloo for tensors on CPUs, also beside NCCL.
inline constexpr std::string_view kGlooInterface = "GLOO_SOCKET_IFNAME";

/// The variables named NCCL_…, and gloo's interface, that hold, by name. The environment comes first, then
/// the files in their order: that of NCCL_CONF_FILE, or else ~/.nccl.conf, and /etc/nccl.conf.
std::vector<Setting> resolve(const std::map<std::string, std::string, std::less<>>& environment,
                             const std::vector<ConfFile>& files);
const Setting* find_setting(const std::vector<Setting>& settings, std::string_view name);
/// The setting of NCCL_IB_DISABLE by which NCCL uses no HCA; null if there is none.
const Setting* verbs_off(const std::vector<Setting>& settings);

}  // namespace launch::fabric
