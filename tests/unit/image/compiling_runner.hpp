#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/process.hpp"
#include "fakes/files.hpp"
#include "fakes/source_archive.hpp"
#include "fakes/wheel.hpp"

namespace launch::image::test {

/// The gzip-compressed tar of an interpreter that CompilingRunner stands for.
inline std::string interpreter_archive(const std::string& program = "program") {
  return fakes::gzip(fakes::make_tar({{.name = "python/bin/python3", .content = program, .mode = 0755},
                                      {.name = "python/lib/python3.12/os.py", .content = "name = 1\n"},
                                      {.name = "python/lib/python3.12/a/b.py", .content = "pass\n"},
                                      {.name = "python/lib/python3.12/data.txt", .content = "no code\n"}}));
}

/// Stands for the interpreter that compiles: writes the zip that the job names, with a line for each of its
/// files.
class CompilingRunner final : public ProcessRunner {
 public:
  /// Called before each job; what it returns is the outcome instead, if it failed.
  std::function<ProcessOutcome(const ProcessSpec&)> fault = {};
  std::vector<ProcessSpec> calls;
  std::vector<nlohmann::json> jobs;

  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token) override {
    const std::lock_guard guard(mutex_);
    calls.push_back(spec);
    if (fault) {
      if (auto outcome = fault(spec); !outcome.ok()) return outcome;
    }
    TRY_ASSIGN(const auto text, read_file(spec.argv.back()));
    const auto job = nlohmann::json::parse(text);
    jobs.push_back(job);
    const auto from = std::filesystem::path(job["from"].get<std::string>()).filename().string();
    std::vector<fakes::ZipSource> files;
    for (const auto& file : job["files"]) {
      const auto path = file[1].get<std::string>();
      files.push_back({path + "c", "bytecode of " + path + " in " + from, false});
    }
    TRY(write_file(job["out"].get<std::string>(), fakes::make_zip(files)));
    return ProcessOutcome{};
  }
  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>&) override {
    return fail(environment_error("no guards here"));
  }

 private:
  std::mutex mutex_;
};

}  // namespace launch::image::test
