#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "probe/matrix.hpp"
#include "probe/source_tree.hpp"
#include "probe/version_apis.hpp"
#include "probe/versions.hpp"

namespace launch::commands {

/// Names to ask about: given by hand, or found in code.
struct VersionQuestion {
  probe::VersionQuery versions;           ///< without a package: that of the names, torch for code
  std::vector<std::string> arguments;     ///< names ("torch.nn:Module") or files and folders
  std::vector<std::string> exclude = {};  ///< patterns of files and folders of code to leave out
};

/// The names and files among arguments: what contains "/", ends in ".py" or exists is a path.
struct SplitArguments {
  std::vector<probe::NeededName> names;  ///< sorted
  std::vector<probe::ScanPath> paths;
};
/// Errors (input): an argument is neither; those of find_scan_paths.
Result<SplitArguments> split_arguments(const std::vector<std::string>& arguments,
                                       const std::vector<std::string>& exclude, const Context& context);

/// The versions of a package, ready to be asked.
class OpenVersions {
 public:
  /// Errors: those of load_site, open_store and list_versions.
  static Result<std::unique_ptr<OpenVersions>> open(const probe::VersionQuery& query, const Context& context);

  /// The answers to the names, and to those that code under the paths imports from the package. Warns about
  /// files that could not be read completely. Errors: those of scan_tree and VersionApis::ask.
  Result<probe::Matrix> ask(SplitArguments arguments);
  /// The commit that a version of the matrix was built from.
  std::optional<std::string> commit(std::size_t version);

 private:
  OpenVersions(const Context& context, std::string package, project::Site site, store::Store store);
  Result<probe::TreeScan> scan(std::span<const probe::ScanPath> paths);

  std::string package_;
  const Context& context_;
  project::Site site_;
  store::Store store_;
  Work work_;
  std::unique_ptr<net::HttpClient> http_;
  probe::VersionList list_;
  std::unique_ptr<probe::VersionApis> apis_;
  std::vector<std::size_t> places_;  ///< of the matrix's versions in apis_
};

/// Asks the versions of a question. Errors: no arguments; names of several packages; those of split_arguments
/// and OpenVersions.
struct AnsweredVersions {
  std::unique_ptr<OpenVersions> versions;
  probe::Matrix matrix;
};
Result<AnsweredVersions> ask_versions(VersionQuestion question, const Context& context);

}  // namespace launch::commands
