#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/condition.hpp"

namespace launch::pysource {

/// Code that runs as a whole: a module, a class's body and construction, a function with all that is in it.
struct CodeUnit {
  enum class Kind : std::uint8_t { module, klass, function, method };
  Kind kind = Kind::module;
  std::string name = {};
  std::uint32_t owner = 0;  ///< a method's class, else the module; a number within the file
  bool is_called = false;   ///< by something unseen: a decorator may register it
  bool of_object = false;   ///< a method that needs an object whose construction has ended
  /// Tests that let a module's import, or the construction of a class's objects, come to its end. Those of
  /// base classes of other files are among them.
  std::vector<Gate> gates = {};
};

/// The imports of other modules that stand before a place.
struct ImportsBefore {
  std::uint32_t count = 0;   ///< how many of the file's CallSites::modules
  std::uint32_t passed = 0;  ///< those that have ended wherever it runs: ModuleSite::passed of the last one
};

/// A place with the conditions under which it runs.
struct CodeSite {
  std::uint32_t unit = 0;
  bool guarded = false;  ///< an ImportError from there is caught, and the code goes on
  std::vector<Gate> gates = {};
  ImportsBefore imports = {};
};

/// A name at a site.
struct NameSite {
  enum class How : std::uint8_t {
    bare,       ///< NAME
    attribute,  ///< x.NAME
    own,        ///< self.NAME
    text,       ///< "NAME"
  };
  std::uint32_t name = 0;  ///< hash_of_name
  std::uint32_t site = 0;
  How how = How::bare;
};

/// An import of another module, which may be a file of the scanned tree.
struct ModuleSite {
  std::uint32_t dots = 0;
  std::string module;
  std::string name;  ///< empty for `import MODULE`
  std::uint32_t site = 0;
  bool always = false;  ///< it runs whenever the file's module does, which an error from there ends
  /// A number, from 1, if code of its block stands behind it, which an error from there keeps from running;
  /// of a file's imports in their order.
  std::uint32_t passed = 0;
  std::uint32_t passed_before = 0;  ///< the number of the one that has ended before; 0: none
};

/// `from x import name as alias`
struct NameAlias {
  std::uint32_t name = 0;
  std::uint32_t alias = 0;
};

/// What may call what in a file, by name alone: any occurrence of a name may be a call of everything with
/// that name.
struct CallSites {
  std::vector<CodeUnit> units = {CodeUnit{}};  ///< the first is the module
  std::vector<CodeSite> sites;
  std::vector<NameSite> names;
  std::vector<ModuleSite> modules;
  std::vector<NameAlias> aliases;
};

/// A hash that is the same in every run.
std::uint32_t hash_of_name(std::string_view name);

}  // namespace launch::pysource
