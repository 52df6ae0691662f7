#include "image/venv.hpp"

#include <fmt/format.h>

#include "archive/installation.hpp"

namespace launch::image {

std::vector<VenvEntry> venv_entries(const specs::Interpreter& python, const std::string& interpreter) {
  using Kind = VenvEntry::Kind;
  const auto paths = archive::InstallPaths::of(python);
  const auto home = interpreter.substr(0, interpreter.rfind('/'));
  return {{Kind::folder, paths.scripts, ""},
          {Kind::folder, paths.purelib, ""},
          {Kind::link, "lib64", "lib"},
          {Kind::link, "bin/python3", interpreter},
          {Kind::link, "bin/python", "python3"},
          {Kind::link, fmt::format("bin/python{}", python.text()), "python3"},
          {Kind::file, "pyvenv.cfg",
           fmt::format("home = {}\ninclude-system-site-packages = false\nversion = {}\n", home,
                       python.version())}};
}

}  // namespace launch::image
