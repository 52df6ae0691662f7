#include "archive/earlier_wheel.hpp"

#include <utility>

#include "archive/wheel_contents.hpp"

namespace launch::archive {

Result<EarlierWheel> EarlierWheel::open(const std::filesystem::path& wheel, const InstallPaths& paths) {
  TRY_ASSIGN(auto bytes, MappedFile::open(wheel));
  TRY_ASSIGN(auto zip, ZipFile::open(bytes.text()));
  TRY_ASSIGN(auto contents, read_wheel_contents(zip, paths));
  EarlierWheel earlier(std::move(bytes), std::move(zip));
  for (auto& file : contents.files) {
    auto path = file.path;
    earlier.files_.emplace(std::move(path), std::move(file));
  }
  return earlier;
}

bool EarlierWheel::has(const ZipFile& zip, const InstallFile& file) const {
  const auto found = files_.find(file.path);
  if (found == files_.end()) return false;
  const auto& own = found->second;
  return !file.is_script && !own.is_script && file.executable == own.executable &&
         stored_the_same(zip, zip.entries()[file.entry], zip_, zip_.entries()[own.entry]);
}

}  // namespace launch::archive
