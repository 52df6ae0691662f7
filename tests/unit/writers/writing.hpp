#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <ostream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "commands/context.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/index_server.hpp"
#include "fakes/registry.hpp"
#include "unit/base/scratch.hpp"

// What the tests of everything that writes share: a place to work in, and faults of its disk.

namespace launch::writing {

namespace fs = std::filesystem;

/// A project, an index, a registry and a world to write in.
class Bench {
 public:
  Bench() {
    app_ = index_.add({.name = "app", .version = "1.0", .requires_dist = {"leaf"}});
    leaf_ = index_.add({.name = "leaf", .version = "1.0"});
    registry_.offer("library/debian", "12", {"PYTHON_VERSION=3.11.2"});
    put("launch.toml",
        fmt::format("[[registry]]\nprefix = \"docker.io\"\nlocation = \"{}\"\ninsecure = true\n",
                    registry_.location()));
    recipe("\"leaf\"");
  }

  fs::path root() const { return scratch_.path(); }
  void put(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(write_file(root() / name, text));
  }
  void recipe(const std::string& packages, const std::string& more = "") const {
    put("recipes/demo.toml",
        fmt::format("python = \"3.11\"\nplatforms = [\"linux-x86_64\"]\npackages = [{}]\n{}"
                    "[image]\npython = \"base\"\nfrom = \"docker.io/library/debian:12\"\n",
                    packages, more));
  }
  const std::string& app() const { return app_; }
  const std::string& leaf() const { return leaf_; }
  fakes::IndexServer& index() { return index_; }

  std::unique_ptr<net::HttpClient> client(net::HttpOptions options = {}) {
    options.retry_base = std::chrono::milliseconds(1);
    return net::make_http_client(std::move(options), environment_, work.clock, work.disk);
  }

  commands::Context context() {
    return {.environment = environment_,
            .runner = runner_,
            .disk = work.disk,
            .clock = work.clock,
            .reporter = work.reporter,
            .make_http = [this](net::HttpOptions options) { return client(std::move(options)); },
            .folder = root(),
            .folder_is_root = true};
  }

  /// Every file with its content, except caches, locks, and partial files that the next try resumes.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root())) {
      const auto name = entry.path().lexically_relative(root()).string();
      const bool kept = name.starts_with("home/") || name == "engine/podman.json" ||
                        name.ends_with(".lock") || name.ends_with(".part") || name.ends_with(".note");
      if (entry.is_regular_file() && !kept) found[name] = *read_file(entry.path());
    }
    return found;
  }

  fakes::FakeWork work;

 private:
  test::Scratch scratch_;
  fakes::IndexServer index_;
  fakes::Registry registry_;
  fakes::FakeRunner runner_;
  std::string app_;
  std::string leaf_;
  Environment environment_{{{"HOME", (scratch_ / "home").string()},
                            {"LAUNCH_INDEX_URL", index_.url()},
                            {"LAUNCH_STORE", (scratch_ / "store").string()},
                            {"PIP_CONFIG_FILE", "/dev/null"},
                            {"UV_NO_CONFIG", "1"}}};
};

/// One writer and one fault.
struct Fault {
  std::string name;
  std::function<Result<void>(Bench&)> prepare;  ///< what is there before, on a good disk
  std::function<Result<void>(Bench&)> write;
  fakes::FaultyDisk::Fault fault;
  std::string error;  ///< whole, [ROOT] for the folder; empty for caches, without which the work goes on
};

inline void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

/// What failed is said in full, nothing is left behind, and what was there before is unchanged.
class Writer : public testing::TestWithParam<Fault> {};

using Call = fakes::FaultyDisk::Fault;

/// The messages of a full and of a broken disk.
std::string full(const std::string& verb, const fs::path& file, const std::string& step = "");
std::string broken(const std::string& verb, const std::string& file, const std::string& step = "");

Result<void> nothing(Bench& bench);
/// Locks and fetches demo.
Result<void> lock(Bench& bench);
Result<void> fetch(Bench& bench);
/// app.whl, with a large file.
Result<void> make_wheel(Bench& bench);
/// A podman in bin/ that says nothing.
Result<void> make_podman(Bench& bench);
/// Asks that podman what it can do.
Result<void> probe(Bench& bench, std::vector<specs::RegistryMirror> mirrors);

}  // namespace launch::writing
