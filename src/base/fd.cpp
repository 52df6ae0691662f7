#include "base/fd.hpp"

#include <unistd.h>

namespace launch {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace launch
