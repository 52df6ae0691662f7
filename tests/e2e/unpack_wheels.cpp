// unpack_wheels FOLDER PYTHON WHEEL…: each wheel into FOLDER/NAME, as images get them. For comparison with pip.
#include <cstdio>

#include "image/layers.hpp"
#include "image/wheel_tree.hpp"
#include "python/wheel.hpp"

int main(int argc, char** argv) {
  std::vector<launch::image::WheelSource> wheels;
  for (int i = 3; i < argc; ++i) {
    const std::filesystem::path file = argv[i];
    const auto name = launch::python::WheelName::parse(file.filename().string());
    if (!name) return std::fputs(name.error().text().c_str(), stderr), 2;
    wheels.push_back({name->name, file});
  }
  std::filesystem::create_directories(argv[1]);
  const auto size = launch::image::unpack_wheels(wheels, argv[1], argv[2], launch::image::kVenvPython, {});
  if (!size) return std::fputs(size.error().text().c_str(), stderr), size.error().exit_code();
  std::printf("%zu files, %llu bytes\n", size->files, static_cast<unsigned long long>(size->bytes));
  return 0;
}
