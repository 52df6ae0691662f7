#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pysource/answer.hpp"
#include "pysource/module_files.hpp"
#include "pysource/module_names.hpp"
#include "pysource/python_scanner.hpp"

namespace launch::pysource {

/// How a file should be read.
struct WantedFile {
  std::string module;
  bool is_package = false;
  bool is_stub = false;
};

/// Everything read from the wheels so far.
struct ModuleLibrary {
  ModuleFiles files;
  std::function<std::string(std::string_view module)>
      label;  ///< of the wheel that holds the module: "torch 2.3.1"
  std::unordered_map<std::string, std::shared_ptr<const ModuleNames>> read = {};  ///< by file
  std::map<std::string, WantedFile> wanted = {};  ///< files that an answer would have needed
};

/// Answers one question from what was read (see the rules in wheel_api.hpp). If a file is missing for that,
/// it is added to `wanted`, and the answer is meaningless until it has been read.
class NameResolver {
 public:
  explicit NameResolver(ModuleLibrary& library) : library_(library) {}
  Answer answer(const Requirement& requirement);

 private:
  /// Where a module is, following aliases in sys.modules.
  struct Located {
    enum class Kind : std::uint8_t { found, outside, missing, unknown };
    Kind kind = Kind::missing;
    std::string module;  ///< its name after aliases
    ModuleFile file;
    std::string reason;  ///< when it was not found
  };

  Located locate(const std::string& module, int depth);
  Located locate_child(const Located& parent, const std::string& name, int depth);
  Answer member(const std::string& module, const std::string& name, int depth);
  Answer member_of_source(const Located& place, const std::string& name, int depth);
  Answer member_of_extension(const Located& place, const std::string& name, int depth);
  Answer bound(const ModuleNames& names, const std::string& file, const std::string& name, int depth);
  Answer star(const ModuleNames& names, const std::string& file, const std::string& name, int depth);
  Answer computed(const ModuleNames& names, const std::string& file, const std::string& name, int depth);
  Answer replaced(const ModuleNames& names, const std::string& file, const std::string& name,
                  const Answer& own, int depth);
  Answer in_class(const ModuleNames& names, const std::string& class_name, const std::string& name,
                  int depth);
  std::string absent(const std::string& file, const ModuleNames& names, const std::string& name) const;

  /// The module that a dotted name in a module's code refers to; empty if unknown.
  std::string object_module(const ModuleNames& names, const std::string& dotted, int depth);
  /// The names of a file; null (and added to `wanted`) until it has been read.
  const ModuleNames* names_of(const std::string& file, WantedFile as);
  const ModuleNames* names_of(const Located& place);
  const ModuleNames* stub_of(const std::string& module);

  ModuleLibrary& library_;
  std::map<std::pair<std::string, std::string>, Answer> seen_;
};

}  // namespace launch::pysource
