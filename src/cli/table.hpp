#pragma once

#include <string>
#include <vector>

namespace launch::cli {

/// Lines of columns as wide as their widest cell, two spaces apart; the last column is not padded. Every row
/// has as many cells as the first. Printable.
std::string table_of(const std::vector<std::vector<std::string>>& rows);

}  // namespace launch::cli
