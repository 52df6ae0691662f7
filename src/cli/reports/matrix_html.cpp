#include "cli/reports/matrix.hpp"

namespace launch::cli {
std::string matrix_html(const probe::Matrix&) { return {}; }
}  // namespace launch::cli
