#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "probe/wheel_source.hpp"
#include "pysource/name_resolver.hpp"

namespace launch::probe {

/// The modules that were read from several versions of the same wheels: a file that did not change between
/// two of them is fetched and parsed once. Not thread-safe.
class ModulePool {
 public:
  using Names = std::shared_ptr<const pysource::ModuleNames>;

  /// Equal for files of the same content that are read alike.
  static std::string key_of(const std::string& file, const pysource::WantedFile& as, const ContentMark& mark);

  /// Null if it was not read yet.
  Names find(const std::string& key) const;
  void add(const std::string& key, Names names) { read_[key] = std::move(names); }
  /// Forgets the modules that nobody else holds.
  void drop_unused();

  /// The files that the questions to the last version needed, which those to the next will need too.
  const std::map<std::string, pysource::WantedFile>& expected() const { return expected_; }
  void expect(std::map<std::string, pysource::WantedFile> files) { expected_ = std::move(files); }

 private:
  std::unordered_map<std::string, Names> read_;
  std::map<std::string, pysource::WantedFile> expected_;
};

}  // namespace launch::probe
