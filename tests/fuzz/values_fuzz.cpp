#include <cmath>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "containers/engine.hpp"
#include "fuzz/fuzz.hpp"
#include "net/retry.hpp"
#include "project/project.hpp"
#include "project/upload_time.hpp"
#include "pytorch/channel.hpp"
#include "pytorch/toolkits.hpp"
#include "specs/accelerator.hpp"
#include "specs/day.hpp"
#include "specs/git_source.hpp"
#include "specs/gpu_set.hpp"
#include "specs/interpreter.hpp"
#include "specs/platform.hpp"
#include "train/log_reader.hpp"

namespace launch::fuzz {
namespace {

template <class Value>
void check_value(std::string_view text) {
  const auto found = Value::parse(text);
  if constexpr (requires { found.error(); }) (void)parsed(found);
  if (found) check_reads_back(found->text(), Value::parse, [](const Value& value) { return value.text(); });
}

void check_printing(std::string_view text) {
  require(is_utf8(printable(text)), "printable text is UTF-8", text);
  require(printable(printable(text)) == printable(text), "printable text is not changed", text);
  require(is_utf8(printable_message(text)), "a printable message is UTF-8", text);
  require(is_utf8(in_quotes(text)), "quoted text is UTF-8", text);
  (void)csv_field(std::string(text));
  (void)shell_quote(text);
}

}  // namespace

/// One short text, which each of the small types reads.
void fuzz_values(std::string_view bytes) {
  check_value<specs::Interpreter>(bytes);
  check_value<specs::Platform>(bytes);
  check_value<specs::Accelerator>(bytes);
  check_value<specs::GpuSet>(bytes);
  check_value<specs::Day>(bytes);
  check_value<Digest>(bytes);
  if (const auto day = specs::Day::of_digits(bytes))
    require(day->digits() == bytes, "a day has its digits", bytes);
  if (const auto git = specs::GitSource::parse(bytes); parsed(git)) {
    const auto text = "git+" + git->url.with_secrets() + "@" + git->commit;
    require(specs::GitSource::parse(text) == *git, "a commit of git is read again", text);
  }
  if (const auto time = project::utc_time(bytes)) {
    require(project::utc_time(*time) == time, "a time's spelling is final", bytes, *time);
    require(specs::parse_utc(*time).has_value(), "a time is an instant", *time);
  }
  if (const auto number = parse_u64(bytes)) (void)human_bytes(*number);
  (void)specs::parse_utc(bytes);
  (void)specs::Accelerator::of_local_version(bytes);
  (void)specs::Platform::of_machine(bytes);
  (void)specs::Platform::of_oci(bytes);
  (void)train::parse_rank(bytes);
  (void)pytorch::channel_of(bytes);
  (void)pytorch::distribution(bytes);
  (void)pytorch::minor_of(bytes);
  (void)project::engine_name(bytes);
  if (const auto engine = containers::engine_named(std::string(bytes)); !engine) check_error(engine.error());
  const auto wait = net::parse_retry_after(bytes, std::chrono::system_clock::time_point{});
  if (wait)
    require(wait->count() >= 0 && *wait <= std::chrono::minutes(1), "a wait is at most a minute", bytes);
  const std::vector<std::string> words{"nightly", "stable", "torch"};
  (void)did_you_mean(bytes, words);
  check_printing(bytes);
}

}  // namespace launch::fuzz
