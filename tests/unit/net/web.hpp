#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/environment.hpp"
#include "fakes/fake_reporter.hpp"
#include "fakes/faulty_disk.hpp"
#include "fakes/hand_clock.hpp"
#include "fakes/http_server.hpp"
#include "net/http.hpp"
#include "unit/base/scratch.hpp"

namespace launch::net {

/// A server, a scratch folder and clients of the server, which are destroyed before it.
struct Web {
  using Variables = std::map<std::string, std::string, std::less<>>;

  test::Scratch scratch;
  fakes::HttpServer server;
  fakes::HandClock clock;
  fakes::FaultyDisk disk;
  fakes::FakeReporter reporter;

  std::unique_ptr<HttpClient> client(HttpOptions options = {}, Variables variables = {}) {
    variables.emplace("HOME", scratch.path());
    return make_http_client(std::move(options), Environment(std::move(variables)), clock, disk);
  }
};

/// Pseudo-random bytes, the same every time.
inline std::string noise(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 12345;
  for (auto& byte : out) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return out;
}

}  // namespace launch::net
