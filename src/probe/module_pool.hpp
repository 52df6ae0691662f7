#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "probe/wheel_source.hpp"
#include "pysource/name_resolver.hpp"

namespace launch::probe {

/// The modules of several versions of the same wheels: a file that did not change between two of them is
/// fetched and parsed once, also where they are read side by side. The pool holds no module that nobody else
/// holds. Thread-safe.
class ModulePool {
 public:
  using Names = std::shared_ptr<const pysource::ModuleNames>;

  /// A file's names, if they were read; else `others`, if someone is reading them; else neither, and the
  /// caller has to read and `deliver` them. Before waiting for others, deliver all of your own.
  struct Claim {
    Names names = {};
    std::shared_future<Names> others = {};

    bool is_own() const { return names == nullptr && !others.valid(); }
  };

  /// Equal for files of the same content that are read alike.
  static std::string key_of(const std::string& file, const pysource::WantedFile& as, const ContentMark& mark);

  Claim claim(const std::string& key);
  /// Ends the caller's claim. `names` are null if the file could not be read: those who wait get null, and
  /// may claim it.
  void deliver(const std::string& key, Names names);
  /// Forgets the modules that nobody holds.
  void drop_unused();

 private:
  struct Reading {
    Reading() : future(promise.get_future()) {}
    std::promise<Names> promise;
    std::shared_future<Names> future;
  };
  struct Entry {
    std::weak_ptr<const pysource::ModuleNames> names = {};
    std::optional<Reading> reading = {};  ///< while someone reads
  };

  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace launch::probe
