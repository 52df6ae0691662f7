#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/process.hpp"
#include "fakes/source_archive.hpp"
#include "scenarios/demo_project.hpp"

namespace launch::scenarios {

/// The demo with a standalone Python, which is this machine's. It is not locked yet.
struct StandaloneDemo : DemoProject {
  StandaloneDemo() {
    const auto python = find_program("python3", "/usr/local/bin:/usr/bin:/bin").value();
    const auto script = fmt::format("#!/bin/sh\nexec {} \"$@\"\n", python.string());
    const auto archive = fakes::gzip(
        fakes::make_tar({{.name = "python/bin/python3", .content = script, .mode = 0755},
                         {.name = "python/lib/python3.11/os.py", .content = "name = 'posix'\n"}}));
    index.server().serve("/python/cpython-3.11.9.tar.gz", {.body = archive});
    const auto build = fmt::format("{{ url = \"{}\", sha256 = \"{}\" }}",
                                   index.server().url("/python/cpython-3.11.9.tar.gz"), sha256_hex(archive));
    scenario.write("launch.toml", fmt::format("{}[[interpreter]]\nversion = \"3.11.9\"\nlinux-x86_64 = {}\n",
                                              scenario.read("launch.toml"), build));
    recipe("python = \"standalone\"\n");
  }
};

}  // namespace launch::scenarios
