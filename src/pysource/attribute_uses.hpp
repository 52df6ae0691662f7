#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pysource/python_scanner.hpp"
#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// A test in a field of an f-string, as a source of its own.
struct FieldTest {
  std::shared_ptr<const SourceTree> test;
  bool holds = true;
};

/// A use of a name by attribute, or of a keyword of what is called.
struct AttributeUse {
  Requirement requirement;
  std::uint32_t token = 0;            ///< the first of the chain, or the keyword
  bool optional = false;              ///< the expression or its `try` goes on without it
  bool type = false;                  ///< in an annotation that is not evaluated
  bool later = false;                 ///< in the body of a lambda, or a keyword that `partial` keeps
  std::vector<Choice> choices = {};   ///< alternatives of a `try … except AttributeError`
  std::vector<FieldTest> tests = {};  ///< without which it is not evaluated, in the field of a string
  bool elsewhere = false;             ///< a keyword of a class of another file, as in FileScan::elsewhere
};

struct AttributeUses {
  std::vector<AttributeUse> uses;                 ///< by token
  std::uint32_t groups = 0;                       ///< of the choices, from 0
  std::set<std::string, std::less<>> registered;  ///< namespaces that operators are registered in
  std::vector<DerivedClass> classes;
};

/// Uses of the packages `roots` below names that imports bind: maximal chains of attributes that are read
/// (`torch.nn.functional.relu`), `getattr` with a literal, targets of mock.patch, and keywords of calls. A
/// chain ends where its value is not a name any more: at a call or subscript. Names follow Python's scopes;
/// one that is bound otherwise as well ends the alias, unless by None in a fallback, which makes uses
/// optional. Uses that `hasattr` with the same name precedes in the expression are optional, as are those of
/// a name that the file itself stores on the module. Stores are uses only on modules of settings, which
/// refuse unknown names: `….config.NAME = …`.
/// Keywords of classes that are imported from elsewhere are among the uses: whether the packages have them is
/// known once all files are.
/// Operators that the file registers are recognised by `Library("ns", …)`, `custom_op("ns::name", …)` and the
/// like.
AttributeUses attribute_uses(const SourceTree& tree, const std::set<std::string, std::less<>>& roots);

}  // namespace launch::pysource
