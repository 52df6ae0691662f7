#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace launch::fabric {

/// A line of nccl.conf, as NCCL takes it: nothing is trimmed or unquoted.
struct ConfLine {
  std::size_t line = 0;  ///< from 1
  std::string name;
  std::string value;
};
/// NCCL's parser (setEnvFile in src/misc/param.cc of NVIDIA/nccl): lines starting with "#" and those without
/// "=" are skipped; of a name that occurs several times, the first counts.
std::vector<ConfLine> parse_conf(std::string_view text);

/// Where a setting may come from.
struct ConfFile {
  std::string name;  ///< "/etc/nccl.conf"
  std::string text;
};

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

}  // namespace launch::fabric
