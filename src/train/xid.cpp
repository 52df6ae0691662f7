#include "train/xid.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "train/first_few.hpp"

namespace launch::train {
namespace {

struct Meaning {
  unsigned code;
  std::string_view text;
  bool hardware;  ///< of the GPU, its links or its driver, whatever the program does
};

/// The codes that end a training. Source: https://docs.nvidia.com/deploy/xid-errors/ (its catalog).
constexpr std::array<Meaning, 22> kMeanings{{
    {13, "an exception in the graphics engine, such as an illegal instruction or address", false},
    {31, "a page fault in the GPU's memory", false},
    {43, "the GPU stopped processing for this program", false},
    {45, "a cleanup after earlier errors", false},
    {48, "a double-bit ECC error", true},
    {61, "an internal microcontroller warning", true},
    {62, "an internal microcontroller halt", true},
    {63, "a row of memory will be remapped or retired", true},
    {64, "a row of memory could not be remapped or retired", true},
    {69, "an error in the graphics engine's class", false},
    {74, "an NVLink error", true},
    {79, "the GPU has fallen off the bus", true},
    {92, "a high rate of single-bit ECC errors", true},
    {94, "a contained memory error", true},
    {95, "an uncontained memory error", true},
    {109, "a timeout of a context switch", false},
    {119, "a timeout of the GPU's system processor (GSP)", true},
    {120, "an error of the GPU's system processor (GSP)", true},
    {121, "an error of the link between CPU and GPU (C2C)", true},
    {137, "an NVLink access without privilege", false},
    {140, "an ECC error that was not recovered", true},
    {149, "an NVLink error", true},
}};

const Meaning* find_meaning(unsigned code) {
  const auto* found =
      std::find_if(kMeanings.begin(), kMeanings.end(), [&](const auto& each) { return each.code == code; });
  return found == kMeanings.end() ? nullptr : found;
}

std::string text_of(const Xid& xid) {
  const auto meaning = meaning_of_xid(xid.code);
  return fmt::format("GPU {} reported Xid {}{}", xid.gpu, xid.code,
                     meaning.empty() ? std::string() : fmt::format(" ({})", meaning));
}

/// After "Xid (": "PCI:0000:3b:00): 79, pid=…, name=…, GPU has fallen off the bus."
std::optional<Xid> read_xid(std::string_view text) {
  const auto end = text.find("): ");
  if (end == std::string_view::npos) return std::nullopt;
  auto gpu = text.substr(0, end);
  if (gpu.starts_with("PCI:")) gpu.remove_prefix(4);
  text.remove_prefix(end + 3);
  const auto code = parse_u64(text.substr(0, text.find_first_not_of("0123456789")));
  if (!code || *code > 10'000 || gpu.empty() || gpu.find(' ') != std::string_view::npos) return std::nullopt;
  return Xid{std::string(gpu), static_cast<unsigned>(*code)};
}

}  // namespace

std::vector<Xid> read_xids(std::string_view log) {
  constexpr std::string_view kMark = "NVRM: Xid (";
  std::vector<Xid> all;
  for (const auto line : lines(log)) {
    const auto at = line.find(kMark);
    if (at == std::string_view::npos) continue;
    if (auto xid = read_xid(line.substr(at + kMark.size()))) all.push_back(*std::move(xid));
  }
  return all;
}

std::string_view meaning_of_xid(unsigned code) {
  const auto* meaning = find_meaning(code);
  return meaning == nullptr ? std::string_view() : meaning->text;
}

std::vector<Xid> xids_of(std::vector<Xid> xids, const std::vector<std::string>& addresses) {
  if (addresses.empty()) return xids;
  std::erase_if(xids, [&](const Xid& xid) {
    return std::find(addresses.begin(), addresses.end(), xid.gpu) == addresses.end();
  });
  return xids;
}

void add_xids(Cause& cause, const std::vector<Xid>& xids) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> texts;
  bool hardware = false;
  for (const auto& xid : xids) {
    if (auto text = text_of(xid); std::find(texts.begin(), texts.end(), text) == texts.end())
      texts.push_back(std::move(text));
    const auto* meaning = find_meaning(xid.code);
    hardware = hardware || (meaning != nullptr && meaning->hardware);
  }
  if (texts.empty()) return;
  if (!cause.message.empty()) cause.message += "; ";
  cause.message += join_words(first_few(std::move(texts), kShown));
  if (hardware && cause.hint.empty())
    cause.hint =
        "run `nvidia-smi -q` for the GPU's state: the error is in the GPU, a link or the driver, not in the "
        "script";
}

std::vector<Xid> xids_since(std::chrono::system_clock::time_point when, ProcessRunner& runner) {
  constexpr std::chrono::seconds kPatience{5};
  const auto since =
      fmt::format("@{}", std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count());
  const std::array<std::vector<std::string>, 2> readers{
      {{"journalctl", "--dmesg", "--no-pager", "--quiet", "--output", "cat", "--since", since},
       {"dmesg", "--since", since}}};
  for (const auto& argv : readers) {
    const auto read = runner.run({.argv = argv, .timeout = kPatience});
    if (!read || !read->ok()) continue;
    if (auto xids = read_xids(read->out); !xids.empty()) return xids;
  }
  return {};
}

}  // namespace launch::train
