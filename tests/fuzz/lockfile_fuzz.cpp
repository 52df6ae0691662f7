#include "fuzz/fuzz.hpp"
#include "project/diff.hpp"
#include "project/lockfile.hpp"
#include "project/platform_wheels.hpp"

namespace launch::fuzz {
namespace {

void check_files(const project::Lockfile& lock) {
  for (const auto& package : lock.packages) {
    for (const auto& wheel : package.wheels) {
      require(stays_below(wheel.file_name) && wheel.file_name.find('/') == std::string::npos,
              "a wheel's name is that of a file", wheel.file_name);
      require(wheel.url || wheel.path, "a wheel has a place", wheel.file_name);
    }
  }
}

void check_use(const project::Lockfile& lock) {
  require(project::diff_locks(lock, lock).same(), "a lock is the same as itself");
  (void)project::accelerator(lock);
  std::vector<std::string> names;
  for (const auto& package : lock.packages) names.push_back(package.name);
  (void)parsed(project::pick_for_platforms(lock, names));
}

}  // namespace

/// A lock (PEP 751), of launch or of another tool.
void fuzz_lockfile(std::string_view bytes) {
  using project::Accept;
  const auto lock = project::parse_lockfile(bytes, "pylock.toml", Accept::any_source);
  const auto wheels = project::parse_lockfile(bytes, "pylock.toml", Accept::wheels);
  (void)parsed(wheels);
  if (!parsed(lock)) return;
  check_files(*lock);
  check_use(*lock);
  if (!wheels) return;
  const auto parse = [](std::string_view text) { return project::parse_lockfile(text, "pylock.toml"); };
  check_reads_back(project::write_lockfile(*wheels), parse, project::write_lockfile);
}

}  // namespace launch::fuzz
