#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

struct SignatureParameter {
  enum class Kind : std::uint8_t { positional, either, keyword };
  std::string name;
  Kind kind = Kind::either;
};

/// The parameters of a function.
struct Signature {
  std::vector<SignatureParameter> parameters;
  bool takes_any = false;  ///< `**kwargs`

  /// True if an argument may be given by this name; those of `**kwargs` not counted.
  bool takes(std::string_view keyword) const;
};

/// The signature in the head of a `def`: "name[T](a, /, b=1, *, c) -> d". In a stub, names that begin with
/// two underscores are positional only (PEP 484).
Signature signature_of(const SourceTree& tree, TokenRange head, bool is_stub);

}  // namespace launch::pysource
