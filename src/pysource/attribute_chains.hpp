#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/aliases.hpp"
#include "pysource/attribute_uses.hpp"

namespace launch::pysource {

enum class ScopeKind : std::uint8_t { module, function, klass };

struct Scope {
  ScopeKind kind = ScopeKind::module;
  AliasScope names;
  std::string_view name = {};  ///< of a function
  /// Of a class: what its only base class with a constructor may be, as attributes.
  std::vector<AttributeUse> bases = {};
};

/// The context of an expression.
struct ExpressionPlace {
  std::vector<Scope> scopes;                 ///< from the module inwards
  std::vector<std::string> tested_literals;  ///< in the conditions around it
  int functions = 0;                         ///< around it
  int suppressed = 0;  ///< `with suppress(AttributeError)` around it, in the same function
};

/// True if the call whose bracket opens there, of mock.patch or monkeypatch.setattr, works without the name:
/// `create=True`, `raising=False`.
bool makes_missing_names(const SourceTree& tree, std::uint32_t open, std::uint32_t last);

/// Finds the uses in expressions.
class AttributeChains {
 public:
  AttributeChains(const SourceTree& tree, const Aliases& aliases) : tree_(tree), aliases_(aliases) {}

  ExpressionPlace place;
  AttributeUses result;
  std::vector<int> depths;  ///< of each use: the functions around it

  void add(Requirement requirement, std::uint32_t token, bool optional);
  /// Uses in an expression, or in an assignment with the targets; `lazy` are annotations that are not
  /// evaluated.
  void expression(TokenRange range, const std::vector<TokenRange>& lazy = {},
                  const std::vector<TokenRange>& targets = {});
  /// The classes of the module that are constructed as their bases are.
  std::vector<DerivedClass> classes() const;
  /// The attributes that a dotted name may refer to.
  std::vector<AttributeUse> named(TokenRange name);
  /// True if the file itself stores the name, or one that it is below.
  bool is_stored(const Requirement& requirement) const;

 private:
  /// A chain in the source.
  struct Chain {
    std::uint32_t first = 0;
    std::uint32_t end = 0;  ///< behind its last name
    std::string names;      ///< below the first: "nn.functional"
  };

  void stores(TokenRange target);
  void defer(TokenRange range, std::size_t before);
  TokenRange lambda_body(std::uint32_t lambda, std::uint32_t last) const;
  std::vector<std::string_view> shadows(TokenRange range) const;
  const AliasBindings* find(std::string_view name) const;
  AliasTarget resolved(AliasTarget target) const;
  /// A fallback makes uses optional, except of the top-level package, without which nothing is asked.
  static bool is_unsure(const AliasBindings& bindings, const AliasTarget& target);
  Chain chain_of(std::uint32_t token, TokenRange range, const AliasBindings& bindings);
  void chain_at(std::uint32_t token, TokenRange range);
  /// The class whose constructor a class of the file has.
  std::vector<AttributeUse> of_base(const AliasBindings& klass, std::uint32_t token) const;
  void keywords_of_class(const AliasBindings& klass, std::uint32_t open, TokenRange range);
  void super_at(std::uint32_t token, TokenRange range);
  void fields_in(std::uint32_t string, const std::vector<std::string_view>& shadowed);
  void remember_store(const AliasBindings& bindings, const Chain& chain, std::uint32_t name);
  void uses_of(const AliasTarget& target, const Chain& chain, TokenRange range, bool unsure);
  void literal_attribute(const AliasTarget& target, const std::string& name, const Chain& chain,
                         TokenRange range, bool unsure);
  bool patches(std::uint32_t function, TokenRange range) const;
  void keywords(const Requirement& called, std::uint32_t open, TokenRange range, bool unsure);
  void unpacked_keywords(const Requirement& called, TokenRange value, bool unsure);
  void add_keyword(Requirement called, std::string keyword, std::uint32_t token, bool unsure);
  bool decorates(std::uint32_t name, TokenRange range) const;
  void guards(TokenRange range, std::size_t before);

  const SourceTree& tree_;
  const Aliases& aliases_;
  std::vector<std::uint32_t> stored_ends_;  ///< where chains of the statement end that are stored to
  std::vector<std::string> stored_;         ///< full names
  int strings_ = 0;                         ///< around the expression
};

}  // namespace launch::pysource
