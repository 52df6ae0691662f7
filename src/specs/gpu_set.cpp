#include "specs/gpu_set.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

/// An index, or a UUID as nvidia-smi -L prints it ("GPU-…", "MIG-…").
bool is_device(std::string_view text) {
  if (text.empty()) return false;
  if (std::all_of(text.begin(), text.end(), is_digit)) return parse_u64(text).has_value();
  return (text.starts_with("GPU-") || text.starts_with("MIG-")) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '/'; });
}

}  // namespace

GpuSet GpuSet::of_count(std::size_t count) {
  GpuSet made(Kind::count);
  made.count_ = count;
  return made;
}

GpuSet GpuSet::of_devices(std::vector<std::string> devices) {
  GpuSet made(Kind::devices);
  made.devices_ = std::move(devices);
  return made;
}

Result<GpuSet> GpuSet::parse(std::string_view text) {
  constexpr std::uint64_t kMost = 1024;
  const auto wrong = [&](std::string_view found) {
    return fail(input_error(fmt::format(
        "{} is not a set of GPUs: expected \"all\", a number, or indices or UUIDs such as \"0,2\"{}",
        in_quotes(text), found)));
  };
  if (text == "all") return all();
  if (const auto count = parse_u64(text)) {
    if (*count > kMost) return wrong("");
    return of_count(*count);
  }
  if (text.ends_with(',')) text.remove_suffix(1);
  std::vector<std::string> devices;
  for (const auto part : split(text, ',')) {
    if (!is_device(part) || devices.size() == kMost) return wrong("");
    if (std::find(devices.begin(), devices.end(), part) != devices.end())
      return wrong(fmt::format("; {} is listed twice", part));
    devices.emplace_back(part);
  }
  return of_devices(std::move(devices));
}

std::optional<std::size_t> GpuSet::count() const {
  switch (kind_) {
    case Kind::all:
      return std::nullopt;
    case Kind::count:
      return count_;
    case Kind::devices:
      break;
  }
  return devices_.size();
}

std::string GpuSet::text() const {
  switch (kind_) {
    case Kind::all:
      return "all";
    case Kind::count:
      return std::to_string(count_);
    case Kind::devices:
      break;
  }
  return devices_.size() == 1 ? devices_.front() + "," : join(devices_, ",");
}

}  // namespace launch::specs
