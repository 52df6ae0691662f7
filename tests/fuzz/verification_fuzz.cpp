#include "fuzz/fuzz.hpp"
#include "image/inspect.hpp"
#include "project/verification.hpp"

namespace launch::fuzz {
namespace {

void check_record(std::string_view bytes) {
  const auto record = project::parse_verification(bytes, "demo.verified.json");
  if (!parsed(record)) return;
  require(record->has_image(record->image_id, record->image_digest), "a record knows its image");
  require(record->text().starts_with("verified on "), "a record says when it was made");
  const auto parse = [](std::string_view text) { return project::parse_verification(text, "x"); };
  check_reads_back(project::write_verification(*record), parse, project::write_verification);
}

void check_answers(std::string_view bytes) {
  std::vector<std::string> lines;
  for (const auto part : parts_of(bytes)) lines.emplace_back(part);
  const auto inspection = image::read_inspection(lines);
  require(inspection.torch.has_value() || !inspection.gpus, "GPUs are torch's answer");
}

}  // namespace

/// The record of a verification, which may come from another machine, and the answers of a container.
void fuzz_verification(std::string_view bytes) {
  check_record(bytes);
  check_answers(bytes);
}

}  // namespace launch::fuzz
