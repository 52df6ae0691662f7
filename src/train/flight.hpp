#pragma once

#include <cstddef>
#include <filesystem>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// Where a node finds the folder for the dumps of torch's flight recorder.
inline constexpr const char* kFlightFolder = "/run/launch-flight";

/// Whether ranks record their last collectives: with NCCL, whose process group does this. Pure.
bool records_flight(const Plan& plan);
/// Has every rank record its last collectives, and write them when one times out: to files of the run's
/// folder, which nodes mount at kFlightFolder, if the plan records.
void add_flight_recorder(Plan& plan);

/// The folder on this machine; each attempt has its own. Pure.
std::filesystem::path flight_folder(const Plan& plan);

/// Creates the folder, if the plan needs it, for whatever users the nodes have. Errors (environment).
Result<void> make_flight_folder(Disk& disk, const Plan& plan);

/// How many dumps there are.
bool has_flight_dumps(const Plan& plan);

}  // namespace launch::train
