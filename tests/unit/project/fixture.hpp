#pragma once

#include <string>

#include "fakes/values.hpp"
#include "project/lockfile.hpp"
#include "project/project.hpp"
#include "project/recipe.hpp"

namespace launch::project::test {

inline constexpr const char* kDigest =
    "sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab402d86e2";

inline Recipe recipe(const std::string& text) {
  return parse_recipe(text, "demo", "recipes/demo.toml").value();
}

inline LockedPackage package(const std::string& name, const std::string& version, std::uint64_t size,
                             const std::string& tags = "py3-none-any") {
  LockedPackage made;
  made.name = name;
  made.version = specs::Version::parse(version).value();
  LockedWheel wheel;
  wheel.file_name = name + "-" + version + "-" + tags + ".whl";
  for (auto& c : wheel.file_name) {
    if (&c < wheel.file_name.data() + name.size() && c == '-') c = '_';
  }
  wheel.size = size;
  wheel.sha256 = fakes::digest('a');
  made.wheels.push_back(std::move(wheel));
  return made;
}

inline BaseImage base(const std::string& distribution, const std::string& python) {
  BaseImage made;
  made.name = "docker.io/nvidia/cuda";
  made.tag = "12.8.1-base-ubuntu24.04";
  made.digest = Digest::parse(kDigest);
  made.distribution = distribution;
  made.python = fakes::python(python);
  return made;
}

inline LoadedLock lock_of(std::vector<LockedPackage> packages, const BaseImage& base) {
  LoadedLock lock;
  lock.file = "lockfiles/pylock.demo.toml";
  lock.digest = fakes::digest('b');
  lock.lock.packages = std::move(packages);
  lock.lock.provenance.cuda = fakes::accelerator("cu128");
  lock.lock.provenance.base = base;
  return lock;
}

}  // namespace launch::project::test
