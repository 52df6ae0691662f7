#include "commands/git_lock.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "git:";

struct Parts {
  std::string revision;
  std::string lock;  ///< empty if not given
};

Result<Parts> parts_of(std::string_view argument) {
  const auto rest = argument.substr(kPrefix.size());
  const auto colon = rest.find(':');
  Parts parts{std::string(rest.substr(0, colon)), {}};
  if (colon != std::string_view::npos) parts.lock = rest.substr(colon + 1);
  if (parts.revision.empty() || parts.revision.front() == '-') {
    return fail(input_error(fmt::format("expected git:REV or git:REV:LOCK, found {}", in_quotes(argument)))
                    .hint("for example git:HEAD~1:demo, or git:v1.2"));
  }
  return parts;
}

/// The lock of the other argument; empty if it has none.
Result<std::string> lock_of(const std::string& other) {
  if (!is_git_lock(other)) return other;
  TRY_ASSIGN(auto parts, parts_of(other));
  return std::move(parts.lock);
}

/// Where a lock belongs, whether it is there or not.
fs::path place_of(const std::string& lock, const project::Project& project, const Context& context) {
  return (project::is_path(lock) ? context.folder / lock : project.lock_place(lock)).lexically_normal();
}

/// What git prints of a file at a revision. Errors (environment): git cannot be run.
Result<ProcessOutcome> cat_file(const std::string& revision, const fs::path& file,
                                const project::Project& project, const Context& context) {
  const auto below = fs::absolute(file).lexically_normal().lexically_relative(project.root());
  const ProcessSpec git{
      .argv = {"git", "cat-file", "blob", fmt::format("{}:./{}", revision, below.generic_string())},
      .environment = {{"LC_ALL", "C"}},
      .folder = project.root()};
  return context.runner.run(git, context.stop);
}

}  // namespace

bool is_git_lock(std::string_view argument) {
  return argument.starts_with(kPrefix);
}

Result<GitLock> read_git_lock(const std::string& argument, const std::string& other,
                              const project::Project& project, const Context& context) {
  TRY_ASSIGN(auto parts, parts_of(argument));
  if (parts.lock.empty()) {
    TRY_ASSIGN(parts.lock, lock_of(other));
  }
  if (parts.lock.empty()) {
    return fail(input_error(fmt::format("neither {} nor {} names a lock", argument, other))
                    .hint(fmt::format("name it: `launch diff {}:NAME {}:NAME`", argument, other)));
  }
  GitLock read;
  read.file = place_of(parts.lock, project, context);
  const auto shown = project.shown(read.file);
  read.shown = fmt::format("git:{}:{}", parts.revision, shown);
  read.revision = parts.revision;
  TRY_ASSIGN(auto outcome, cat_file(parts.revision, read.file, project, context));
  if (!outcome.ok()) {
    const auto said = lines(outcome.err);
    return fail(
        input_error(fmt::format("git cannot read {} at the revision {}: {}", shown, in_quotes(parts.revision),
                                said.empty() ? "it gives no reason" : said.front())));
  }
  read.text = std::move(outcome.out);
  return read;
}

std::optional<std::string> read_git_file(const std::string& revision, const fs::path& file,
                                         const project::Project& project, const Context& context) {
  auto outcome = cat_file(revision, file, project, context);
  if (!outcome || !outcome->ok()) return std::nullopt;
  return std::move(outcome->out);
}

}  // namespace launch::commands
