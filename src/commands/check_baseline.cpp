#include "commands/check_baseline.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "probe/findings.hpp"

namespace launch::commands {

Result<std::optional<probe::Baseline>> read_baseline(const CheckRequest& request, const Context& context) {
  if (!request.baseline) return std::nullopt;
  const auto path = context.folder / *request.baseline;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return fail(input_error(fmt::format("{}: no such file", *request.baseline))
                    .hint(fmt::format("write it: launch check --write-baseline {} …", *request.baseline)));
  }
  TRY_ASSIGN(const auto text, read_file(path));
  TRY_ASSIGN(auto baseline, probe::parse_baseline(text, *request.baseline));
  return std::optional(std::move(baseline));
}

Result<void> write_baseline(const CheckRequest& request, probe::CheckReport& report, const Context& context) {
  if (!request.write_baseline) return {};
  auto failures = probe::failures_of(report);
  TRY(write_file(context.disk, context.folder / *request.write_baseline, probe::baseline_text(failures)));
  context.reporter.note(
      fmt::format("wrote {} to {}", count_of(failures.size(), "known failure"), *request.write_baseline));
  report.baseline = std::move(failures);
  return {};
}

}  // namespace launch::commands
