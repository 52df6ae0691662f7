#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/urls.hpp"
#include "unit/net/web.hpp"

namespace launch::net {

/// The server's content, in a separate base class so that it outlives the server's last answer.
struct DownloadBody {
  const std::string body = noise(300'000);
  const Digest digest = Digest::of(body);
};

/// Downloads to store/file.whl of the scratch folder.
class DownloadTest : public testing::Test, protected DownloadBody, protected Web {
 protected:
  const HttpOptions small_segments{.segment = 20'000};

  DownloadRequest request(const std::string& path) {
    return {.url = fakes::url(server.url(path)),
            .destination = scratch / "store" / "file.whl",
            .size = {},
            .sha256 = {}};
  }
  Result<DownloadResult> get(HttpClient& net, const DownloadRequest& request) {
    return net.download({&request, 1}, "fetching", reporter).front();
  }
  std::string content() { return read_file(scratch / "store" / "file.whl").value_or("(no file)"); }
  std::vector<std::string> left() {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(scratch / "store", none)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
};

}  // namespace launch::net
