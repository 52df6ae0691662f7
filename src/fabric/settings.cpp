#include "fabric/settings.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/text.hpp"

namespace launch::fabric {
namespace {

constexpr std::string_view kPrefix = "NCCL_";
// param.cc of NCCL: the lengths that it keeps.
constexpr std::size_t kMostKept = 1023;

void add(std::map<std::string, Setting>& all, const std::string& name, const std::string& value,
         const std::string& origin) {
  // NVIDIA's images say with NCCL_VERSION what they have installed; NCCL does not read it.
  const bool of_nccl = name.starts_with(kPrefix) && name != "NCCL_VERSION";
  if (!of_nccl && name != kGlooInterface) return;
  const auto [place, is_new] = all.try_emplace(name, Setting{name, value, origin});
  if (!is_new) place->second.hidden.push_back({value, origin});
}

}  // namespace

std::vector<ConfLine> parse_conf(std::string_view text) {
  std::vector<ConfLine> out;
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    const auto equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos) continue;
    out.push_back({number, std::string(line.substr(0, std::min(equals, kMostKept))),
                   std::string(line.substr(equals + 1, kMostKept))});
  }
  return out;
}

std::vector<Setting> resolve(const std::map<std::string, std::string, std::less<>>& environment,
                             const std::vector<ConfFile>& files) {
  std::map<std::string, Setting> all;
  for (const auto& [name, value] : environment) add(all, name, value, "the environment");
  for (const auto& file : files) {
    for (const auto& line : parse_conf(file.text)) add(all, line.name, line.value, file.name);
  }
  std::vector<Setting> out;
  out.reserve(all.size());
  for (auto& [name, setting] : all) out.push_back(std::move(setting));
  return out;
}

std::optional<std::filesystem::path> own_conf_file(
    const std::map<std::string, std::string, std::less<>>& environment, const NcclVersion& version) {
  const auto get = [&](std::string_view name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  constexpr std::string_view kNamed = "NCCL_CONF_FILE";
  const auto named = known_variable(kNamed)->known_by(version) ? get(kNamed) : std::string();
  if (!named.empty()) return named;
  const auto home = get("HOME");
  if (home.empty()) return std::nullopt;
  return std::filesystem::path(home) / ".nccl.conf";
}

std::vector<ConfFile> read_conf_files(const Tree& tree, const std::optional<std::filesystem::path>& own) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;
  std::vector<ConfFile> out;
  if (own) {
    if (auto text = read_file(*own, kMostBytes)) out.push_back({own->string(), *std::move(text)});
  }
  const std::string machine(kMachineConf);
  if (auto text = tree.content(Tree::Path(machine).relative_path()))
    out.push_back({machine, *std::move(text)});
  return out;
}

const Setting* find_setting(const std::vector<Setting>& settings, std::string_view name) {
  const auto found =
      std::find_if(settings.begin(), settings.end(), [&](const Setting& each) { return each.name == name; });
  return found == settings.end() ? nullptr : &*found;
}

const Setting* verbs_off(const std::vector<Setting>& settings) {
  const auto* off = find_setting(settings, "NCCL_IB_DISABLE");
  return off != nullptr && number_read(off->value).value_or(0) != 0 ? off : nullptr;
}

}  // namespace launch::fabric
