#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pysource/condition.hpp"

namespace launch::pysource {

/// Behind the name of a class: whether the construction of an object comes to its end. No code can say that.
constexpr std::string_view kConstruction = ".()";

/// What the names mean at a place of the code, as far as tests of versions and features need to know. Only
/// what can matter is bound. Changes are recorded, so that the two ways of a branch can be combined.
class CodeNames {
 public:
  enum class Frame : std::uint8_t { module, klass, function };
  CodeNames() { enter(Frame::module); }

  void enter(Frame kind);
  /// Leaves the innermost function or class; its names are gone.
  void leave();
  bool in_function() const;
  bool in_module() const { return frames_.size() == 1; }
  /// In the body of a class that is not part of another class or function.
  bool in_class_of_module() const { return frames_.size() == 2 && frames_.back().kind == Frame::klass; }

  /// The value of a name. A function sees the module's names as they are in the end.
  Condition resolve(std::string_view name) const;
  /// What is known of the name here; null if nothing is.
  const Expression* value(std::string_view name) const;
  /// True if the code binds the name, even to something unknown.
  bool binds(std::string_view name) const { return find(name) != nullptr; }
  /// Binds a name; null: to an unknown value.
  void bind(std::string_view name, Condition value);
  /// The same, if the name was bound to something else.
  void forget(std::string_view name);
  /// The name by which a member of a class that matters is bound in the module: "Class.flag" for Class.flag,
  /// and for self.flag in a method; empty if it is none.
  std::string member(std::string_view object, std::string_view name) const;
  void bind_member(const std::string& klass, std::string_view name, Condition value);
  /// The function that was entered is a method of the class, which it knows by this name; of an unknown one
  /// if `klass` is empty.
  void enter_method(std::string_view self, std::string_view klass);
  /// Forgets a name of the module, which some function changes.
  void make_volatile(std::string_view name);

  struct Change {
    std::string name;
    Condition before;  ///< null: unknown or unbound
    Condition after;
  };
  std::size_t mark() const { return journal_.size(); }
  /// Undoes the changes since the mark, and returns the last for each name.
  std::vector<Change> take_back(std::size_t mark);
  /// Binds the names that either way changed to `test ? one : other`.
  void merge(const Condition& test, const std::vector<Change>& one, const std::vector<Change>& other);

  /// The module's names in the end.
  std::unordered_map<std::string, Condition> take_module();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Bindings = std::unordered_map<std::string, Condition, Hash, std::equal_to<>>;
  struct Scope {
    Frame kind;
    Bindings names;
    std::size_t journal;    ///< its length when the frame was entered
    std::string self = {};  ///< of a method
    std::string klass = {};
  };
  struct Record {
    std::string name;
    std::optional<Condition> before;
  };
  const Condition* find(std::string_view name, bool* of_module = nullptr) const;

  std::vector<Scope> frames_;
  std::vector<Record> journal_;
  std::vector<std::string> volatile_;
  bool has_members_ = false;
};

}  // namespace launch::pysource
