#include "commands/bump_state.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json.hpp"

namespace launch::commands {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFailures = "failures.json";
constexpr const char* kCandidates = "candidates";
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;

}  // namespace

Result<BumpState> BumpState::open(const Workspace& workspace, const std::string& recipe, Disk& disk) {
  TRY_ASSIGN(auto folder, open_state_folder(workspace, "bump", recipe, "", disk));
  BumpState state(std::move(folder), disk);
  state.read();
  return state;
}

void BumpState::read() {
  const auto text = read_file(folder_ / kFailures, kMostBytes);
  if (!text) return;
  const auto json = parse_json<Json>(*text);
  for (const auto& each : json_at(json, {"failures"})) {
    Failure failure{json_string(each, {"image"}), json_string(each, {"smoke"}), {}};
    for (const auto& reason : json_at(each, {"reasons"})) failure.reasons.push_back(json_string(reason));
    failures_.push_back(std::move(failure));
  }
}

std::filesystem::path BumpState::folder_of(const std::optional<specs::Day>& night) const {
  return folder_ / kCandidates / (night ? night->text() : "newest");
}

std::optional<std::vector<std::string>> BumpState::failure(const Digest& image,
                                                           const std::string& smoke) const {
  const auto at = std::find_if(failures_.begin(), failures_.end(), [&](const Failure& each) {
    return each.image == image.text() && each.smoke == smoke;
  });
  return at == failures_.end() ? std::nullopt : std::optional(at->reasons);
}

Result<void> BumpState::remember(const Digest& image, const std::string& smoke,
                                 std::vector<std::string> reasons) {
  std::erase_if(failures_,
                [&](const Failure& each) { return each.image == image.text() && each.smoke == smoke; });
  failures_.push_back({image.text(), smoke, std::move(reasons)});
  auto list = Json::array();
  for (const auto& each : failures_)
    list.push_back({{"image", each.image}, {"smoke", each.smoke}, {"reasons", each.reasons}});
  const Json json = {{"schema", 1}, {"failures", std::move(list)}};
  return write_file(*disk_, folder_ / kFailures, json_text(json, 2) + "\n");
}

Result<void> BumpState::forget_candidates() {
  const auto code = disk_->remove_all(folder_ / kCandidates);
  if (code == 0) return {};
  return fail(io_error("remove", folder_ / kCandidates, code));
}

}  // namespace launch::commands
