// Prints the bill of materials of the lock on stdin as CycloneDX, a line with "---", and as SPDX.
//
// usage: sbom_dump PLATFORM…

#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "image/sbom.hpp"
#include "project/lockfile.hpp"

int main(int argc, char** argv) {
  const std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  auto lock = launch::project::parse_lockfile(text, "pylock.toml");
  if (!lock) {
    std::fputs(lock.error().text().c_str(), stderr);
    return 2;
  }
  std::vector<launch::specs::Platform> platforms;
  for (int i = 1; i < argc; ++i) platforms.push_back(launch::specs::Platform::parse(argv[i]).value());
  const auto digest = launch::project::lock_digest(text, *lock);
  const launch::project::LoadedLock loaded{"pylock.toml", digest, *std::move(lock)};
  const auto bill = launch::image::make_bill({.recipe = "demo",
                                              .lock = loaded,
                                              .platforms = platforms,
                                              .default_index = "https://pypi.example/simple"});
  if (!bill) {
    std::fputs(bill.error().text().c_str(), stderr);
    return 2;
  }
  std::fputs((launch::image::cyclonedx_text(*bill) + "---\n" + launch::image::spdx_text(*bill)).c_str(),
             stdout);
  return 0;
}
