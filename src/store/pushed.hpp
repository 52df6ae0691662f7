#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "store/store.hpp"

namespace launch::store {

/// The repositories of a registry ("registry.example:5000") that got a blob from here, the last one first; at
/// most three are remembered. The registry may have removed it since.
std::vector<std::string> repositories_with(const Store& store, const Digest& blob, std::string_view registry);

/// Remembers that a repository has a blob. Failing is no error, nor is that another process notes the same
/// blob at this moment: the blob is only sent again.
void note_repository(const Store& store, const Digest& blob, std::string_view registry,
                     std::string_view repository, Disk& disk);

}  // namespace launch::store
