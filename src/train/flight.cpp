#include "train/flight.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"

namespace launch::train {
namespace {

constexpr const char* kFolder = "flight";

}  // namespace

bool records_flight(const Plan& plan) {
  return plan.backend == "nccl";
}

void add_flight_recorder(Plan& plan) {
  if (!records_flight(plan)) return;
  // Newer releases call these TORCH_FR_…, and still read the names that older ones know.
  add_variable(plan, {"TORCH_NCCL_TRACE_BUFFER_SIZE", "2000",
                      "torch's flight recorder keeps each rank's last collectives"});
  add_variable(plan, {"TORCH_NCCL_DUMP_ON_TIMEOUT", "1",
                      "the flight recorder is written when a collective times out"});
  add_variable(plan, {"TORCH_NCCL_DEBUG_INFO_TEMP_FILE", fmt::format("{}/nccl_trace_rank_", kFlightFolder),
                      "the flight recorder's files, in the run's folder; the rank's number follows"});
}

std::filesystem::path flight_folder(const Plan& plan) {
  const auto folder = plan.node_folder.parent_path() / kFolder;
  return plan.earlier == 0 ? folder : folder / fmt::format("attempt{}", plan.earlier + 1);
}

Result<void> make_flight_folder(Disk& disk, const Plan& plan) {
  constexpr mode_t kForAll = 01777;
  if (!records_flight(plan)) return {};
  const auto folder = flight_folder(plan);
  TRY(make_folder(disk, folder.parent_path()));
  const int error = disk.make_folder(folder, kForAll);
  if (error != 0 && error != EEXIST) return fail(io_error("create the folder", folder, error));
  return {};
}

bool has_flight_dumps(const Plan& plan) {
  std::error_code code;
  std::filesystem::directory_iterator at(flight_folder(plan), code);
  for (; !code && at != std::filesystem::directory_iterator(); at.increment(code)) {
    if (at->is_regular_file(code)) return true;  // another attempt's folder is none
  }
  return false;
}

}  // namespace launch::train
