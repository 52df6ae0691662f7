#pragma once

#include "base/error.hpp"

namespace launch::cli {

/// The exit codes in docs/design.md. `train` also returns those of the ranks.
enum ExitCode { kYes = 0, kNo = 1, kUsage = 2, kEnvironment = 3 };

/// The exit code of a command that failed.
inline int exit_code_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::no:
      return kNo;
    case ErrorKind::input:
      return kUsage;
    case ErrorKind::unusable:
    case ErrorKind::environment:
      break;
  }
  return kEnvironment;
}

}  // namespace launch::cli
