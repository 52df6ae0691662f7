#include "commands/trial_state.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json.hpp"

namespace launch::commands {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTrials = "trials.json";
constexpr const char* kLocks = "locks";
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 20;
constexpr int kSkips = 125;

}  // namespace

probe::Trial KnownTrial::trial() const {
  if (!skipped.empty() || std::find(codes.begin(), codes.end(), kSkips) != codes.end())
    return probe::Trial::skipped;
  constexpr std::ptrdiff_t kAgree = 2;
  const auto works = std::count(codes.begin(), codes.end(), 0);
  if (works >= kAgree) return probe::Trial::works;
  if (std::ssize(codes) - works >= kAgree) return probe::Trial::fails;
  return probe::Trial::untried;
}

bool KnownTrial::disagrees() const {
  const auto works = std::count(codes.begin(), codes.end(), 0);
  return works > 0 && works < std::ssize(codes);
}

Result<TrialState> TrialState::open(const Workspace& workspace, const std::string& recipe,
                                    const std::string& search, Disk& disk) {
  TRY_ASSIGN(auto folder, open_state_folder(workspace, "bisect", recipe, search, disk));
  TrialState state(std::move(folder), disk);
  state.read();
  return state;
}

void TrialState::read() {
  const auto text = read_file(folder_ / kTrials, kMostBytes);
  if (!text) return;
  const auto json = parse_json<Json>(*text);
  if (auto image = Digest::parse(json_string(json, {"image"}))) image_ = *std::move(image);
  const auto& trials = json_at(json, {"trials"});
  if (!trials.is_object()) return;
  for (const auto& [version, each] : trials.items()) {
    KnownTrial known{.skipped = json_string(each, {"skipped"})};
    for (const auto& code : json_at(each, {"codes"})) {
      if (const auto number = json_integer<int>(code)) known.codes.push_back(*number);
    }
    for (const auto& line : json_at(each, {"output"})) known.output.push_back(json_string(line));
    trials_.emplace(version, std::move(known));
  }
}

std::filesystem::path TrialState::folder_of(const std::string& version) const {
  return folder_ / kLocks / version;
}

const KnownTrial& TrialState::known(const std::string& version) const {
  static const KnownTrial kNone;
  const auto found = trials_.find(version);
  return found == trials_.end() ? kNone : found->second;
}

Result<void> TrialState::remember(const std::string& version, KnownTrial trial) {
  trials_[version] = std::move(trial);
  return write();
}

Result<void> TrialState::set_image(std::optional<Digest> image) {
  if (image == image_) return {};
  image_ = std::move(image);
  return write();
}

Result<void> TrialState::write() const {
  auto trials = Json::object();
  for (const auto& [each, known] : trials_) {
    trials[each] = {{"codes", known.codes}, {"skipped", known.skipped}, {"output", known.output}};
  }
  const Json json = {
      {"schema", 1}, {"image", image_ ? Json(image_->text()) : Json()}, {"trials", std::move(trials)}};
  return write_file(*disk_, folder_ / kTrials, json_text(json, 2) + "\n");
}

Result<void> TrialState::forget() {
  trials_.clear();
  const auto code = disk_->remove_all(folder_);
  if (code != 0) return fail(io_error("remove", folder_, code));
  return make_folder(*disk_, folder_);
}

Result<void> TrialState::forget_locks() {
  const auto code = disk_->remove_all(folder_ / kLocks);
  if (code == 0) return {};
  return fail(io_error("remove", folder_ / kLocks, code));
}

}  // namespace launch::commands
