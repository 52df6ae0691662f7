#include "commands/git_source.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "image/scratch.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;

/// Runs git in a bare repository of its own.
class Git {
 public:
  Git(fs::path folder, const specs::GitSource& source, const Context& context)
      : folder_(std::move(folder)), source_(source), context_(context) {}

  Result<ProcessOutcome> run(std::vector<std::string> arguments) const {
    ProcessSpec spec;
    spec.argv = {"git", "-C", folder_.string(), "-c", "core.hooksPath=/dev/null"};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    spec.environment = {{"GIT_TERMINAL_PROMPT", "0"}, {"LC_ALL", "C"}};
    spec.unset = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"};
    TRY_ASSIGN(auto outcome, context_.runner.run(spec, context_.stop));
    if (outcome.cancelled) return fail(environment_error("interrupted"));
    return outcome;
  }

  Result<void> must(std::vector<std::string> arguments) const {
    TRY_ASSIGN(const auto outcome, run(std::move(arguments)));
    if (outcome.ok()) return {};
    const auto said = lines(outcome.err);
    return fail(environment_error(fmt::format("git cannot fetch the commit {} of {}: {}", source_.commit,
                                              source_.url, said.empty() ? "no message" : trim(said.back()))));
  }

 private:
  fs::path folder_;
  const specs::GitSource& source_;
  const Context& context_;
};

}  // namespace

Result<locking::GitArchive> fetch_commit(const std::string& package, const specs::GitSource& source,
                                         const fs::path& scratch, const store::Store& store,
                                         const Context& context) {
  TRY_ASSIGN(const auto folder, image::ScratchFolder::make(context.disk, scratch));
  context.reporter.status(fmt::format("fetching {} from {}", package, source.url));
  const Git git(folder.path(), source, context);
  const auto url = source.url.with_secrets();
  TRY(git.must({"init", "--quiet", "--bare"}));
  TRY_ASSIGN(const auto alone, git.run({"fetch", "--quiet", "--no-tags", "--depth=1", url, source.commit}));
  // Some servers give out branches and tags only.
  if (!alone.ok()) TRY(git.must({"fetch", "--quiet", url, "+refs/*:refs/remotes/*"}));
  const auto name = fmt::format("{}-{}.tar.gz", package, source.commit);
  const auto file = folder.path() / name;
  TRY(git.must({"archive", "--format=tar.gz", fmt::format("--prefix={}-{}/", package, source.commit),
                "--output=" + file.string(), source.commit}));
  TRY_ASSIGN(const auto digest, sha256_file(file));
  TRY_ASSIGN(auto path, store.add(file, digest, name));
  return locking::GitArchive{std::move(path), digest};
}

}  // namespace launch::commands
