#include "pysource/signatures.hpp"

#include <algorithm>

namespace launch::pysource {

bool Signature::takes(std::string_view keyword) const {
  return std::any_of(parameters.begin(), parameters.end(), [&](const SignatureParameter& parameter) {
    return parameter.name == keyword && parameter.kind != SignatureParameter::Kind::positional;
  });
}

Signature signature_of(const SourceTree& tree, TokenRange head, bool is_stub) {
  Signature signature;
  auto kind = SignatureParameter::Kind::either;
  for (const auto part : split_range(tree, parenthesized(tree, head), ",")) {
    if (part.empty()) continue;
    if (tree.is(part.first, "/")) {
      for (auto& before : signature.parameters) before.kind = SignatureParameter::Kind::positional;
    } else if (tree.is(part.first, "**")) {
      signature.takes_any = true;
    } else if (tree.is(part.first, "*")) {
      kind = SignatureParameter::Kind::keyword;
    } else if (tree.is_name(part.first)) {
      std::string name(tree.text(part.first));
      const bool hidden = is_stub && kind == SignatureParameter::Kind::either && name.starts_with("__") &&
                          !name.ends_with("__");
      signature.parameters.push_back({std::move(name), hidden ? SignatureParameter::Kind::positional : kind});
    }
  }
  return signature;
}

}  // namespace launch::pysource
