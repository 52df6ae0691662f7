// unpack_wheels FOLDER PYTHON INTERPRETER WHEEL…: each wheel into FOLDER/NAME, as images get them. For
// comparison with pip.
#include <cstdio>

#include "archive/wheel_tree.hpp"
#include "specs/wheel.hpp"

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  std::vector<launch::archive::WheelSource> wheels;
  for (int i = 4; i < argc; ++i) {
    const std::filesystem::path file = argv[i];
    const auto name = launch::specs::WheelName::parse(file.filename().string());
    if (!name) return std::fputs(name.error().text().c_str(), stderr), 2;
    wheels.push_back({name->name, file});
  }
  const auto python = launch::specs::Interpreter::parse(argv[2]);
  if (!python) return std::fputs(python.error().text().c_str(), stderr), 2;
  std::filesystem::create_directories(argv[1]);
  launch::RealDisk disk;
  launch::SystemClock clock;
  launch::SilentReporter reporter;
  const auto size =
      launch::archive::unpack_wheels(wheels, argv[1], *python, argv[3], {disk, clock, reporter});
  if (!size) return std::fputs(size.error().text().c_str(), stderr), 3;
  std::printf("%zu files, %llu bytes\n", size->files, static_cast<unsigned long long>(size->bytes));
  return 0;
}
