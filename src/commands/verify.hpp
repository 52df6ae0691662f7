#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "probe/judgement.hpp"
#include "project/verification.hpp"

namespace launch::commands {

struct VerifyRequest {
  std::string recipe;                      ///< name or path
  std::optional<std::string> engine = {};  ///< podman, docker or a path to one
  std::filesystem::path machine = "/";     ///< the root of the files that show its GPUs
};

/// One reason why an image is not verified.
struct VerifyProblem {
  enum class Kind { torch, gpu, name, smoke };
  Kind kind = Kind::torch;
  std::string text;  ///< "torch.version.cuda is 12.6, expected 12.8"
};
/// "torch"
std::string_view kind_name(VerifyProblem::Kind kind);

struct VerifyDocument {
  /// What was found, whether it is as it should be or not.
  project::Verification found;
  std::vector<VerifyProblem> problems;     ///< empty: verified
  std::optional<std::string> commit;       ///< of torch, in its wheel; nullopt if that is unknown
  std::vector<probe::JudgedName> missing;  ///< names that some use needs
  std::size_t files = 0;                   ///< that were scanned
  std::optional<int> smoke_code;           ///< nullopt if it did not run
  double smoke_seconds = 0;
  std::vector<std::string> output;  ///< the last lines of what is imported and of the smoke test
  std::string record;               ///< as messages show it
  bool kept = false;     ///< a record of the same image with GPUs stays as it is, since this machine has none
  bool removed = false;  ///< a record that said of this lock that it is verified
  bool verified() const { return problems.empty(); }
};

/// Runs the image of a locked recipe once and compares what is inside with the lock: torch's version, CUDA or
/// ROCm and commit, the names of PyTorch's libraries that the code under [verify] scan needs, the smoke test.
/// GPUs are used if the lock has CUDA and the machine has some. Writes the record of the verification beside
/// the lock; if the answer is no, removes one of the same lock, unless that was made with GPUs and this run
/// had none. `show` gets lines of the container. Errors: those of load_locked, scan_tree, find_engine and
/// inspect_image; (no) there is no image of this lock; (environment) the image is for another platform, the
/// driver or a GPU is too old, the record cannot be written; a stop, after which nothing has changed.
Result<VerifyDocument> verify(const VerifyRequest& request, const Context& context,
                              const std::function<void(std::string_view)>& show);

}  // namespace launch::commands
