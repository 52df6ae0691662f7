#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pysource/module_names.hpp"
#include "pysource/string_values.hpp"
#include "pysource/targets.hpp"

namespace launch::pysource {

/// Reads the names that a module's statements bind, from the first to the last.
class ModuleReader {
 public:
  ModuleReader(const SourceTree& tree, ModuleNames& names);
  void run();

 private:
  // Statements: module_reader.cpp
  std::uint32_t line(std::uint32_t token) const;
  void bind(const std::string& name, Binding binding);
  void bind_here(std::uint32_t token, Definition definition = {});
  Definition definition_of(const Clause& clause, Definition::Kind kind);
  void block(const std::vector<Statement>& statements);
  void branch_block(const std::vector<Statement>& statements);
  void statement(const Statement& statement);
  void fallback(const Statement& attempt, const Clause& clause);
  void branch(const Statement& statement);
  void narrow(TokenRange test);
  void loop(const Statement& statement);
  void function(const Clause& clause);
  void body_of_function(const Clause& clause);
  static bool affects_module(const SourceTree& tree);
  void inside_function(const std::vector<Statement>& statements, std::set<std::string> globals);
  void function_statement(TokenRange range, const std::set<std::string>& globals);
  void klass(const Clause& clause);
  void members(const std::vector<Statement>& statements);
  void simple(TokenRange range);
  void assign(TokenRange target, const Assignment& parts, const Definition& definition);
  void assign_all(std::uint32_t token, const Assignment& parts);
  void extend_all(const std::optional<std::vector<std::string>>& more);
  static std::string bound_name(const ImportedName& name);
  void executed(const ImportedName& name);
  void imports(TokenRange range);
  void del(TokenRange range);
  void forget(const std::string& name, bool final);
  void walruses(TokenRange range);

  // Modules as objects: module_objects.cpp
  void register_module(TokenRange target, TokenRange value, bool in_function);
  void set_default_module(TokenRange range, bool in_function);
  void register_keys(const TextValue& keys, TokenRange value, std::uint32_t token, bool in_function);
  std::vector<std::string> named_modules(TokenRange value, const std::string& object,
                                         std::uint32_t end) const;
  void attribute_of_module(const TextValue& keys, TokenRange rest, TokenRange value);
  std::optional<TokenRange> globals_key(TokenRange target, bool at_top) const;
  void subscript(TokenRange target, TokenRange value);
  void computed(const TextValue& keys, std::uint32_t token, TokenRange value = {});
  void call(TokenRange range);
  void patch(TokenRange object, TokenRange key);
  void patches_in_function(TokenRange range);
  bool is_this_module(TokenRange range) const;

  const SourceTree& tree_;
  ModuleNames& names_;
  TextValues values_;
  const bool functions_matter_;  ///< false: none affects the module
  std::set<std::string> modules_held_;
  std::string function_;                ///< the one that is being looked into
  std::set<std::string> binders_;       ///< functions that bind their arguments through globals()
  std::vector<TokenRange> decorators_;  ///< of the next statement
  std::vector<std::uint32_t> branch_;
  std::uint32_t branches_ = 0;
  bool all_unknown_ = false;
};

}  // namespace launch::pysource
