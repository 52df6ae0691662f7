#include "fabric/read_kfd.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::fabric {
namespace {

using Properties = std::map<std::string, std::uint64_t, std::less<>>;

/// Lines such as "simd_count 1216".
Properties properties_of(std::string_view text) {
  Properties out;
  for (const auto line : lines(text)) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) continue;
    if (const auto value = parse_u64(trim(line.substr(space))))
      out[std::string(line.substr(0, space))] = *value;
  }
  return out;
}

std::uint64_t value_of(const Properties& properties, std::string_view name) {
  const auto found = properties.find(name);
  return found == properties.end() ? 0 : found->second;
}

/// 90402 is gfx942, 90010 gfx90a: two decimal digits each for minor and stepping, which the name has in hex.
std::string target_of(std::uint64_t version) {
  if (version == 0) return {};
  return fmt::format("gfx{}{:x}{:x}", version / 10000, version / 100 % 100, version % 100);
}

/// Of location_id, with bus, device and function in 16 bits.
std::string address_of(std::uint64_t domain, std::uint64_t location) {
  return fmt::format("{:04x}:{:02x}:{:02x}", domain, location >> 8 & 0xFF, location >> 3 & 0x1F);
}

KfdGpu gpu_of(const Properties& properties, const Tree& tree) {
  KfdGpu gpu;
  if (const auto id = value_of(properties, "unique_id"); id != 0) gpu.uuid = fmt::format("GPU-{:016x}", id);
  gpu.target = target_of(value_of(properties, "gfx_target_version"));
  gpu.address = address_of(value_of(properties, "domain"), value_of(properties, "location_id"));
  const auto minor = value_of(properties, "drm_render_minor");
  if (minor == 0) return gpu;
  const auto name = fmt::format("renderD{}", minor);
  gpu.device = "/dev/dri/" + name;
  const auto device = Tree::Path("sys/class/drm") / name / "device";
  gpu.memory = parse_u64(tree.text(device / "mem_info_vram_total").value_or(""));
  gpu.used = parse_u64(tree.text(device / "mem_info_vram_used").value_or(""));
  return gpu;
}

}  // namespace

std::vector<KfdGpu> read_kfd(const Tree& tree) {
  const auto nodes = Tree::Path(kKfd).relative_path();
  std::vector<std::uint64_t> numbers;
  for (const auto& name : tree.names(nodes)) {
    if (const auto number = parse_u64(name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<KfdGpu> gpus;
  for (const auto number : numbers) {
    const auto properties =
        properties_of(tree.text(nodes / std::to_string(number) / "properties").value_or(""));
    if (value_of(properties, "simd_count") > 0) gpus.push_back(gpu_of(properties, tree));
  }
  return gpus;
}

}  // namespace launch::fabric
